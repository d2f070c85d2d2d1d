"""Commands side by side share one registry; the last one ends it. The container is played."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.machine.podman import Podman
from groundplane.supply.store import sharing
from groundplane.supply.store.container import RunningStore
from groundplane.supply.store.sharing import SharedRegistry

if TYPE_CHECKING:
    from pathlib import Path


class Machine:
    """How often the registry was started, and whether it runs."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.started = 0
        self.runs = False
        self.broken = False
        monkeypatch.setattr(sharing, "start_container", self.start)
        monkeypatch.setattr(sharing, "remove_containers", self.remove)
        monkeypatch.setattr(sharing, "answers", lambda _running: self.runs)

    def start(self, _root: Path, access: Path, **_: Any) -> RunningStore:
        assert stat.S_IMODE(access.stat().st_mode) == 0o700
        if self.broken:
            raise FailedError("The image store does not come up")
        self.started += 1
        self.runs = True
        return RunningStore("container", f"127.71.0.1:{20_000 + self.started}", "secret")

    def remove(self, _root: Path, _podman: Podman) -> list[str]:
        self.runs = False
        return []

    def command(self, memory: str = "memory") -> SharedRegistry:
        root = self.folder / "cache/images/store"
        return SharedRegistry(root, self.folder / memory, podman=Podman(), cache=self.folder / "cache")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_the_second_command_finds_the_first_ones_registry(machine: Machine) -> None:
    one, two = machine.command(), machine.command()
    assert one.join() == two.join()
    assert machine.started == 1
    one.leave()
    assert machine.runs
    two.leave()
    assert not machine.runs


def test_the_last_one_leaves_no_password_behind(machine: Machine) -> None:
    command = machine.command()
    command.join()
    assert command.auth_file.is_file()
    command.leave()
    assert not command.folder.exists()


def test_the_registry_of_a_killed_command_is_used_and_ended(machine: Machine) -> None:
    killed = machine.command()
    killed.join()
    assert killed._users is not None
    os.close(killed._users)
    command = machine.command()
    command.join()
    assert machine.started == 1
    command.leave()
    assert not machine.runs


def test_commands_with_other_folders_in_memory_share_it_too(machine: Machine) -> None:
    one, two = machine.command(), machine.command("elsewhere")
    assert one.join() == two.join()
    assert two.auth_file == one.auth_file


def test_a_registry_that_died_is_started_anew(machine: Machine) -> None:
    machine.command().join()
    machine.runs = False
    machine.command().join()
    assert machine.started == 2


def test_a_start_that_failed_holds_nobody_up(machine: Machine) -> None:
    machine.broken = True
    failed = machine.command()
    with pytest.raises(FailedError):
        failed.join()
    machine.broken = False
    command = machine.command()
    command.join()
    command.leave()
    assert not machine.runs
