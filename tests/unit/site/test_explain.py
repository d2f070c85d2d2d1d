from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.site.explain import MASK, explain

if TYPE_CHECKING:
    from .conftest import SiteFolder


def test_the_whole_chain_of_a_host(site_folder: SiteFolder) -> None:
    site_folder.write("environments/bootstrap/configuration.yml", "kernel_swappiness: 20\n")
    site_folder.write("inventory/group_vars/control.yml", "---\nkernel_swappiness: 30\n")
    site_folder.write("inventory/host_vars/node1.yml", "kernel_swappiness: 40\n")
    found = explain(site_folder.load(extra={"kernel_swappiness": 50}), "kernel_swappiness", "node1")
    shown = [(link.level, link.source, link.place.line, link.value, link.wins) for link in found.chain]
    assert shown == [
        ("default", "bootstrap", 1, 10, False),
        ("environment", "bootstrap", 1, 20, False),
        ("group", "control", 2, 30, False),
        ("host", "node1", 1, 40, False),
        ("command line", "-e", None, 50, True),
    ]
    assert found.description == "How eagerly memory is swapped out."


def test_without_a_host_all_places_are_shown_and_those_that_win_somewhere(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/group_vars/control.yml", "kernel_swappiness: 30\n")
    site_folder.write("inventory/host_vars/node1.yml", "kernel_swappiness: 40\n")
    found = explain(site_folder.load(), "kernel_swappiness")
    assert [(link.value, link.wins) for link in found.chain] == [(10, True), (30, True), (40, True)]


def test_a_roles_own_default_wins_where_nobody_says_anything(site_folder: SiteFolder) -> None:
    found = explain(site_folder.load(), "kernel_mode", "node1")
    assert [(link.level, link.source, link.value, link.wins) for link in found.chain] == [
        ("role default", "kernel", "gentle", True)
    ]
    site_folder.write("inventory/group_vars/all.yml", "kernel_mode: harsh\n")
    found = explain(site_folder.load(), "kernel_mode", "node1")
    assert [link.wins for link in found.chain] == [False, True]


def test_an_option_that_nobody_sets(site_folder: SiteFolder) -> None:
    found = explain(site_folder.load(), "kernel_modules")
    assert found.chain == ()
    assert found.role == "kernel"


def test_secrets_and_vaulted_values_are_masked(site_folder: SiteFolder) -> None:
    site_folder.write(
        "inventory/group_vars/all.yml", "inside:\n  - x: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      61\n"
    )
    site = site_folder.load(secrets={"token": "planted-secret"})
    for variable in ("token", "inside"):
        found = explain(site, variable, "node1")
        assert "planted" not in repr(found)
        assert "ANSIBLE_VAULT" not in repr(found)
        assert MASK in repr(found)


def test_unknown_names_are_told_with_the_nearest(site_folder: SiteFolder) -> None:
    site = site_folder.load()
    with pytest.raises(InputError) as caught:
        explain(site, "groundplane_domian")
    assert "'groundplane_domain'" in caught.value.cure
    with pytest.raises(InputError) as caught:
        explain(site, "groundplane_domain", "node9")
    assert "'node" in caught.value.cure
