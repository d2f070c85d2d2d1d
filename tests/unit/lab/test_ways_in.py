"""Addresses, people and entries of a lab's cloud, on the site that the lab template writes; its secrets stay closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.identity.clouds import cloud_entries
from groundplane.lab.model import Lab, load_definition
from groundplane.lab.site import ensure_site
from groundplane.lab.state import LabFolder
from groundplane.lab.ways_in import ways_in
from groundplane.site.loading import load_site
from tests.unit.lab.small_lab import small_lab

if TYPE_CHECKING:
    from groundplane.site.site import Site

LAYERS = ("bootstrap", "supply", "ceph", "openstack", "identity", "platform")
GUEST = {"name": "Debian", "source": "/x.raw", "disk_format": "raw", "checksum": f"sha512:{'0' * 128}"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, LabFolder]:
    lab = small_lab(nodes=3).model_copy(update={"profile": "cloud"})
    root = tmp_path_factory.mktemp("labs")
    folder = LabFolder(root, lab.name)
    folder.save(lab)
    ensure_site(folder, lab, config=root / "config", content=toolkit_content(), guest_image=lambda: GUEST)
    return lab, folder


@pytest.fixture
def lab(made: tuple[Lab, LabFolder]) -> Lab:
    return made[0]


@pytest.fixture
def site(made: tuple[Lab, LabFolder]) -> Site:
    return load_site(made[1].site, content=toolkit_content(), strict=False)


def test_the_lab_of_the_readme(site: Site, lab: Lab) -> None:
    found = ways_in(site, lab, LAYERS)
    assert found.trouble == ""
    assert {door.name: door.url for door in found.doors} == {
        "Horizon": "https://172.31.0.241/",
        "Keycloak": "https://172.31.0.241:8443/",
        "Keystone": "https://172.31.0.241:5000/v3",
    }
    assert found.addresses == {"internal": "172.31.0.240", "external": "172.31.0.241"}
    # Floating addresses lie in the network that the machine itself is on.
    assert found.routes == ("172.31.0.241/32", "172.31.2.0/24")
    assert found.floating == ("172.31.2.200-172.31.2.250",)
    assert found.names == {}
    assert found.authority == site.path / "certificates" / "ca.crt"


def test_people_and_where_their_passwords_are(site: Site, lab: Lab) -> None:
    found = {one.name: (one.of, one.through, one.projects, one.secret) for one in ways_in(site, lab, LAYERS).accounts}
    assert found["anna"] == ("Acme", "Keycloak", ("web",), "acme_anna_password")
    assert found["bob"] == ("Globex", "Keycloak", ("research",), "globex_bob_password")
    assert found["demo"] == ("domain Default", "Keystone", ("demo",), "platform_user_password")
    assert found["admin"] == ("domain Default", "Keystone", ("admin",), "keystone_admin_password")


def test_entries_are_those_that_clouds_yaml_gets(made: tuple[Lab, LabFolder], lab: Lab, site: Site) -> None:
    passwords = dict.fromkeys(("keystone_admin_password", "platform_user_password"), "planted")
    opened = load_site(made[1].site, content=toolkit_content(), secrets=passwords, strict=False)
    entries = ways_in(site, lab, LAYERS).entries
    assert entries == ("tiny-demo", "tiny-acme-web")
    assert set(entries) <= {entry.name for entry in cloud_entries(opened)}


@pytest.mark.parametrize(
    ("applied", "doors", "people"),
    [
        (("bootstrap", "supply", "ceph"), [], []),
        (LAYERS[:4], ["Horizon", "Keystone"], ["admin"]),
        (LAYERS[:5], ["Horizon", "Keycloak", "Keystone"], ["anna", "alice", "bob", "admin"]),
    ],
)
def test_only_what_was_applied(
    site: Site, lab: Lab, applied: tuple[str, ...], doors: list[str], people: list[str]
) -> None:
    found = ways_in(site, lab, applied)
    assert [door.name for door in found.doors] == doors
    assert [one.name for one in found.accounts] == people
    assert found.floating == ()


def test_names_that_a_laptop_has_to_know(made: tuple[Lab, LabFolder], lab: Lab) -> None:
    file = made[1].site / "environments" / "openstack" / "configuration.yml"
    before = file.read_text()
    try:
        file.write_text(f"{before}\nkolla_external_fqdn: cloud.tiny.test\n")
        found = ways_in(load_site(made[1].site, content=toolkit_content(), strict=False), lab, LAYERS)
    finally:
        file.write_text(before)
    assert found.names == {"cloud.tiny.test": "172.31.0.241"}
    assert found.doors[0].url == "https://cloud.tiny.test/"


def test_mistakes_are_told_and_cost_nothing_else(made: tuple[Lab, LabFolder], lab: Lab) -> None:
    file = made[1].site / "environments" / "identity" / "realms" / "acme.yml"
    before = file.read_text()
    try:
        file.write_text(yaml.safe_dump({"users": 3}))
        found = ways_in(load_site(made[1].site, content=toolkit_content(), strict=False), lab, LAYERS)
    finally:
        file.write_text(before)
    assert found.trouble
    assert found.doors == ()
    assert found.authority is not None


def test_the_profile_of_the_readme_has_these_layers() -> None:
    assert load_definition(toolkit_content()).profile("cloud").layers == LAYERS
