"""The podman driver, without podman: what it asks for, and that it leaves alone what isn't its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.lab import podman as driver_module
from groundplane.lab.driver import NodeState
from groundplane.lab.podman import LAB_LABEL, STATE_LABEL, PodmanDriver, limit_words, network_words
from groundplane.lab.state import LabFolder
from tests.unit.lab.small_lab import small_lab

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.lab.disks import LoopDevice


class FakePodman:
    """Keeps containers, networks and volumes with their labels."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, str]]] = {"container": {}, "network": {}, "volume": {}}
        self.states: dict[str, str] = {}
        self.calls: list[tuple[str, ...]] = []
        self.slow_to_die = 0
        self.processes: dict[str, int] = {}

    def add(self, kind: str, name: str, labels: dict[str, str] | None = None) -> None:
        self.objects[kind][name] = labels or {}
        self.states[name] = "running"

    @staticmethod
    def _labels(words: tuple[str, ...], option: str) -> dict[str, str]:
        values = [words[index + 1].removeprefix("label=") for index, word in enumerate(words) if word == option]
        return {key: value for key, _, value in (text.partition("=") for text in values)}

    def run(self, *words: str, **_options: object) -> str:
        self.calls.append(words)
        if words[0] == "run":
            self.add("container", words[words.index("--name") + 1], self._labels(words, "--label"))
        elif words[:2] in (("network", "create"), ("volume", "create")):
            self.add(words[0], words[-1], self._labels(words, "--label"))
        elif words[0] == "kill" and self.slow_to_die:
            self.states[words[-1]] = "exited"
            raise FailedError("Stopping failed", why="timed out waiting for file /run/libpod/exits/…")
        elif words[0] in ("start", "stop", "kill"):
            self.states[words[-1]] = "running" if words[0] == "start" else "exited"
        elif words[0] == "rm" and self.slow_to_die:
            self.slow_to_die -= 1
            raise FailedError("Removing the nodes failed", why="given PIDs did not die within timeout")
        elif words[0] == "rm":
            for name in words[words.index("0") + 1 :]:
                del self.objects["container"][name]
        elif words[1:2] == ("rm",):
            for name in words[2:]:
                del self.objects[words[0]][name]
        return ""

    def json(self, *words: str) -> Any:
        if words[:2] == ("network", "inspect"):
            return [{"network_interface": "podman7"}]
        if words[:2] == ("container", "inspect"):
            return [{"Name": name, "State": {"CgroupPath": f"/libpod_parent/{name}"}} for name in words[2:]]
        kind = {"ps": "container", "network": "network", "volume": "volume"}[words[0]]
        wanted = self._labels(words, "--filter")
        found = {name: labels for name, labels in self.objects[kind].items() if wanted.items() <= labels.items()}
        if kind == "container":
            return [
                {"Names": [name], "Labels": labels, "State": self.states[name], "Pid": self.processes.get(name, 1)}
                for name, labels in found.items()
            ]
        key = "name" if kind == "network" else "Name"
        return [{key: name, "labels": labels} for name, labels in found.items()]

    def words(self, *words: str) -> list[str]:
        return ["podman", *words]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The machine around podman: loop devices and `ip`."""
    seen: dict[str, Any] = {"ip": [], "attached": [], "detached": 0}

    def attach(file: Path, _size: int, _attached: object) -> str:
        seen["attached"].append(file.name)
        return f"/dev/loop{len(seen['attached'])}"

    def detach(_folder: Path) -> list[str]:
        seen["detached"] += 1
        return []

    nothing: list[LoopDevice] = []
    monkeypatch.setattr(driver_module, "attach_disk", attach)
    monkeypatch.setattr(driver_module, "detach_disks", detach)
    monkeypatch.setattr(driver_module, "loop_devices", lambda _folder: nothing)
    monkeypatch.setattr(driver_module, "run_command", lambda words, **_options: seen["ip"].append(words) or "")
    return seen


def make(tmp_path: Path, podman: FakePodman, name: str = "tiny") -> PodmanDriver:
    return PodmanDriver(podman, LabFolder(tmp_path, name), "localhost/groundplane/node:trixie")  # type: ignore[arg-type]


@pytest.mark.usefixtures("host")
def test_a_node_that_ends_later_than_podman_waits_is_stopped(tmp_path: Path) -> None:
    podman = FakePodman()
    driver, lab = make(tmp_path, podman), small_lab()
    driver.ensure_nodes(lab)
    podman.slow_to_die = 1
    assert driver.stop(lab, lab.node("node1"), kill=True)
    assert driver.status(lab)[1].state is NodeState.STOPPED


@pytest.mark.usefixtures("host")
def test_a_second_call_changes_nothing(tmp_path: Path) -> None:
    podman = FakePodman()
    driver, lab = make(tmp_path, podman), small_lab()
    assert driver.ensure_networks(lab) == ["tiny-management", "tiny-tunnel", "tiny-external"]
    assert driver.ensure_nodes(lab) == ["manager", "node1"]
    podman.calls.clear()
    assert driver.ensure_networks(lab) == []
    assert driver.ensure_nodes(lab) == []
    assert podman.calls == []


@pytest.mark.usefixtures("host")
def test_everything_is_labelled_and_only_that_is_removed(tmp_path: Path) -> None:
    podman = FakePodman()
    podman.add("container", "tiny-unrelated")
    podman.add("container", "tiny-elsewhere", {LAB_LABEL: "tiny", STATE_LABEL: "/another/persons/labs/tiny"})
    podman.add("network", "podman")
    podman.add("volume", "tiny-node1-data")
    before = {kind: dict(names) for kind, names in podman.objects.items()}
    driver, lab = make(tmp_path, podman), small_lab()
    driver.ensure_networks(lab)
    driver.ensure_nodes(lab)
    gone = driver.remove()
    assert podman.objects == before
    assert "node tiny-node1" in gone
    assert "network tiny-tunnel" in gone
    assert "volume tiny-node1-docker" in gone
    assert driver.remove() == []


@pytest.mark.usefixtures("host")
def test_a_name_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    podman = FakePodman()
    podman.add("container", "tiny-node1", {LAB_LABEL: "tiny", STATE_LABEL: "/another/persons/labs/tiny"})
    with pytest.raises(InputError, match="tiny-node1") as refused:
        make(tmp_path, podman).check_names(small_lab())
    assert "/another/persons/labs/tiny" in refused.value.why
    assert "--name" in refused.value.cure


def test_only_management_brings_a_default_route(tmp_path: Path, host: dict[str, Any]) -> None:
    podman = FakePodman()
    driver, lab = make(tmp_path, podman), small_lab()
    driver.ensure_networks(lab)
    internal = {call[-1]: "--internal" in call for call in podman.calls}
    assert internal == {"tiny-management": False, "tiny-tunnel": True, "tiny-external": True}
    driver.ensure_nodes(lab)
    assert host["ip"][0][-3] == "172.31.2.1/24"
    # Its checksums are made by the machine: the switch in user space has no hardware to leave them to.
    assert host["ip"][1][-2:] == ["tx", "off"]
    assert len(host["ip"]) == 2


def test_interfaces_are_named_and_addresses_keep_their_mac() -> None:
    lab = small_lab()
    words = [word for word in network_words(lab, lab.node("node1")) if word != "--network"]
    assert words == [
        "tiny-management:ip=172.31.0.11,mac=02:67:ac:1f:00:0b,interface_name=eth0",
        "tiny-tunnel:ip=172.31.1.11,mac=02:67:ac:1f:01:0b,interface_name=tun0",
        "tiny-external:ip=172.31.2.11,mac=02:67:ac:1f:02:0b,interface_name=ext0",
    ]


def test_a_node_that_fell_comes_back_with_its_disks(tmp_path: Path, host: dict[str, Any]) -> None:
    podman = FakePodman()
    driver, lab = make(tmp_path, podman), small_lab()
    driver.ensure_nodes(lab)
    node = lab.node("node1")
    assert driver.stop(lab, node, kill=True)
    assert not driver.stop(lab, node)
    assert [status.state for status in driver.status(lab)] == [NodeState.RUNNING, NodeState.STOPPED]
    assert driver.start(lab, node)
    assert not driver.start(lab, node)
    assert host["attached"] == ["node1-1.img", "node1-1.img"]
    assert driver.status(lab)[1].disks == ("/dev/loop2",)
    assert [call[0] for call in podman.calls if call[0] in ("kill", "stop", "start")] == ["kill", "start"]


@pytest.mark.usefixtures("host")
def test_nodes_whose_processes_are_slow_to_die_are_removed_all_the_same(tmp_path: Path) -> None:
    podman = FakePodman()
    driver = make(tmp_path, podman)
    driver.ensure_nodes(small_lab())
    podman.slow_to_die = 2
    assert "node tiny-node1" in driver.remove()
    assert podman.objects["container"] == {}
    driver.ensure_nodes(small_lab())
    podman.slow_to_die = 3
    with pytest.raises(FailedError, match="Removing the nodes failed"):
        driver.remove()


@pytest.mark.parametrize("cgroup_v2", [True, False])
@pytest.mark.usefixtures("host")
def test_systemd_is_told_about_old_cgroups_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, cgroup_v2: bool
) -> None:
    podman = FakePodman()
    monkeypatch.setattr(driver_module, "has_cgroup_v2", lambda: cgroup_v2)
    make(tmp_path, podman).ensure_nodes(small_lab())
    run = next(call for call in podman.calls if call[0] == "run")
    assert (run[-1] == "/sbin/init") == cgroup_v2
    assert ("SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1" in run) == (not cgroup_v2)


def test_limits_are_only_lowered_where_they_can_not_be_raised() -> None:
    assert limit_words(may_raise=True, files=20000, processes=-1) == []
    assert limit_words(may_raise=False, files=20000, processes=99999) == [
        *("--ulimit", "nofile=20000:20000"),
        *("--ulimit", "nproc=32768:32768"),
    ]
    assert limit_words(may_raise=False, files=-1, processes=-1)[1] == "nofile=1048576:1048576"


@pytest.mark.usefixtures("host")
def test_memory_is_looked_up_of_nodes_that_run(tmp_path: Path) -> None:
    driver, lab = make(tmp_path, FakePodman()), small_lab()
    assert driver.memory_folders(lab) == {}
    driver.ensure_nodes(lab)
    driver.stop(lab, lab.node("node1"))
    (node, folder), *others = driver.memory_folders(lab).items()
    assert (node, folder.parts[-2:], others) == ("manager", ("libpod_parent", "tiny-manager"), [])


@pytest.mark.usefixtures("host")
def test_a_node_whose_processes_are_gone_does_not_run(tmp_path: Path) -> None:
    podman = FakePodman()
    driver, lab = make(tmp_path, podman), small_lab()
    driver.ensure_nodes(lab)
    podman.processes["tiny-node1"] = 2**22 + 1
    assert [node.state for node in driver.status(lab)] == [NodeState.RUNNING, NodeState.STOPPED]
    assert list(driver.memory_folders(lab)) == ["manager"]
    for start in (lambda: driver.start(lab, lab.node("node1")), lambda: driver.ensure_nodes(lab)):
        with pytest.raises(FailedError, match="can't be started") as refused:
            start()
        assert "lab down --name tiny" in (refused.value.cure or "")
