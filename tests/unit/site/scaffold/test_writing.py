from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.identity.configuration import read_identity
from groundplane.layers.sense import problems_of
from groundplane.site.loading import load_site
from groundplane.site.model import SiteFile
from groundplane.site.scaffold import (
    ScaffoldNetwork,
    ScaffoldNode,
    ScaffoldParameters,
    ScaffoldVip,
    Template,
    write_site,
)
from groundplane.site.scaffold.examples import lab_parameters, production_parameters
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.generate import PublicFacts
from groundplane.site.secrets.store import complete_secrets, parse_secrets, read_plain

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site

LAB = ScaffoldParameters(
    name="lab",
    domain="lab.test",
    release="2026.1",
    networks={
        "management": ScaffoldNetwork("10.9.0.0/24", "eth0", mtu=1400, gateway="10.9.0.1", dns=("10.9.0.1",)),
        "tunnel": ScaffoldNetwork("fd00:9::/64", "tun0", purpose="Between the nodes."),
    },
    nodes=(
        ScaffoldNode("manager", 10, ("managers",)),
        ScaffoldNode("node1", 11, ("control", "compute"), {"rack": "a", "text": "yes: no"}),
    ),
    vips={"internal": ScaffoldVip("management", "10.9.0.200")},
    vault_password_file="~/a file",
    packages_apt_proxy="http://10.9.0.1:3142",
    values={"time_adjust_clock": False, "text": "a: b"},
)


def test_a_labs_files_say_what_its_parameters_say(tmp_path: Path) -> None:
    write_site(tmp_path, "lab", LAB)
    file = SiteFile.model_validate_json(_json(tmp_path / "site.yml"))
    assert file.release == "2026.1"
    assert file.networks["management"].mtu == 1400
    assert file.networks["management"].dns == ("10.9.0.1",)
    assert file.vips["internal"].address == "10.9.0.200"
    assert file.vault.password_file == "~/a file"
    hosts = yaml.safe_load((tmp_path / "inventory/hosts.yml").read_text())["all"]
    assert hosts["hosts"]["node1"] == {"host_number": 11, "rack": "a", "text": "yes: no"}
    assert list(hosts["children"]) == ["managers", "control", "compute"]
    values = yaml.safe_load((tmp_path / "environments/bootstrap/configuration.yml").read_text())
    assert values["packages_apt_proxy"] == "http://10.9.0.1:3142"
    assert (values["time_adjust_clock"], values["text"]) == (False, "a: b")


@pytest.mark.parametrize(("nodes", "copies", "least"), [(1, 1, 1), (2, 2, 1), (3, 3, 2), (5, 3, 2)])
def test_a_labs_pools_have_as_many_copies_as_it_has_nodes(tmp_path: Path, nodes: int, copies: int, least: int) -> None:
    members = tuple(ScaffoldNode(f"node{number}", 10 + number, ("control", "storage")) for number in range(nodes))
    write_site(tmp_path, "lab", replace(LAB, nodes=members, layers=("bootstrap", "supply", "ceph")))
    values = yaml.safe_load((tmp_path / "environments/ceph/configuration.yml").read_text())
    assert values["ceph_osds"][0]["method"] == "raw"
    assert values["ceph_pool_defaults"] == {"autoscale": "off", "pg_num": 8, "size": copies, "min_size": least}
    settings = values["ceph_config"]["global"]
    assert (settings["osd_pool_default_size"], settings["osd_pool_default_min_size"]) == (copies, least)
    assert ("mon_allow_pool_size_one" in settings) is (copies == 1)


