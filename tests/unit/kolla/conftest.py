"""A lab's site as it is generated, on the real toolkit, with the few secrets that certificates are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.site.loading import load_site
from groundplane.site.scaffold.examples import lab_parameters
from groundplane.site.scaffold.parameters import ScaffoldVip
from groundplane.site.scaffold.writing import write_site
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.generate import PublicFacts, generate, public_half

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site

LAYERS = ("bootstrap", "supply", "ceph", "openstack")
CONFIGURATION = "environments/openstack/configuration.yml"
OVERLAYS = "environments/openstack/overlays"
NEEDED = (
    "site_ca_private_key",
    "openstack_external_private_key",
    "openstack_internal_private_key",
    "openstack_libvirt_secret",
)
DECLARED = load_declared(toolkit_content(), LAYERS)


@dataclass
class CloudSite:
    """A site's folder that tests change where they need to."""

    path: Path
    secrets: dict[str, Any]

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def set(self, **values: Any) -> None:
        file = self.path / CONFIGURATION
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        file.write_text(yaml.safe_dump({**found, **values}), encoding="utf-8")

    def change_site(self, **values: Any) -> None:
        file = self.path / "site.yml"
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        file.write_text(yaml.safe_dump({**found, **values}), encoding="utf-8")

    def load(self, *, opened: bool = True) -> Site:
        return load_site(self.path, content=toolkit_content(), secrets=self.secrets if opened else None, strict=False)


@pytest.fixture
def cloud(tmp_path: Path) -> CloudSite:
    parameters = replace(
        lab_parameters("cloud", domain="cloud.test", release="2026.1", password_file=None),
        layers=LAYERS,
        vips={
            "internal": ScaffoldVip("management", "172.31.0.240"),
            "external": ScaffoldVip("management", "172.31.0.241"),
        },
    )
    path = tmp_path / "cloud"
    write_site(path, "lab", parameters)
    secrets = {name: generate(DECLARED[name]) for name in NEEDED}
    authority = DECLARED["site_ca_private_key"]
    made = CloudSite(path, secrets)
    made.write(
        "certificates/ca.crt",
        public_half(authority, secrets["site_ca_private_key"], PublicFacts("cloud", "cloud.test", 3650)),
    )
    return made


@pytest.fixture
def site(cloud: CloudSite) -> Site:
    """The same, loaded."""
    return cloud.load()
