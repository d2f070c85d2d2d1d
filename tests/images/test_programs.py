"""The other images: each one's main program answers, so that its interpreter, libraries and paths fit together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.images.containers import Machine

VERSION = r"\d+\.\d+"

PROGRAMS = [
    ("keepalived", "keepalived --version", r"Keepalived v\d"),
    ("kolla-toolbox", "ansible --version", r"ansible \[core 2\."),
    ("openvswitch-vswitchd", "ovs-vswitchd --version", r"Open vSwitch\) \d"),
    ("openvswitch-db-server", "ovs-vsctl --version", r"Open vSwitch\) \d"),
    ("ovn-controller", "ovn-controller --version", r"ovn-controller \d"),
    ("ovn-northd", "ovn-northd --version", r"ovn-northd \d"),
    ("ovn-nb-db-server", "ovn-nbctl --version", r"ovn-nbctl \d"),
    ("ovn-sb-db-server", "ovn-sbctl --version", r"ovn-sbctl \d"),
    ("keystone", "keystone-manage --version", VERSION),
    ("keystone-fernet", "keystone-manage --version", VERSION),
    ("glance-api", "glance-manage --version", VERSION),
    ("placement-api", "placement-manage --version", VERSION),
    ("neutron-server", "neutron-db-manage --help", "upgrade"),
    ("nova-api", "nova-manage --version", VERSION),
    ("nova-conductor", "nova-conductor --version", VERSION),
    ("nova-scheduler", "nova-scheduler --version", VERSION),
    ("nova-novncproxy", "nova-novncproxy --version", VERSION),
    ("nova-compute", "nova-compute --version", VERSION),
    ("nova-libvirt", "libvirtd --version", r"libvirtd \(libvirt\) \d"),
    ("nova-libvirt", "qemu-system-x86_64 --version", r"QEMU emulator version \d"),
    ("cinder-api", "cinder-manage --version", VERSION),
    ("cinder-volume", "cinder-volume --version", VERSION),
]

IMPORTS = [
    ("glance-api", "glance.api, glance_store, rados, rbd"),
    ("cinder-volume", "cinder.cmd.volume, rados, rbd"),
    ("nova-compute", "nova.virt.libvirt.driver, libvirt, rados, rbd"),
    ("neutron-server", "neutron.plugins.ml2.drivers.ovn.mech_driver.mech_driver"),
    ("horizon", "openstack_dashboard, horizon, django"),
    ("kolla-toolbox", "openstack, pymysql"),
]


@pytest.mark.parametrize(("image", "words", "answer"), PROGRAMS)
def test_the_program_answers(machine: Machine, image: str, words: str, answer: str) -> None:
    assert re.search(answer, machine.said(image, *words.split()))


@pytest.mark.parametrize(("image", "modules"), IMPORTS)
def test_python_finds_what_the_service_needs(machine: Machine, image: str, modules: str) -> None:
    machine.said(image, "python3", "-c", f"import {modules}")


def test_haproxy_takes_a_good_configuration_and_refuses_a_bad_one(machine: Machine) -> None:
    good = machine.folder / "haproxy.cfg"
    good.write_text(
        "defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n"
        "frontend a\n  bind 127.0.0.1:8080\n  default_backend b\nbackend b\n  server s 127.0.0.1:8081\n"
    )
    bad = machine.folder / "bad.cfg"
    bad.write_text("frontend a\n  bind nothing:at:all\n")
    options = ["--volume", f"{machine.folder}:/test:ro", "--entrypoint", "haproxy"]
    assert machine.run("haproxy", "-c", "-f", "/test/haproxy.cfg", options=options).code == 0
    assert machine.run("haproxy", "-c", "-f", "/test/bad.cfg", options=options).code != 0


def test_a_switch_is_made_in_a_database_of_its_own(machine: Machine) -> None:
    command = (
        "/usr/sbin/ovsdb-server /var/lib/openvswitch/conf.db -vconsole:warn --remote=punix:/run/openvswitch/db.sock "
        "--log-file=/var/log/kolla/openvswitch/ovsdb-server.log"
    )
    database = machine.start("openvswitch-db-server", options=machine.kolla_options(command))
    words = ("ovs-vsctl", "--no-wait", "--timeout=5")
    database.until(
        lambda: database.exec(*words, "show", user="root").code == 0, seconds=30, what="ovsdb-server answers"
    )
    database.said(*words, "add-br", "test", "--", "set", "bridge", "test", "datapath_type=netdev", user="root")
    assert "test" in database.said(*words, "list-br", user="root").split()


def test_keystone_makes_its_tables_and_an_administrator(machine: Machine) -> None:
    """Its whole stack (oslo, SQLAlchemy, fernet keys, password hashes) on a database in a file."""
    settings = machine.folder / "keystone.conf"
    settings.write_text(
        "[DEFAULT]\nlog_dir =\n[database]\nconnection = sqlite:////tmp/keystone.db\n"
        "[token]\nprovider = fernet\n[fernet_tokens]\nkey_repository = /tmp/keys\n"
        "[fernet_receipts]\nkey_repository = /tmp/receipts\n"
    )
    script = (
        "set -e; mkdir -m 700 /tmp/keys /tmp/receipts; m='keystone-manage --config-file /test/keystone.conf'; "
        "$m db_sync; $m fernet_setup --keystone-user keystone --keystone-group keystone; "
        "$m bootstrap --bootstrap-password x --bootstrap-public-url http://127.0.0.1:5000; ls /tmp/keys; "
        "$m db_version"
    )
    options = ["--volume", f"{machine.folder}:/test:ro", "--user", "keystone"]
    assert "0" in machine.said("keystone", "bash", "-c", script, options=options).split()
