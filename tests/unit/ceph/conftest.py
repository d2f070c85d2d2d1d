"""A site with the real Ceph role beside a small toolkit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

__all__ = ["ceph_site", "site_folder"]

TOOLKIT = Path(__file__).resolve().parents[3]
LAYERS = """\
layers:
  bootstrap:
    groups: [all]
    steps:
      kernel: {playbook: bootstrap/kernel.yml, hosts: all, roles: [kernel], inputs: [extra_input]}
  ceph:
    needs: [bootstrap]
    groups: [control, storage]
    steps:
      cluster: {playbook: ceph/cluster.yml, hosts: "control:storage", roles: ["ceph:cluster"], inputs: []}
"""
HOSTS = """\
all:
  children:
    control:
      hosts:
        node1: {host_number: 11, disks: [/dev/sdb]}
        node2: {host_number: 12, disks: [/dev/sdb]}
        node3: {host_number: 13, disks: [/dev/sdb]}
    storage:
      hosts: {node1: , node2: , node3: }
    others:
      hosts:
        node9: {host_number: 19}
"""


@pytest.fixture
def ceph_site(site_folder: SiteFolder) -> SiteFolder:
    """Valid as it stands: three nodes with a disk each and the layer as the toolkit has it."""
    for folder in ("roles/ceph", "environments/ceph", "playbooks/ceph"):
        shutil.copytree(TOOLKIT / folder, site_folder.content.root / folder)
    site_folder.toolkit("playbooks/layers.yml", LAYERS)
    site_folder.toolkit("playbooks/bootstrap/kernel.yml", "- hosts: all\n")
    site_folder.write("inventory/hosts.yml", HOSTS)
    site_folder.replace("site.yml", "domain:", "layers: [bootstrap, ceph]\ndomain:")
    return site_folder
