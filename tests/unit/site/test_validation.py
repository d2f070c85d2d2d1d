from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import SiteFolder

THREE = "all:\n  hosts:\n    node1: {host_number: 11}\n    node2: {host_number: 12}\n    node3: {host_number: 13}\n"
SECRETS = "a_key: {kind: hex, description: A key}\n"


def test_a_group_that_a_layer_needs(site_folder: SiteFolder) -> None:
    site_folder.replace("site.yml", "domain:", "layers: [bootstrap, ceph]\ndomain:")
    (told,) = site_folder.told()
    assert told.startswith("inventory/hosts.yml:1: there is no group 'ceph_mon', which the layer 'ceph' needs")
    site_folder.write("inventory/hosts.yml", THREE + "  children:\n    ceph_mon:\n    ceph_mons: {hosts: {node1: }}\n")
    (told,) = site_folder.told()
    assert told.startswith("inventory/hosts.yml:7: nobody is in the group 'ceph_mon'")
    site_folder.write("inventory/hosts.yml", THREE + "  children:\n    ceph_mons: {hosts: {node1: }}\n")
    assert "Is 'ceph_mons' meant" in site_folder.told()[0]


def test_nobody_at_all(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/hosts.yml", "all:\n  hosts:\n")
    assert "has no hosts" in site_folder.told()[0]


@pytest.mark.parametrize(("count", "right"), [(1, True), (2, False), (3, True)])
def test_quorum(site_folder: SiteFolder, *, count: int, right: bool) -> None:
    members = ", ".join(f"node{number}: " for number in range(1, count + 1))
    site_folder.write("inventory/hosts.yml", THREE + f"  children:\n    ceph_mon: {{hosts: {{{members}}}}}\n")
    told = site_folder.told()
    assert (not told) is right
    if not right:
        assert told[0].startswith("inventory/hosts.yml:7: the group 'ceph_mon' has 2 hosts, an even number")
        assert "Make it 1 or 3." in told[0]


@pytest.mark.parametrize(
    ("change", "what", "cure"),
    [
        (("    node3", "    node1.other"), "the hosts 'node1' and 'node1.other' have the same short name", "Rename"),
        (("    node3", "    NODE1"), "have the same short name", "small letters"),
        (("    node3", "    api"), "the VIP 'api' has the name of the host 'api'", "Rename the VIP"),
        (("{host_number: 13}", "{host_number: 13, networks: [tunnel]}"), "'node3' can't be reached", "'management'"),
        (("{host_number: 13}", "{host_number: 13, disks: [/dev/sda, {device: /dev/sda}]}"), "/dev/sda", "once"),
        (("{host_number: 13}", "{host_number: 13, disks: /dev/sda}"), "is no list", "disks: ["),
        (
            ("{host_number: 13}", "{host_number: 13, osd_devices: [/dev/sda], db_devices: [/dev/sda]}"),
            "is in db_devices and in osd_devices",
            "one of them",
        ),
        (("{host_number: 13}", "{host_number: 13, groundplane_domain: x}"), "is computed", "'domain' in site.yml"),
        (("{host_number: 13}", "{host_number: 13, groundplane_step: x}"), "is computed", "engine"),
        (("{host_number: 13}", "{host_number: 13, kernel_swapiness: 1}"), "'kernel_swapiness' is", "kernel_swappiness"),
        (("{host_number: 13}", "{host_number: 13, kernel_swappiness: much}"), "a whole number", "How eagerly"),
        (("{host_number: 13}", "{host_number: 13, kernel_sysctl: [a]}"), "a mapping", "Kernel parameters"),
        (("{host_number: 13}", "{host_number: 13, kernel_mode: gental}"), "doesn't know", "'gentle'"),
    ],
)
def test_what_is_wrong_with_hosts(site_folder: SiteFolder, change: tuple[str, str], what: str, cure: str) -> None:
    site_folder.write("inventory/hosts.yml", THREE)
    site_folder.replace("inventory/hosts.yml", *change)
    (told,) = site_folder.told()
    assert told.startswith(("inventory/hosts.yml:5: ", "site.yml:12: "))
    assert what in told
    assert cure in told.split(" | ")[1]


def test_the_same_way_to_two_hosts(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/host_vars/node1.yml", "ansible_host: 10.0.0.1\nbmc: {address: 10.9.0.1}\n")
    site_folder.write("inventory/host_vars/node2.yml", "ansible_host: 10.0.0.1\nbmc: {address: 10.9.0.1}\n")
    told = [text.split(" | ")[0] for text in site_folder.told()]
    assert told == [
        "inventory/host_vars/node2.yml:1: the hosts 'node1' and 'node2' have the same ansible_host 10.0.0.1",
        "inventory/host_vars/node2.yml:2: the hosts 'node1' and 'node2' have the same BMC address 10.9.0.1",
    ]


def test_variables_that_are_fine(site_folder: SiteFolder) -> None:
    site_folder.write(
        "inventory/group_vars/all.yml",
        "my_own: 1\nkernel_sysctl: '{{ my_sysctl }}'\nkernel_watch: []\nkernel_modules: a,b\nextra_input: 2\n"
        "kernel_swappiness: '10'\n",
    )
    assert site_folder.told() == []


def test_missing_secrets(site_folder: SiteFolder) -> None:
    site_folder.toolkit("environments/bootstrap/secrets.yml", SECRETS)
    (told,) = site_folder.told()
    assert told.startswith("secrets.yml: the site has no secrets.yml")
    assert "groundplane secrets init" in told
    (told,) = site_folder.told(secrets={})
    assert "a_key" in told
    assert site_folder.told(secrets={"a_key": "ab"}) == []
    site_folder.write("secrets.yml", "a_key: ab\n")
    (told,) = site_folder.told()
    assert "aren't encrypted" in told
    site_folder.write("secrets.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    assert site_folder.told() == []


@pytest.mark.parametrize(
    ("change", "what", "cure"),
    [
        (("test.example", "Test_example"), "site.yml:3: 'Test_example' can't be a DNS domain", "cloud.example"),
        (("domain:", "ssh: {identity: file}\ndomain:"), "no file is named", "private_key_file"),
        (("domain:", "vault: {password_file: a, password_command: [b]}\ndomain:"), "from a file and", "Keep one"),
        (("domain:", "certificates: {host_days: 20}\ndomain:"), "renewed 30 days before their end", "smaller"),
    ],
)
def test_keys_that_do_not_fit_each_other(
    site_folder: SiteFolder, change: tuple[str, str], what: str, cure: str
) -> None:
    site_folder.replace("site.yml", *change)
    (told,) = site_folder.told()
    assert what in told
    assert cure in told.split(" | ")[1]


def test_a_given_address_that_another_host_derives(site_folder: SiteFolder) -> None:
    site_folder.write("inventory/host_vars/node1.yml", "ansible_host: 172.31.0.12\n")
    (told,) = site_folder.told()
    assert told.startswith("inventory/host_vars/node1.yml:1: the hosts 'node2' and 'node1' have the same ansible_host")
