"""`lab up` and `lab down` around a driver that only remembers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import InputError, LockedError
from groundplane.lab import service
from groundplane.lab.driver import NodeState, NodeStatus
from groundplane.lab.guest_image import GuestImage
from groundplane.lab.service import LabPlaces, UpRequest, find_lab, lab_status, make_lab, remove_lab
from groundplane.run.lock import site_lock
from groundplane.ssh.known_hosts import read_known_hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.lab.model import Lab, LabNode


class FakeDriver:
    """Nodes with host keys; counts what was made."""

    def __init__(self) -> None:
        self.networks: set[str] = set()
        self.states: dict[str, NodeState] = {}
        self.prepared: dict[str, str] = {}
        self.booted = 0

    def check_names(self, lab: Lab) -> None: ...

    def ensure_networks(self, lab: Lab) -> list[str]:
        made = [name for name in lab.networks if name not in self.networks]
        self.networks.update(made)
        return made

    def ensure_nodes(self, lab: Lab) -> list[str]:
        made = [node.name for node in lab.nodes if self.states.get(node.name) is not NodeState.RUNNING]
        for name in made:
            if name not in self.states:
                self.booted += 1
                self.prepared.pop(name, None)
            self.states[name] = NodeState.RUNNING
        return made

    def wait_for_ssh(self, lab: Lab, nodes: object) -> None: ...

    def status(self, lab: Lab) -> list[NodeStatus]:
        return [
            NodeStatus(node.name, self.states.get(node.name, NodeState.MISSING), lab.addresses(node))
            for node in lab.nodes
        ]

    def memory_folders(self, lab: Lab) -> dict[str, Path]:
        return {
            node.name: Path("/sys/fs/cgroup") / node.name
            for node in lab.nodes
            if self.states.get(node.name) is NodeState.RUNNING
        }

    def run(self, _lab: Lab, node: LabNode, *_words: str, stdin: str | None = None) -> str:
        if stdin is not None:
            self.prepared[node.name] = stdin
            return ""
        mark = "" if node.name in self.prepared else "unprepared\n"
        return f"ssh-ed25519 {'QUFB' * (node.number % 7 + 1)} root@{node.name}\n{mark}"

    def remove(self) -> list[str]:
        gone = list(self.states)
        self.states.clear()
        self.networks.clear()
        return gone


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeDriver:
    fake = FakeDriver()
    answers: dict[str, Callable[..., Any]] = {
        "_driver": lambda *_: fake,
        "host_podman": object,
        "ensure_node_image": lambda *_args, **_options: "image",
        "ensure_guest_image": lambda *_args, **_options: GuestImage(tmp_path / "guest.raw", "ab" * 64, 1, "d1"),
        "lend": lambda image, _folder: image,
        "ensure_apt_cache": lambda *_args, **_options: "http://192.168.128.2:3142",
        "remove_unused_apt_cache": lambda *_: [],
        "check_machine": lambda *_args, **_options: None,
        "taken_networks": lambda *_: [],
    }
    for name, answer in answers.items():
        monkeypatch.setattr(service, name, answer)

    class Mirror:
        proxy = None

    monkeypatch.setattr(service, "host_mirror", Mirror)
    return fake


@pytest.fixture
def places(tmp_path: Path) -> LabPlaces:
    return LabPlaces(tmp_path / "state", tmp_path / "config", tmp_path / "cache", toolkit_content())


def up(places: LabPlaces, request: UpRequest | None = None) -> service.LabIsUp:
    return make_lab(request or UpRequest("tiny", nodes=1), places, tell=lambda _what: None)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}


def test_up_twice_and_down(driver: FakeDriver, places: LabPlaces, tmp_path: Path) -> None:
    first = up(places)
    assert {"node manager", "node node1", "network tunnel"} <= set(first.changed)
    operator = (first.folder.site / "inventory/operator.pub").read_text().strip()
    assert {text.strip() for text in driver.prepared.values()} == {operator}
    known = read_known_hosts(first.folder.site / "inventory/known_hosts")
    assert known.keys_of("node1") != known.keys_of("manager") != ()

    before = files(tmp_path)
    assert up(places).changed == ()
    assert files(tmp_path) == before
    assert driver.booted == 2

    remove_lab("tiny", places)
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left <= {".machine.lock"}


@pytest.mark.usefixtures("driver")
def test_a_cloud_s_site_declares_the_guest_image_and_another_lab_makes_none(places: LabPlaces) -> None:
    text = (up(places).folder.site / "environments/platform/configuration.yml").read_text()
    assert "Debian 13" in text
    assert "sha512:" + "ab" * 64 in text
    small = up(places, UpRequest("small", nodes=1, profile="ceph"))
    assert not (small.folder.site / "environments/platform").exists()


def test_a_node_made_anew_gets_access_again_and_others_stay(driver: FakeDriver, places: LabPlaces) -> None:
    up(places)
    del driver.states["node1"]
    assert set(up(places).changed) == {"node node1", "first access to node1"}


def test_another_shape_is_refused_and_nothing_is_touched(driver: FakeDriver, places: LabPlaces) -> None:
    up(places)
    for request in (UpRequest("tiny", nodes=3), UpRequest("tiny", profile="ceph")):
        with pytest.raises(InputError, match="was made with") as refused:
            up(places, request)
        assert "lab down --name tiny" in refused.value.cure
    assert up(places, UpRequest("tiny")).changed == ()
    assert driver.booted == 2


@pytest.mark.usefixtures("driver")
def test_a_lab_at_work_is_locked(places: LabPlaces) -> None:
    with places.folder("tiny").lock(), pytest.raises(LockedError):
        up(places)


@pytest.mark.usefixtures("driver")
def test_a_lab_with_a_run_at_work_is_not_removed(places: LabPlaces) -> None:
    is_up = up(places)
    with (
        site_lock(is_up.folder.site / ".groundplane", holder="me@here", run="run7"),
        pytest.raises(LockedError, match="at work") as refused,
    ):
        remove_lab("tiny", places)
    assert "me@here" in refused.value.why
    assert "cancel run7" in refused.value.cure
    assert remove_lab("tiny", places)


@pytest.mark.usefixtures("driver")
def test_the_machine_is_not_checked_for_a_lab_that_stands(places: LabPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    up(places)

    def refuse(*_args: object, **_options: object) -> None:
        raise InputError("too small")

    monkeypatch.setattr(service, "check_machine", refuse)
    assert up(places).changed == ()
    with pytest.raises(InputError, match="too small"):
        up(places, UpRequest("second"))
    with pytest.raises(InputError, match="no lab called second") as unknown:
        find_lab("second", places)
    assert "tiny" in unknown.value.why


@pytest.mark.usefixtures("driver")
def test_a_lab_whose_state_is_damaged_can_be_removed(places: LabPlaces) -> None:
    up(places)
    places.folder("tiny").file.write_text("{")
    with pytest.raises(InputError, match="can't be read"):
        lab_status("tiny", places)
    assert remove_lab("tiny", places)
    assert not places.folder("tiny").root.exists()


def test_places_are_plain_folders(places: LabPlaces) -> None:
    assert replace(places, state=places.cache).folder("x").root == places.cache / "labs" / "x"
