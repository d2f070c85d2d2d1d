from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import SiteFolder

CONFIGURATION = "environments/bootstrap/configuration.yml"


@pytest.mark.parametrize(
    ("text", "what", "cure"),
    [
        ("kernel_swapiness: 1\n", "the layer 'bootstrap' doesn't know 'kernel_swapiness'", "'kernel_swappiness'"),
        ("zzz: 1\n", "doesn't know 'zzz'", "group_vars"),
        ("ceph_size: 3\n", "doesn't know 'ceph_size'", "environments/ceph/configuration.yml"),
        ("a-b: 3\n", "can't be a variable's name", "underscores"),
        ("[1]\n", "has no variables", "NAME: VALUE"),
        ("kernel_mode: hard\n", "doesn't know", "harsh"),
    ],
)
def test_what_is_wrong_in_a_configuration(site_folder: SiteFolder, text: str, what: str, cure: str) -> None:
    site_folder.toolkit("environments/ceph/defaults.yml", "ceph_size: 2\n")
    site_folder.replace("site.yml", "domain:", "layers: [bootstrap, ceph]\ndomain:")
    site_folder.replace("inventory/hosts.yml", "    control:", "    ceph_mon: {hosts: {node1: }}\n    control:")
    site_folder.write(CONFIGURATION, text)
    (told,) = site_folder.told()
    assert told.startswith(f"{CONFIGURATION}:1: ")
    assert what in told
    assert cure in told.split(" | ")[1]


def test_options_and_inputs_are_known_besides_defaults(site_folder: SiteFolder) -> None:
    site_folder.write(CONFIGURATION, "kernel_modules: [br_netfilter]\nextra_input: 1\nkernel_swappiness: 20\n")
    site = site_folder.load()
    chain = site.variables.chain("kernel_swappiness", "node1")
    assert [(link.value, link.source) for link in chain] == [(10, "bootstrap"), (20, "bootstrap")]


def test_two_layers_cannot_set_the_same(site_folder: SiteFolder) -> None:
    site_folder.toolkit("environments/ceph/defaults.yml", "kernel_swappiness: 2\n")
    site_folder.replace("site.yml", "domain:", "layers: [bootstrap, ceph]\ndomain:")
    site_folder.replace("inventory/hosts.yml", "    control:", "    ceph_mon: {hosts: {node1: }}\n    control:")
    (told,) = site_folder.told()
    assert "'kernel_swappiness' is set by the layer 'ceph' and by 'bootstrap'" in told


@pytest.mark.parametrize("set_by_site", [False, True], ids=["the toolkit's rules", "rules of the site"])
def test_a_layer_whose_images_alone_are_wanted_opens_no_port(site_folder: SiteFolder, *, set_by_site: bool) -> None:
    rules = "firewall_rules_ceph: [{name: monitors, protocol: tcp, ports: [3300]}]\n"
    site_folder.toolkit("environments/ceph/defaults.yml", f"ceph_size: 2\n{rules}")
    if set_by_site:
        site_folder.write("environments/ceph/configuration.yml", rules)
    site_folder.replace("site.yml", "domain:", "images: {source: build, layers: [bootstrap, ceph]}\ndomain:")
    found = site_folder.load().variables.effective("node1")
    assert "firewall_rules_ceph" not in found
    assert found["ceph_size"].value == 2, "what images are made by is known"


def test_a_folder_of_no_layer(site_folder: SiteFolder) -> None:
    site_folder.write("environments/botstrap/configuration.yml", "kernel_swappiness: 1\n")
    (told,) = site_folder.told()
    assert "there is no layer 'botstrap'" in told
    assert "'bootstrap'" in told


def test_a_role_without_specs_is_not_judged(site_folder: SiteFolder) -> None:
    site_folder.toolkit("playbooks/layers.yml", "layers: {bootstrap: {steps: {a: {roles: [odd]}}}}\n")
    site_folder.toolkit("roles/odd/tasks/main.yml", "[]\n")
    site_folder.write(CONFIGURATION, "odd_thing: 1\nkernel_swappiness: 1\n")
    assert site_folder.told() == []


def test_a_sites_own_layer_takes_any_variable(site_folder: SiteFolder) -> None:
    site_folder.write("layers.yml", "layers: {mine: {groups: [control], steps: {}}}\n")
    site_folder.replace("site.yml", "domain:", "layers: [bootstrap, mine]\ndomain:")
    site_folder.write("environments/mine/configuration.yml", "anything: 1\n")
    value = site_folder.load().variables.value("anything", "node1")
    assert value is not None
    assert value.source == "mine"
