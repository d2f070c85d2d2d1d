"""A small toolkit and a small site, which tests change where they need to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.content import Content
from groundplane.errors import InputError, Problem
from groundplane.site.loading import load_site

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site

RELEASE = """\
name: "2026.1"
runtime:
  ansible_core: 2.20.1
  python: ">=3.12,<3.15"
  requirements: 2026.1-requirements.txt
"""
LAYERS = """\
layers:
  bootstrap:
    groups: [all]
    steps:
      kernel: {playbook: bootstrap/kernel.yml, hosts: all, roles: [kernel], inputs: [extra_input]}
  ceph:
    needs: [bootstrap]
    groups: [ceph_mon]
    steps: {}
"""
KERNEL_OPTIONS = """\
argument_specs:
  main:
    options:
      kernel_sysctl:
        type: dict
        description: Kernel parameters to set.
      kernel_modules:
        type: list
        description: [Modules, to load.]
      kernel_swappiness:
        type: int
        description: How eagerly memory is swapped out.
      kernel_mode:
        type: str
        choices: [gentle, harsh]
"""
SITE = """\
name: test
release: "2026.1"
domain: test.example
networks:
  management:
    cidr: 172.31.0.0/24
    gateway: 172.31.0.1
    hosts: 172.31.0.10-172.31.0.200
  tunnel:
    cidr: fd00:1::/64
vips:
  api: {network: management, address: 172.31.0.5}
"""
HOSTS = """\
all:
  children:
    control:
      hosts:
        node1: {host_number: 11}
        node2: {host_number: 12}
        node3: {host_number: 13}
"""


@dataclass
class SiteFolder:
    """A site's folder and the toolkit's content beside it."""

    path: Path
    content: Content

    def write(self, name: str, text: str) -> Path:
        """A file of the site."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def toolkit(self, name: str, text: str) -> Path:
        """A file of the toolkit."""
        file = self.content.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def load(self, **arguments: Any) -> Site:
        return load_site(self.path, content=self.content, **arguments)

    def problems(self, **arguments: Any) -> list[Problem]:
        """What loading finds wrong."""
        try:
            self.load(**arguments)
        except InputError as error:
            return list(error.problems)
        return []

    def told(self, **arguments: Any) -> list[str]:
        """Each problem as FILE:LINE: WHAT | CURE, the file relative to the site or the toolkit."""
        roots = (f"{self.path}/", f"{self.content.root}/")
        found = []
        for problem in self.problems(**arguments):
            text = f"{problem.place}: {problem.what} | {problem.cure}"
            for root in roots:
                text = text.replace(root, "")
            found.append(text)
        return found


@pytest.fixture
def site_folder(tmp_path: Path) -> SiteFolder:
    """Valid as it stands."""
    folder = SiteFolder(tmp_path / "site", Content(tmp_path / "toolkit"))
    folder.toolkit("releases/2026.1.yml", RELEASE)
    folder.toolkit("releases/2025.2.yml", RELEASE.replace("2026.1", "2025.2"))
    folder.toolkit("playbooks/layers.yml", LAYERS)
    folder.toolkit("roles/kernel/meta/argument_specs.yml", KERNEL_OPTIONS)
    folder.toolkit("roles/kernel/defaults/main.yml", "kernel_sysctl: {}\nkernel_mode: gentle\n")
    folder.toolkit("roles/kernel/vars/main.yml", "kernel_watch: []\n")
    folder.toolkit("environments/bootstrap/defaults.yml", "kernel_swappiness: 10\n")
    folder.write("site.yml", SITE)
    folder.write("inventory/hosts.yml", HOSTS)
    return folder
