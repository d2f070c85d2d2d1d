"""`lab up` and `lab status` as they are typed, around a lab that is only files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from groundplane.cli.main import groundplane
from groundplane.content import toolkit_content
from groundplane.errors import CancelledError, FailedError, InputError
from groundplane.lab.driver import NodeState, NodeStatus
from groundplane.lab.service import LabIsUp, LabStatus
from groundplane.lab.site import ensure_site
from groundplane.lab.state import LabFolder
from groundplane.run.journal.store import open_journal
from tests.unit.lab.small_lab import small_lab
from tests.unit.lab.test_times import begin

if TYPE_CHECKING:
    from pathlib import Path

PLACE = "groundplane.lab.service"


class Machine:
    """Stands for podman and the engine; `work` says whether apply finds something to do."""

    def __init__(self, folder: LabFolder) -> None:
        self.folder = folder
        self.work = True
        self.fails = False
        self.made: tuple[str, ...] = ("node node1",)
        self.runs = 0

    def make_lab(self, *_: object, **__: object) -> LabIsUp:
        return LabIsUp(small_lab(), self.folder, self.made)

    def status(self, *_: object) -> LabStatus:
        lab = self.folder.load() or small_lab()
        nodes = tuple(NodeStatus(node.name, NodeState.RUNNING, lab.addresses(node)) for node in lab.nodes)
        return LabStatus(lab, self.folder, nodes)

    def apply(self, _site: str, _layers: tuple[str, ...]) -> None:
        if not self.work:
            return
        self.runs += 1
        state = self.folder.site / ".groundplane"
        (state / "runs" / f"r-{self.runs}").mkdir(parents=True)
        journal = open_journal(state, "tiny")
        begin(journal, f"r-{self.runs}", {"bootstrap.access": (0, 75)}, site="tiny", later=self.runs)
        journal.close()

    def verify(self, _site: str, _layers: tuple[str, ...]) -> None:
        if self.fails:
            raise FailedError("not as it should be")
        journal = open_journal(self.folder.site / ".groundplane", "tiny")
        begin(journal, f"v-{self.runs}", {"bootstrap.verify": (0, 5)}, command="verify", site="tiny", later=self.runs)
        journal.close()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.7 50000 203.0.113.5 22")
    folder = LabFolder(tmp_path / "groundplane", "tiny")
    folder.save(small_lab())
    ensure_site(folder, small_lab(), config=tmp_path / "config", content=toolkit_content())
    found = Machine(folder)
    monkeypatch.setattr(f"{PLACE}.make_lab", found.make_lab)
    monkeypatch.setattr(f"{PLACE}.lab_status", found.status)
    monkeypatch.setattr(f"{PLACE}.memory_folders", lambda _is_up: {})
    monkeypatch.setattr("groundplane.cli.lab._apply", found.apply)
    monkeypatch.setattr("groundplane.cli.lab._verify", found.verify)
    return found


def lab(*words: str) -> Result:
    return CliRunner().invoke(groundplane, ["lab", *words, "--name", "tiny"])


def test_from_nothing_then_again(machine: Machine) -> None:
    first = lab("up")
    assert first.exit_code == 0, first.output
    assert "1 thing made or started; bootstrap: applied and verified." in first.output
    assert "bootstrap 1m15s" in first.output
    assert "Verified: bootstrap" in first.output
    machine.work, machine.made = False, ()
    assert "Nothing had to be done. bootstrap: up to date, and verified before." in lab("up").output


def test_a_call_after_one_that_failed_says_what_it_did(machine: Machine) -> None:
    machine.fails = True
    assert isinstance(lab("up").exception, FailedError)
    machine.fails, machine.made = False, ()
    again = lab("up").output
    assert "Nothing had to be" not in again
    assert "bootstrap: applied and verified." in again


def test_status_has_the_same_later(machine: Machine) -> None:
    lab("up")
    text = lab("status").output
    for words in (
        "Lab tiny (profile bootstrap",
        "managed, and free",
        "bootstrap 1m15s",
        "groundplane lab down --name tiny",
    ):
        assert words in text, text
    data = json.loads(lab("status", "--json").output)
    assert data["times"]["layers"]["bootstrap"]["applied"] == 75
    assert list(data["phases"]) == ["nodes", "apply", "verify"]
    assert data["memory"]["highest"]["machine"] > 0


def test_the_labs_of_this_machine_are_listed(machine: Machine) -> None:
    listed = CliRunner().invoke(groundplane, ["lab", "list", "--json"])
    assert json.loads(listed.output) == {"labs": [{"name": machine.folder.name}]}


def test_how_a_person_came_here_is_how_a_laptop_comes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    from groundplane.cli.settings import settings  # noqa: PLC0415

    assert machine.folder.name == "tiny"
    assert settings().reached_as.endswith("@203.0.113.5")
    monkeypatch.delenv("SSH_CONNECTION")
    assert settings().reached_as == settings().holder


def test_down_asks_before(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[str] = []

    def remove(name: str, _places: object) -> list[str]:
        removed.append(name)
        return [f"node {name}-node1"]

    monkeypatch.setattr(f"{PLACE}.remove_lab", remove)
    assert isinstance(lab("down").exception, (InputError, CancelledError))
    assert removed == []
    assert f"The lab {machine.folder.name} is gone." in lab("down", "--yes").output
    assert removed == ["tiny"]
