"""What Kolla left on a host, taken off it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from openstack_node_cleaning import clean, virtual_machines  # type: ignore[import-not-found]
from openstack_node_running import NodeError  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from pathlib import Path


def container(name: str, *volumes: str) -> dict[str, Any]:
    mounts = [{"Type": "volume", "Name": volume} for volume in volumes] + [{"Type": "bind", "Source": "/etc"}]
    return {"Name": f"/{name}", "State": {"Status": "running"}, "Mounts": mounts}


class Host:
    def __init__(self, folder: Path, *containers: dict[str, Any]) -> None:
        self.units, self.configuration = folder / "units", folder / "kolla"
        self.units.mkdir()
        self.configuration.mkdir()
        self.containers = containers
        self.asked: list[str] = []

    def run(self, *words: str) -> tuple[int, str, str]:
        line = " ".join(words)
        if "ps --all" in line:
            return 0, "\n".join(one["Name"] for one in self.containers), ""
        if "container inspect" in line:
            return 0, json.dumps(self.containers), ""
        if "list-br" in line:
            return 0, "br-int\nbr-ex\n", ""
        self.asked.append(line)
        return 0, "", ""

    def clean(self, **more: Any) -> list[str]:
        given = {"units": self.units, "configuration": self.configuration, "machines": lambda: 0}
        found: list[str] = clean(self.run, "docker", **{**given, **more})
        return found


def test_all_of_it_goes_but_images_in_local_files(tmp_path: Path) -> None:
    host = Host(tmp_path, container("glance_api", "glance", "kolla_logs"), container("openvswitch_vswitchd", "run"))
    (host.units / "kolla-glance_api-container.service").touch()
    (host.units / "groundplane-datapath.service").touch()
    (host.units / "ssh.service").touch()
    (host.configuration / "glance-api").mkdir()
    (host.configuration / "glance-api" / "glance-api.conf").touch()
    assert host.clean() == [
        "the service for Open vSwitch in user space",
        "bridges: br-int, br-ex",
        "containers: glance_api, openvswitch_vswitchd",
        "volumes: kolla_logs, run",
        str(host.configuration),
    ]
    assert host.asked == [
        "systemctl disable --now groundplane-datapath.service",
        "systemctl daemon-reload",
        "docker exec openvswitch_vswitchd ovs-vsctl --if-exists del-br br-int",
        "docker exec openvswitch_vswitchd ovs-vsctl --if-exists del-br br-ex",
        "systemctl disable --now kolla-glance_api-container.service",
        "systemctl daemon-reload",
        "docker rm --force glance_api openvswitch_vswitchd",
        "docker volume rm --force kolla_logs",
        "docker volume rm --force run",
    ]
    assert [path.name for path in host.units.iterdir()] == ["ssh.service"]
    assert not list(host.configuration.iterdir())


def test_check_mode_changes_nothing(tmp_path: Path) -> None:
    host = Host(tmp_path, container("openvswitch_vswitchd", "run"))
    (host.units / "groundplane-datapath.service").touch()
    assert len(host.clean(check=True)) == 4
    assert host.asked == []


def test_a_clean_host(tmp_path: Path) -> None:
    host = Host(tmp_path)
    assert host.clean() == []
    assert host.asked == []


def test_a_host_where_virtual_machines_run_is_refused(tmp_path: Path) -> None:
    host = Host(tmp_path, container("nova_libvirt"))
    with pytest.raises(NodeError, match="virtual machines run here"):
        host.clean(machines=lambda: 1)
    for number, name in enumerate(("qemu-system-x86", "bash")):
        (tmp_path / "proc" / str(number)).mkdir(parents=True)
        (tmp_path / "proc" / str(number) / "comm").write_text(f"{name}\n")
    assert virtual_machines(tmp_path / "proc") == 1
