"""Open vSwitch in user space: what is missing is made, what is there stays, and a dry run only says it."""

from __future__ import annotations

import importlib.util
import json
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[4] / "roles" / "openstack" / "files" / "groundplane-datapath"


def load() -> Any:
    loader = SourceFileLoader("groundplane_datapath", str(PROGRAM))
    spec = importlib.util.spec_from_loader("groundplane_datapath", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


program = load()


class FakeHost:
    """Open vSwitch and the kernel, as far as the program asks and changes them."""

    def __init__(self) -> None:
        self.bridges: dict[str, dict[str, Any]] = {
            "br-ex": {"datapath_type": "", "other_config": {}, "ports": ["ext0"]}
        }
        self.ids: dict[str, str] = {}
        self.addresses = {"tun0": ["172.31.2.11"]}
        self.up: set[str] = set()
        self.routes: list[str] = []
        self.flows: list[str] = []
        self.rules = ""
        self.calls: list[tuple[str, ...]] = []

    def run(self, *words: str, text: str = "") -> str:
        self.calls.append(words)
        if words[:2] == ("docker", "restart"):
            self.flows.clear()
            self.routes.clear()
        elif words[0] == "docker":
            return self.switch(words[4], words[5:], text)
        if words[:3] == ("ip", "-json", "address"):
            return json.dumps([self.link(name) for name in self.addresses if "dev" not in words or name == words[-1]])
        if words[:3] == ("ip", "link", "set"):
            self.up.add(words[4])
        elif words[:3] == ("ip", "address", "add"):
            self.addresses[words[5]].append(words[3].partition("/")[0])
        elif words[:3] == ("nft", "-n", "list"):
            return self.rules
        elif words[0] == "nft":
            self.rules = text
        return ""

    def link(self, name: str) -> dict[str, Any]:
        found = [{"local": address} for address in self.addresses[name]]
        return {"ifname": name, "flags": ["UP"] if name in self.up else [], "addr_info": found}

    def switch(self, name: str, words: tuple[str, ...], text: str) -> str:
        if name == "ovs-appctl":
            if "ovs/route/add" in words:
                self.routes.append(f"User: {words[-2]} dev {words[-1]} SRC 172.31.2.11")
            return "\n".join(self.routes)
        if name == "ovs-ofctl":
            if "replace-flows" in words:
                self.flows = text.splitlines()
            return "\n".join(self.flows)
        return self.database(words)

    def database(self, words: tuple[str, ...]) -> str:
        if "list" in words:
            rows = [
                [name, row["datapath_type"], ["map", list(map(list, row["other_config"].items()))]]
                for name, row in self.bridges.items()
            ]
            return json.dumps({"headings": ["name", "datapath_type", "other_config"], "data": rows})
        if "get" in words:
            return self.ids.get(words[-1], "")
        if "list-ports" in words:
            return "\n".join(self.bridges[words[-1]]["ports"])
        if "add-br" in words:
            name = words[words.index("add-br") + 1]
            self.bridges.setdefault(name, {"datapath_type": "", "other_config": {}, "ports": []})
            self.addresses.setdefault(name, [])
        if "add-port" in words:
            self.bridges[words[-2]]["ports"].append(words[-1])
        if "set" in words:
            table, record, *values = words[words.index("set") + 1 :]
            for value in values:
                key, _, given = value.partition("=")
                if table == "Open_vSwitch":
                    self.ids[key] = given
                elif key == "datapath_type":
                    self.bridges[record]["datapath_type"] = given
                elif key.startswith("other-config:"):
                    self.bridges[record]["other_config"][key.partition(":")[2]] = given.strip('"')
        return ""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    fake = FakeHost()
    monkeypatch.setattr(program, "run", fake.run)
    monkeypatch.setattr(program.Path, "read_text", lambda *_args, **_options: "02:67:ac:1f:02:0b\n")
    return fake


def datapath(*, dry: bool = False) -> Any:
    switch = program.Switch("openvswitch_vswitchd")
    return program.Datapath(switch, address="172.31.2.11/24", bridge="br-tun", dry=dry)


def test_everything_is_made_once(host: FakeHost) -> None:
    changes = datapath().ensure()
    assert "bridge br-ex moved to user space" in changes
    assert {row["datapath_type"] for row in host.bridges.values()} == {"netdev"}
    assert set(host.bridges) == {"br-ex", "br-int", "br-tun"}
    assert host.bridges["br-tun"]["ports"] == ["tun0"]
    assert host.bridges["br-tun"]["other_config"] == {"hwaddr": "02:67:ac:1f:02:0b"}
    assert host.ids == {
        "external_ids:ovn-bridge-datapath-type": "netdev",
        "other_config:userspace-tso-enable": "true",
    }
    assert host.calls.count(("docker", "restart", "openvswitch_vswitchd")) == 1
    assert host.addresses["br-tun"] == host.addresses["tun0"] == ["172.31.2.11"]
    assert host.routes == ["User: 172.31.2.0/24 dev br-tun SRC 172.31.2.11"]
    assert len(host.flows) == 4
    assert 'iifname "tun0" ip daddr 172.31.2.11 udp dport 6081 drop' in host.rules
    assert datapath().ensure() == []


def test_kollas_service_restarts_the_container_which_is_waited_for(
    host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = "kolla-openvswitch_vswitchd-container.service"
    (tmp_path / service).touch()
    monkeypatch.setattr(program, "UNITS", tmp_path)
    monkeypatch.setattr(program.time, "sleep", lambda _: None)
    late = [program.NotReadyError("cannot exec in a stopped state")] * 2

    def run(*words: str, text: str = "") -> str:
        if words[0] == "docker" and ("systemctl", "restart", service) in host.calls and late:
            raise late.pop()
        return host.run(*words, text=text)

    monkeypatch.setattr(program, "run", run)
    assert "br-tun passes tunnels alone" in datapath().ensure()
    assert not late
    assert ("docker", "restart", "openvswitch_vswitchd") not in host.calls


def test_what_a_restart_of_open_vswitch_took_comes_back(host: FakeHost) -> None:
    datapath().ensure()
    host.routes.clear()
    host.flows.clear()
    assert datapath().ensure() == ["tunnels to 172.31.2.0/24 leave by br-tun", "br-tun passes tunnels alone"]


def test_a_dry_run_changes_nothing(host: FakeHost) -> None:
    before = json.dumps(host.bridges)
    assert "tun0 is a port of br-tun" in datapath(dry=True).ensure()
    assert json.dumps(host.bridges) == before
    assert not any(call[:2] == ("docker", "restart") for call in host.calls)
    assert host.rules == ""


def test_a_host_without_the_address_is_told(host: FakeHost) -> None:
    host.addresses["tun0"].clear()
    with pytest.raises(program.NotReadyError, match="no interface of this host has the address 172"):
        datapath().ensure()


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(program.NotReadyError, match="no-such-file"):
        program.run("ls", "/no-such-file")


def test_a_new_start_is_seen_and_none_is_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(program, "PID_FILE", tmp_path / "pid")
    assert program.incarnation("lo") == ""
    (tmp_path / "pid").write_text("1\n")
    first = program.incarnation("lo")
    (tmp_path / "pid").unlink()
    (tmp_path / "other").write_text("2\n")
    (tmp_path / "other").rename(tmp_path / "pid")
    assert first != program.incarnation("lo") != ""


def test_a_guests_interface_that_is_down_is_brought_up_and_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The flags that a real guest's interface was left with, and those of one that is up.
    lost, fine = "0x1102\n", "0x1003\n"
    for name, flags, is_tap in (
        ("tap464bd58e-61", lost, True),
        ("tap11111111-11", fine, True),
        ("tap717adfae-c0", lost, False),
        ("br-int", lost, True),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "flags").write_text(flags)
        if is_tap:
            (tmp_path / name / "tun_flags").write_text("0x5002\n")
    (tmp_path / "tap22222222-22").mkdir()
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(program, "LINKS", tmp_path)
    monkeypatch.setattr(program, "run", lambda *words: called.append(words))
    assert program.bring_guests_up() == ["tap464bd58e-61 of a guest is up"]
    assert called == [("ip", "link", "set", "dev", "tap464bd58e-61", "up")]


def test_a_guest_that_ends_meanwhile_stops_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("tap1", "tap2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "flags").write_text("0x1002\n")
        (tmp_path / name / "tun_flags").touch()
    monkeypatch.setattr(program, "LINKS", tmp_path)

    def run(*words: str) -> str:
        if "tap1" in words:
            raise program.NotReadyError("Cannot find device")
        return ""

    monkeypatch.setattr(program, "run", run)
    assert program.bring_guests_up() == ["tap2 of a guest is up"]
