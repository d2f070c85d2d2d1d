"""What a site's files alone tell to be wrong, with file, line and cure."""

from __future__ import annotations

import pytest

from groundplane.ceph.validation import layer_problems

from ..site.conftest import SiteFolder  # noqa: TID252, TC001

FILE = "environments/ceph/configuration.yml"
HOSTS = "of hosts with disks for OSDs there are"
RACKS = "of values of 'rack' on the hosts with disks for OSDs there are"
SPINNING = "of hosts with disks for OSDs of the class 'hdd' there are"
SOLID = "ceph_osds:\n  - name: d\n    device_class: ssd\n    data_devices: {paths: '{{ disks }}'}\n"
ONE = "ceph_osds:\n  - {name: a, data_devices: {paths: [/dev/sdb]}}\n"


def told(site: SiteFolder, text: str = "") -> list[str]:
    """FILE:LINE: WHAT | CURE, the file below the site or the toolkit."""
    if text:
        site.write(FILE, text)
    found = []
    for problem in layer_problems(site.load()):
        line = f"{problem.place}: {problem.what} | {problem.cure}"
        found.append(line.replace(f"{site.path}/", "").replace(f"{site.content.root}/", ""))
    return found


def whats(site: SiteFolder, text: str) -> list[str]:
    return [line.split(" | ")[0].removeprefix(f"{FILE}:") for line in told(site, text)]


def test_the_layer_as_it_comes_has_no_problems(ceph_site: SiteFolder) -> None:
    assert told(ceph_site) == []


def test_a_site_without_the_layer_is_not_looked_at(site_folder: SiteFolder) -> None:
    assert layer_problems(site_folder.load()) == ()


def test_unknown_keys_and_types_in_lists_have_their_line_and_the_nearest_key(ceph_site: SiteFolder) -> None:
    assert told(
        ceph_site,
        "ceph_pools:\n"
        "  - name: images\n"
        "    sise: 2\n"
        "  - name: volumes\n"
        "    size: many\n"
        "  - application: rbd\n"
        "ceph_users:\n"
        "  - name: glance\n"
        "    caps: {mon: profile rbd}\n"
        "    fore: [glance]\n",
    ) == [
        f"{FILE}:3: the key 'sise' is unknown | Did you mean 'size'?",
        f"{FILE}:5: 'size' is the text 'many'; it has to be a whole number | Copies of each object.",
        f"{FILE}:6: 'name' is missing | Add 'name:'. The pool's name.",
        f"{FILE}:10: the key 'fore' is unknown | Did you mean 'for'?",
    ]


def test_what_holds_for_all_pools_is_told_once_and_where_it_stands(ceph_site: SiteFolder) -> None:
    assert told(ceph_site, "ceph_pool_defaults:\n  siz: 2\n  autoscale: off\n") == [
        f"{FILE}:2: the key 'siz' is unknown | Did you mean 'size'?"
    ]


def test_a_hosts_own_drive_groups_are_placed_in_its_file(ceph_site: SiteFolder) -> None:
    ceph_site.write(
        "inventory/host_vars/node2.yml",
        "ceph_osds:\n  - name: fast\n    data_devices: {paths: [/dev/sdb], rotation: false}\n",
    )
    assert told(ceph_site)[0] == (
        "inventory/host_vars/node2.yml:3: the key 'rotation' is unknown in data_devices | Did you mean 'rotational'?"
    )


def test_a_variable_that_nothing_sets(ceph_site: SiteFolder) -> None:
    (found,) = whats(ceph_site, "ceph_osds: '{{ my_groups }}'\n")[:1]
    assert found.startswith("1: the value of 'ceph_osds' can't be worked out without Ansible")
    assert "'my_groups' is undefined" in found


