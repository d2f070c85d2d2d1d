"""Kolla's contract with whoever starts its images: config.json says what to copy and what to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.images.containers import Machine

ASK_VERSION = "exec 3<>/dev/tcp/127.0.0.1/11211; printf 'version\\r\\n' >&3; read -r line <&3; echo \"$line\""


REPORT = """#!/bin/sh
id -un
stat -c '%U %a' /etc/memcached.conf
cat /etc/memcached.conf
"""


def test_files_are_copied_with_owner_and_mode_and_the_command_runs_as_the_images_user(machine: Machine) -> None:
    options = machine.kolla_options(
        "/usr/local/bin/report",
        files=[
            ("secret.conf", "secret = 1\n", "/etc/memcached.conf", "memcached", "0600"),
            ("report", REPORT, "/usr/local/bin/report", "root", "0755"),
        ],
    )
    done = machine.run("memcached", options=options)
    assert done.code == 0, str(done)
    assert done.out.splitlines()[-3:] == ["memcached", "memcached 600", "secret = 1"]


def test_a_service_runs_until_it_is_told_to_stop(machine: Machine) -> None:
    container = machine.start("memcached", options=machine.kolla_options("/usr/bin/memcached -l 127.0.0.1 -m 8"))
    container.until(lambda: container.exec("bash", "-c", ASK_VERSION).code == 0, seconds=20, what="memcached answers")
    assert container.said("bash", "-c", ASK_VERSION).startswith("VERSION 1.")
    done = machine.podman("stop", "--time", "10", container.name)
    assert done.seconds < 8, "it was killed instead of ending by itself"


def test_a_file_that_is_missing_ends_the_container_with_its_name(machine: Machine) -> None:
    options = machine.kolla_options("sleep 60", files=[("absent.conf", None, "/etc/absent.conf", "root", "0644")])
    done = machine.run("cron", options=options, timeout=30)
    assert done.code != 0
    assert "/var/lib/kolla/config_files/absent.conf" in done.out + done.err


def test_without_a_strategy_nothing_runs(machine: Machine) -> None:
    options = machine.kolla_options("echo ran", KOLLA_CONFIG_STRATEGY="")
    done = machine.run("cron", options=options, timeout=30)
    assert done.code != 0
    assert "KOLLA_CONFIG_STRATEGY" in done.out + done.err
