"""Sites with an OpenStack layer, beside a small toolkit."""

from __future__ import annotations

import pytest

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

__all__ = ["cloud_folder", "site_folder"]

LAYERS = """\
layers:
  bootstrap: {groups: [all], steps: {}}
  openstack: {needs: [bootstrap], groups: [control], steps: {}}
  platform: {needs: [openstack], groups: [control], steps: {}}
"""
VIPS = """\
vips:
  internal: {network: management, address: 172.31.0.5}
  external: {network: management, address: 172.31.0.6}
"""


@pytest.fixture
def cloud_folder(site_folder: SiteFolder) -> SiteFolder:
    """Valid as it stands: three controllers, and both virtual addresses."""
    site_folder.toolkit("playbooks/layers.yml", LAYERS)
    text = (site_folder.path / "site.yml").read_text()
    text = text.replace("vips:\n  api: {network: management, address: 172.31.0.5}\n", VIPS)
    site_folder.write("site.yml", text.replace("domain:", "layers: [bootstrap, openstack, platform]\ndomain:", 1))
    return site_folder
