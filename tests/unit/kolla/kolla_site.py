"""A site with the layer openstack, on the toolkit's own content."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.site.loading import load_site
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.generate import PublicFacts, generate, public_half

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from groundplane.site.site import Site

GROUPS = {
    "managers": ("manager",),
    "control": ("node1", "node2", "node3"),
    "network": ("node1", "node2", "node3"),
    "compute": ("node4", "node5"),
    "storage": ("node4", "node5"),
    "monitoring": ("node1",),
}
NUMBERS = {"manager": 10, **{f"node{number}": 10 + number for number in range(1, 7)}}
VIPS = {
    name: {"network": "management", "address": f"172.31.0.{240 + at}"}
    for at, name in enumerate(("internal", "external"))
}
INTERFACES = {"management": {"interface": "eth0"}}
AUTHORITY = "site_ca_private_key"
DECLARED = load_declared(toolkit_content(), ("bootstrap", "openstack"))


@cache
def secrets() -> dict[str, Any]:
    """What fingerprints and certificates are made with; one set for all sites, so that two of them compare."""
    keys = (AUTHORITY, "openstack_external_private_key", "openstack_internal_private_key", "openstack_libvirt_secret")
    return {"groundplane_fingerprint_key": "0123456789abcdef", **{name: generate(DECLARED[name]) for name in keys}}


@cache
def authority() -> str:
    return public_half(DECLARED[AUTHORITY], secrets()[AUTHORITY], PublicFacts("test", "test.example", 3650))


@pytest.fixture
def make_kolla_site(tmp_path: Path) -> Callable[..., Site]:
    """Makes and loads it; called again it is written anew. Configuration goes to environments/openstack."""

    def make(
        *,
        layers: tuple[str, ...] = ("bootstrap", "supply", "openstack"),
        release: str = "2026.1",
        groups: Mapping[str, tuple[str, ...]] = GROUPS,
        vips: Mapping[str, Any] = VIPS,
        group_vars: Mapping[str, Mapping[str, Any]] | None = None,
        host_vars: Mapping[str, Mapping[str, Any]] | None = None,
        overlays: Mapping[str, str] | None = None,
        **configuration: Any,
    ) -> Site:
        hosts = {
            "all": {
                "hosts": {name: {"host_number": number} for name, number in NUMBERS.items()},
                "children": {name: {"hosts": dict.fromkeys(members)} for name, members in groups.items()},
            }
        }
        site = {
            "name": "test",
            "release": release,
            "domain": "test.example",
            "layers": list(layers),
            "networks": {"management": {"cidr": "172.31.0.0/24"}},
            "vips": dict(vips),
        }
        write(tmp_path / "inventory" / "hosts.yml", hosts)
        write(tmp_path / "site.yml", site)
        write(tmp_path / "environments" / "openstack" / "configuration.yml", configuration)
        write(tmp_path / "environments" / "bootstrap" / "configuration.yml", {"network_interfaces": INTERFACES})
        for folder, files in (("group_vars", group_vars), ("host_vars", host_vars)):
            for name, values in (files or {}).items():
                write(tmp_path / "inventory" / folder / f"{name}.yml", dict(values))
        for name, text in (overlays or {}).items():
            path = tmp_path / "environments" / "openstack" / "overlays" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "certificates").mkdir(exist_ok=True)
        (tmp_path / "certificates" / "ca.crt").write_text(authority())
        return load_site(tmp_path, content=toolkit_content(), secrets=secrets(), strict=False)

    return make


def write(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data))
