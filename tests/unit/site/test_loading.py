from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.site.loading import read_site_file

if TYPE_CHECKING:
    from .conftest import SiteFolder


def test_a_valid_site_loads(site_folder: SiteFolder) -> None:
    site = site_folder.load()
    assert list(site.inventory.hosts) == ["node1", "node2", "node3"]
    assert site.release.runtime.ansible_core == "2.20.1"
    assert site.networks.address("node2", "tunnel") == "fd00:1::c"
    assert site.state == site_folder.path / ".groundplane"
    assert site.problems == ()


def test_all_problems_of_all_files_are_told_at_once_in_order(site_folder: SiteFolder) -> None:
    site_folder.replace("site.yml", "domain:", "domian:")
    site_folder.write("inventory/group_vars/contrl.yml", "a: 1\n")
    site_folder.write("inventory/group_vars/all.yml", "a: b: c\n")
    told = site_folder.told()
    assert [text.split(": ")[0] for text in told] == [
        "inventory/group_vars/all.yml:1",
        "inventory/group_vars/contrl.yml",
        "site.yml:1",
        "site.yml:3",
    ]


def test_the_error_counts_and_names_the_site(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/group_vars/contrl.yml", "a: 1\n")
    with pytest.raises(InputError, match=r"has 1 problem$"):
        site_folder.load()


@pytest.mark.parametrize(
    ("change", "what", "cure"),
    [
        (('"2026.1"', '"2026.l"'), "site.yml:2: the release '2026.l' is unknown", "'2026.1'"),
        (('"2026.1"', "2026.1"), "site.yml:2: 'release' is the number 2026.1; it has to be text", '"2026.1"'),
        (("domain:", "domian:"), "site.yml:3: the key 'domian' is unknown", "'domain'"),
        (
            ("    gateway:", "    gatway:"),
            "site.yml:7: the key 'gatway' is unknown in networks",
            "'gateway'",
        ),
        (("name: test\n", ""), "'name' is missing", "The site's name."),
        (("name: test", "name: Test"), "site.yml:1: 'Test' can't be a name", "small letter"),
        (("    gateway", "    mtu: big\n    gateway"), "'networks.management.mtu' is the text 'big'", "MTU in bytes"),
        (("    gateway", '    mtu: "1500"\n    gateway'), "it has to be a whole number", "without quotes: mtu: 1500"),
        (("    gateway", "    mtu: 500\n    gateway"), "is the number 500; it has to be at least 1280", "MTU"),
        (("    gateway", "    dns: 1.1.1.1\n    gateway"), "it has to be a list", "DNS servers"),
        (
            ("  tunnel:\n    cidr: fd00:1::/64", "  tunnel: fd00:1::/64"),
            "it has to be a mapping",
            "the keys cidr, vlan",
        ),
        (("domain:", "ssh: {identity: valt}\ndomain:"), "'ssh.identity' is the text 'valt'", "'vault'"),
        (("domain:", "ansible: {accelerator: 'yes'}\ndomain:"), "it has to be true or false", "accelerator: true"),
        (("domain:", "layers: [bootstrap, cehp]\ndomain:"), "site.yml:3: the layer 'cehp' is unknown", "'ceph'"),
        (("domain:", "layers: [bootstrap, bootstrap]\ndomain:"), "listed twice", "Remove"),
        (("  tunnel:", "  Tunnel:"), "'Tunnel' can't be a name", "small letter"),
    ],
)
def test_what_is_wrong_in_site_yml(site_folder: SiteFolder, change: tuple[str, str], what: str, cure: str) -> None:
    site_folder.replace("site.yml", *change)
    told = site_folder.told()
    assert any(what in text and cure in text.split(" | ")[1] for text in told), told


@pytest.mark.parametrize(
    "change",
    [
        ("domain:", "domian:"),
        ("    gateway:", "    gatway:"),
        ('"2026.1"', "2026.1"),
        ("    gateway", "    mtu: big\n    gateway"),
        ("vips:", "vip:"),
        ("domain:", "color: red\ndomain:"),
    ],
)
def test_a_small_mistake_in_site_yml_keeps_nothing_else_from_being_told(
    site_folder: SiteFolder, change: tuple[str, str]
) -> None:
    site_folder.replace("site.yml", *change)
    site_folder.write("inventory/host_vars/node1.yml", "kernel_swapiness: 1\n")
    told = site_folder.told()
    assert any("kernel_swapiness" in text for text in told), told
    site = site_folder.load(strict=False)
    assert site.file.domain == "test.example"
    assert site.networks.vips["api"].address == "172.31.0.5"
    assert site.file.networks["management"].gateway == "172.31.0.1"


@pytest.mark.parametrize("change", [("name: test\n", ""), ("name: test", "name: Test"), ("domain: test.example", "")])
def test_what_cant_be_guessed_is_told_alone(site_folder: SiteFolder, change: tuple[str, str]) -> None:
    site_folder.replace("site.yml", *change)
    with pytest.raises(InputError):
        site_folder.load(strict=False)


def test_missing_and_empty_files(site_folder: SiteFolder) -> None:
    site_folder.write("site.yml", "")
    assert "is empty" in site_folder.told()[0]
    (site_folder.path / "site.yml").unlink()
    assert "No such file" in site_folder.told()[0]
    with pytest.raises(InputError):
        read_site_file(site_folder.path)


def test_site_yml_alone_can_be_read_when_the_rest_is_broken(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/hosts.yml", "a: b: c\n")
    assert read_site_file(site_folder.path).domain == "test.example"


def test_a_site_with_problems_loads_when_not_strict(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/group_vars/contrl.yml", "a: 1\n")
    site = site_folder.load(strict=False)
    assert len(site.problems) == 1
    assert site.variables.value("groundplane_domain", "node1")


def test_the_command_line_beats_everything(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/host_vars/node1.yml", "kernel_swappiness: 1\n")
    site = site_folder.load(extra={"kernel_swappiness": 60})
    value = site.variables.value("kernel_swappiness", "node1")
    assert value is not None
    assert value.value == 60


def test_a_thousand_hosts_load_and_validate_in_under_three_seconds(site_folder: SiteFolder) -> None:
    site_folder.replace("site.yml", "172.31.0.0/24", "172.16.0.0/16")
    site_folder.replace("site.yml", "172.31.0.1\n    hosts: 172.31.0.10-172.31.0.200", "172.16.0.1")
    site_folder.replace("site.yml", "172.31.0.5", "172.16.0.5")
    hosts = "".join(
        f"        node{number:04}:\n          host_number: {number}\n          rack: r{number // 40}\n"
        f"          disks: [/dev/sda, /dev/sdb]\n          bmc: {{address: bmc{number}.example}}\n"
        for number in range(10, 1011)
    )
    site_folder.write("inventory/hosts.yml", f"all:\n  children:\n    control:\n      hosts:\n{hosts}")
    for number in range(10, 1011):
        site_folder.write(f"inventory/host_vars/node{number:04}.yml", f"kernel_swappiness: {number % 60}\n")
    started = time.perf_counter()
    site = site_folder.load()
    assert time.perf_counter() - started < 3
    assert len(site.inventory.hosts) == 1001
