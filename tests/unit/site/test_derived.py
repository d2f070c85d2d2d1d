from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.site.derived import DERIVED_NAMES
from groundplane.site.values import Level

if TYPE_CHECKING:
    from groundplane.site.site import Site

    from .conftest import SiteFolder


def value(site: Site, name: str, host: str | None = "node1") -> Any:
    found = site.variables.value(name, host)
    assert found is not None
    return found.value


def test_every_derived_variable_is_there_and_names_its_line(site_folder: SiteFolder) -> None:
    site = site_folder.load()
    for name in DERIVED_NAMES:
        found = site.variables.value(name, "node1")
        assert found is not None, name
        assert found.level is Level.DERIVED
    domain = site.variables.value("groundplane_domain", None)
    assert domain is not None
    assert str(domain.place).endswith("site.yml:3")


def test_addresses_and_hosts(site_folder: SiteFolder) -> None:
    site = site_folder.load()
    assert value(site, "groundplane_addresses") == {"management": "172.31.0.11", "tunnel": "fd00:1::b"}
    assert value(site, "ansible_host") == "172.31.0.11"
    assert value(site, "groundplane_vips") == {"api": "172.31.0.5"}
    assert value(site, "groundplane_hosts")["node2"] == {
        "addresses": {"management": "172.31.0.12", "tunnel": "fd00:1::c"},
        "groups": ["control"],
    }


def test_ansible_host_can_be_set_by_a_group_or_host(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/host_vars/node1.yml", "ansible_host: node1.elsewhere\n")
    site = site_folder.load()
    assert value(site, "ansible_host") == "node1.elsewhere"
    assert [link.level for link in site.variables.chain("ansible_host", "node1")] == [Level.DERIVED, Level.HOST]


def test_the_port_is_named_only_where_it_is_another(site_folder: SiteFolder) -> None:
    assert site_folder.load().variables.value("ansible_port", "node1") is None
    site_folder.replace("site.yml", "domain:", "ssh: {port: 2222}\ndomain:")
    assert value(site_folder.load(), "ansible_port") == 2222


def test_keys_and_certificates_come_from_their_files(site_folder: SiteFolder) -> None:
    site_folder.write(
        "inventory/known_hosts",
        "# comment\nnode1,172.31.0.11 ssh-ed25519 AAAA1\n[172.31.0.12]:2222 ssh-ed25519 AAAA2 note\n"
        "|1|abc= ssh-ed25519 AAAA3\nother ssh-rsa AAAA4\n",
    )
    site_folder.write("inventory/operator.pub", "ssh-ed25519 AAAA operator\n\n# old\n")
    site_folder.write("certificates/ca.crt", "PEM\n")
    site = site_folder.load()
    assert value(site, "groundplane_host_keys") == {"node1": ["ssh-ed25519 AAAA1"], "node2": ["ssh-ed25519 AAAA2"]}
    assert value(site, "groundplane_operator_public_keys") == ["ssh-ed25519 AAAA operator"]
    assert value(site, "groundplane_certificates") == {
        "authority_days": 3650,
        "host_days": 365,
        "renew_before_days": 30,
        "authority": "PEM\n",
    }
