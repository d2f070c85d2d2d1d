"""A site that wants images, on the toolkit's own content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.site.loading import load_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.site.site import Site

HOSTS = {
    "all": {
        "children": {
            "managers": {"hosts": {"manager1": {"host_number": 10}}},
            "control": {"hosts": {"node1": {"host_number": 11}}},
            "network": {"hosts": {"node1": None}},
            "compute": {"hosts": {"node1": None, "node2": {"host_number": 12}}},
            "storage": {"hosts": {"node1": None}},
            "monitoring": {"hosts": {"manager1": None}},
        }
    }
}


@pytest.fixture
def make_site(tmp_path: Path) -> Callable[..., Site]:
    """Makes a site that wants these layers' images; configuration goes to environments/openstack."""

    def make(
        layers: list[str],
        *,
        release: str = "2026.1",
        source: str = "build",
        hosts: object = None,
        **configuration: object,
    ) -> Site:
        (tmp_path / "inventory").mkdir()
        (tmp_path / "inventory" / "hosts.yml").write_text(yaml.safe_dump(hosts or HOSTS))
        site = {
            "name": "test",
            "release": release,
            "domain": "test.example",
            "layers": [],
            "networks": {"management": {"cidr": "172.31.0.0/24"}},
            "images": {"layers": layers, "source": source},
        }
        (tmp_path / "site.yml").write_text(yaml.safe_dump(site))
        if configuration:
            path = tmp_path / "environments" / "openstack" / "configuration.yml"
            path.parent.mkdir(parents=True)
            path.write_text(yaml.safe_dump(configuration))
        return load_site(tmp_path, content=toolkit_content(), strict=False)

    return make