def test_a_fact_of_a_host_is_ansibles_business(ceph_site: SiteFolder) -> None:
    assert told(ceph_site, "ceph_gateway_port: '{{ ansible_facts.port }}'\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ceph_pools:\n  - {name: images}\n  - {name: big, size: 4}\n  - {name: more, size: 4}\n",
            f"3: the pools 'big', 'more' can't be placed: 4 copies, each in another host, and {HOSTS} 3",
        ),
        (
            "ceph_pools:\n  - name: archive\n    type: erasure\n    erasure: {k: 4, m: 2}\n",
            f"4: the pool 'archive' can't be placed: 4 + 2 parts, each in another host, and {HOSTS} 3",
        ),
        (
            "ceph_pools:\n  - {name: one, size: 4, failure_domain: osd}\n",
            "2: the pool 'one' can't be placed: 4 copies, each in another osd, and of OSDs there are 3",
        ),
        (
            "ceph_pools:\n  - name: one\n    failure_domain: rack\n",
            f"2: the pool 'one' can't be placed: 3 copies, each in another rack, and {RACKS} 0",
        ),
        (
            "ceph_pools:\n  - name: one\n    failure_domain: rak\n",
            "3: the pool 'one' can't be placed: hosts don't stand in a 'rak'",
        ),
        (
            f"{SOLID}ceph_pools:\n  - name: one\n    device_class: hdd\n",
            f"6: the pool 'one' can't be placed: 3 copies, each in another host, and {SPINNING} 0",
        ),
        ("ceph_pools:\n  - {name: one, type: erasure}\n", "2: the pool 'one' is erasure coded, and nobody says how"),
        (
            "ceph_pools:\n  - name: one\n    erasure: {k: 2, m: 1}\n",
            "3: the pool 'one' has erasure coding written, but keeps copies",
        ),
        (
            "ceph_pools:\n  - name: one\n    size: 2\n    min_size: 3\n",
            "4: the pool 'one' could never be written to: it wants 3 of 2 copies",
        ),
        (
            "ceph_pools:\n  - name: one\n    type: erasure\n    erasure: {k: 2, m: 1}\n    min_size: 1\n",
            "5: the pool 'one' can't be read with 1 parts: its data are in 2",
        ),
        ("ceph_pools:\n  - name: a\n  - name: b\n  - name: a\n", "4: the pool 'a' is there 2 times"),
        ("ceph_pools:\n  - name: a b\n", "2: 'a b' can't be a pool's name"),
        (
            "ceph_users:\n  - {name: client.me, caps: {mon: allow r}}\n",
            "2: the user 'client.me' is named with 'client.'",
        ),
        ("ceph_users:\n  - {name: me, caps: {}}\n", "2: the user 'me' may do nothing"),
        (
            "ceph_users:\n  - name: me\n    caps:\n      mon: allow r\n      osds: allow r\n",
            "5: the user 'me' has capabilities of 'osds', which there isn't",
        ),
        (
            "ceph_users:\n  - name: me\n    caps: {mon: profile rbd, osd: profile rbd pool=volume}\n",
            "3: the user 'me' has capabilities for the pool 'volume', which the site doesn't have",
        ),
        ("ceph_public_network: store\n", "1: 'ceph_public_network' names the network 'store', which there isn't"),
        (
            "ceph_mon_group: others\n",
            "1: node9 of the group 'others' (monitors) is neither in control nor in storage",
        ),
        ("ceph_mon_group: contrl\n", "1: 'ceph_mon_group' names the group 'contrl', which there isn't"),
        ("ceph_fsid: mine\n", "1: 'mine' is no cluster's id"),
        (
            "ceph_filesystems:\n  - {name: home}\nceph_pools:\n  - {name: cephfs.home.data}\n",
            "4: the pool 'cephfs.home.data' is made for a file system already",
        ),
        (
            "ceph_filesystems:\n  - {name: home, active: 3}\n",
            "1: 4 metadata servers are wanted, active and standing by, and 3 hosts would run one each",
        ),
        (
            f"{ONE}  - {{name: b, data_devices: {{all: true}}, db_devices: {{paths: [/dev/sdb]}}}}\n",
            "3: the disk /dev/sdb of 'node1' is named in a, data_devices and in b, db_devices",
        ),
        (
            "ceph_osds:\n  - name: a\n    data_devices: {paths: [/dev/sdb, sdc]}\n",
            "3: 'sdc' is no disk's path (a, data_devices)",
        ),
        (
            "ceph_osds:\n  - {name: a, data_devices: {all: true}}\n  - {name: a, data_devices: {all: true}}\n",
            "3: the drive group 'a' is there twice",
        ),
        ("ceph_osds:\n  - {name: a, data_devices: {size: big}}\n", "2: 'big' is no size of disks"),
        (
            "ceph_osds:\n  - {name: a, method: raw, osds_per_device: 2, data_devices: {all: true}}\n",
            "2: the drive group 'a' divides disks, which the method raw can't",
        ),
    ],
)
def test_sense(ceph_site: SiteFolder, text: str, expected: str) -> None:
    assert whats(ceph_site, text) == [expected]


def test_a_network_that_hosts_are_no_members_of(ceph_site: SiteFolder) -> None:
    for number in (1, 2):
        name = f"host_number: 1{number}"
        ceph_site.replace("inventory/hosts.yml", name, f"networks: [management], {name}")
    assert whats(ceph_site, "ceph_cluster_network: tunnel\n") == [
        "1: node1, node2 have no address in the network 'tunnel', which 'ceph_cluster_network' names"
    ]


def test_no_disks_at_all_is_told_once(ceph_site: SiteFolder) -> None:
    for number in (1, 2, 3):
        host = f"host_number: 1{number}"
        ceph_site.replace("inventory/hosts.yml", f"{host}, disks: [/dev/sdb]", host)
    (found,) = told(ceph_site)
    assert found.startswith("inventory/hosts.yml:8: no host of the group 'storage' has disks for OSDs | Name each")


def test_racks_are_counted_on_hosts_with_disks(ceph_site: SiteFolder) -> None:
    for number in (1, 2, 3):
        host = f"host_number: 1{number}"
        ceph_site.replace("inventory/hosts.yml", host, f"rack: r{number}, {host}")
    assert told(ceph_site, "ceph_pools:\n  - name: one\n    failure_domain: rack\n") == []


def test_an_even_number_of_monitors(ceph_site: SiteFolder) -> None:
    ceph_site.replace("inventory/hosts.yml", "    others:", "    mons:\n      hosts: {node1: , node2: }\n    others:")
    assert whats(ceph_site, "ceph_mon_group: mons\n") == [
        "1: 2 hosts would run monitors, an even number: half of them can't go on without the others"
    ]


def test_users_of_file_systems_that_there_are_not_are_left(ceph_site: SiteFolder) -> None:
    text = "ceph_users:\n  - {name: m, only_with_filesystems: true, caps: {mds: allow r, osd: allow rw pool=volume}}\n"
    assert told(ceph_site, text) == []
