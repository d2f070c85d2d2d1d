"""That it merges to our precedence is tested in test_precedence; here is what a person would look for in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.errors import InputError
from groundplane.site.ansible_inventory import ansible_inventory, host_inventory
from groundplane.site.yaml_output import to_yaml

from .real_ansible import ansible_sees, needs_ansible

if TYPE_CHECKING:
    from .conftest import SiteFolder


def test_variables_stand_once_where_they_were_written(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/group_vars/control.yml", "mine: '{{ groundplane_domain }}'\n")
    data = ansible_inventory(site_folder.load())["all"]
    assert data["vars"]["groundplane_domain"] == "test.example"
    assert data["children"]["control"]["vars"] == {"mine": "{{ groundplane_domain }}"}
    assert data["hosts"]["node1"] == {
        "host_number": 11,
        "ansible_host": "172.31.0.11",
        "groundplane_addresses": {"management": "172.31.0.11", "tunnel": "fd00:1::b"},
    }


def test_no_secret_is_in_it(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/group_vars/all.yml", "token: overridden\n")
    site = site_folder.load(secrets={"token": "planted-secret", "other": "planted-secret"})
    assert "planted" not in to_yaml(ansible_inventory(site))
    assert ansible_inventory(site)["all"]["hosts"]["node1"]["token"] == "overridden"
    assert "planted" not in to_yaml(host_inventory(site, "node1"))


def test_one_host_shows_what_wins(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/host_vars/node1.yml", "kernel_swappiness: 1\n")
    assert host_inventory(site_folder.load(), "node1")["kernel_swappiness"] == 1
    with pytest.raises(InputError):
        host_inventory(site_folder.load(), "node9")


@needs_ansible
def test_tags_survive_the_way_to_ansible(site_folder: SiteFolder) -> None:
    vaulted = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"
    text = "v: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nu: !unsafe '{{ x }}'\nm: |\n  two\n  lines\nempty: {}\n"
    site_folder.write("inventory/group_vars/all.yml", text)
    file = site_folder.write("handed.yml", to_yaml(ansible_inventory(site_folder.load())))
    seen = ansible_sees(file)["_meta"]["hostvars"]["node1"]
    assert seen["v"] == {"__ansible_vault": vaulted}
    assert seen["u"] in ({"__ansible_unsafe": "{{ x }}"}, "{{ x }}")
    assert seen["m"] == "two\nlines\n"
    assert seen["empty"] == {}


def test_yaml_reads_back_without_anchors(site_folder: SiteFolder) -> None:
    data = ansible_inventory(site_folder.load())
    text = to_yaml(data)
    assert "&id" not in text
    assert yaml.safe_load(text) == data