@pytest.mark.parametrize("template", list(Template))
def test_only_a_site_with_ceph_says_something_about_it(tmp_path: Path, template: Template) -> None:
    make = lab_parameters if template is Template.LAB else production_parameters
    parameters = make("cloud", domain=None, release="2026.1", password_file=None)
    write_site(tmp_path / "without", template, replace(parameters, layers=("bootstrap",)))
    assert not (tmp_path / "without/environments/ceph").exists()
    assert not (tmp_path / "without/environments/openstack").exists()
    write_site(tmp_path / "with", template, replace(parameters, layers=("bootstrap", "supply", "ceph")))
    assert _load(tmp_path / "with").file.layers == ("bootstrap", "supply", "ceph")
    assert (tmp_path / "with/environments/ceph/configuration.yml").is_file()


@pytest.mark.parametrize("template", list(Template))
def test_a_site_with_identity_has_realms_that_can_be(tmp_path: Path, template: Template) -> None:
    make = lab_parameters if template is Template.LAB else production_parameters
    parameters = make("cloud", domain=None, release="2026.1", password_file=None)
    vips = {name: ScaffoldVip("management", f"172.31.0.24{at}") for at, name in enumerate(("internal", "external"))}
    layers = ("bootstrap", "supply", "ceph", "openstack", "identity", "platform")
    write_site(tmp_path, template, replace(parameters, layers=layers, vips=vips))
    declared = load_declared(toolkit_content(), layers, site_path=tmp_path)
    complete_secrets(tmp_path, b"a password", declared, PublicFacts("cloud", "example.org", 100))
    secrets = parse_secrets(read_plain(tmp_path, b"a password"), tmp_path / "secrets.yml")
    site = load_site(tmp_path, content=toolkit_content(), secrets=secrets)
    assert problems_of(site, ["identity"]) == ()
    customers = read_identity(site).customers
    assert [customer.name for customer in customers] == (["acme", "globex"] if template is Template.LAB else [])
    assert all(user.password for customer in customers for user in customer.users)


@pytest.mark.parametrize("template", list(Template))
def test_what_is_written_validates_as_it_is(tmp_path: Path, template: Template) -> None:
    make = lab_parameters if template is Template.LAB else production_parameters
    parameters = make("cloud", domain=None, release="2026.1", password_file=None)
    files = write_site(tmp_path, template, parameters)
    assert all(file.is_file() for file in files)
    site = _load(tmp_path)
    assert site.networks.addresses


def test_production_has_a_majority_and_every_kind_of_host(tmp_path: Path) -> None:
    parameters = production_parameters("cloud", domain=None, release="2026.1", password_file=None)
    write_site(tmp_path, Template.PRODUCTION, parameters)
    groups = _load(tmp_path).inventory.group_hosts
    assert len(groups["control"]) == 3
    assert len(groups["compute"]) >= 2
    assert len(groups["storage"]) >= 3
    assert groups["managers"]


def test_people_find_comments_and_lines_that_fit(tmp_path: Path) -> None:
    for template in Template:
        make = lab_parameters if template is Template.LAB else production_parameters
        write_site(tmp_path, template, make("cloud", domain=None, release="2026.1", password_file="~/x"))
        for file in tmp_path.rglob("*.yml"):
            text = file.read_text()
            assert max(map(len, text.splitlines())) <= 120
            assert "[[" not in text
            assert "[%" not in text
        assert (tmp_path / "site.yml").read_text().count("#") > 3


def test_the_state_never_gets_into_git(tmp_path: Path) -> None:
    write_site(tmp_path, Template.LAB, LAB)
    assert ".groundplane/" in (tmp_path / ".gitignore").read_text().splitlines()


def test_there_is_no_third_template(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="garage"):
        write_site(tmp_path, "garage", LAB)


def _load(path: Path) -> Site:
    """Loads strictly: a single problem is an error. The secrets have to be there."""
    facts = PublicFacts("cloud", "example.org", 100)
    complete_secrets(path, b"a password", load_declared(toolkit_content(), ["bootstrap"]), facts)
    return load_site(path, content=toolkit_content())


def _json(file: Path) -> str:
    return json.dumps(yaml.safe_load(file.read_text()))
