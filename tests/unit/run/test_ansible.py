"""The adapter over the real ansible-runner, with an Ansible on this machine and its own localhost."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Timer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from ansible_runner.exceptions import AnsibleRunnerException

from groundplane.errors import FailedError
from groundplane.machine.cancel import CancelToken
from groundplane.run.ansible import Playbook, run_playbook
from groundplane.run.events import EventKind, WorkState
from groundplane.run.redaction import MASK, Redactor
from groundplane.run.workbench import Workbench
from groundplane.runtime.model import Launch, Mount, RuntimeFacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.run.outcome import PlaybookOutcome

PROGRAMS = Path(sys.executable).parent
SECRET = "hunter2-is-a-secret"
pytestmark = pytest.mark.skipif(
    not (PROGRAMS / "ansible-playbook").exists(), reason="no Ansible in the development environment"
)

PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Say {{ groundplane_step }}
      ansible.builtin.debug:
        msg: "{{ groundplane_step }} {{ password }}"
    - name: Fail on bad
      ansible.builtin.fail:
        msg: "will not say {{ password }}"
      when: inventory_hostname == 'bad'
    - name: Wait
      ansible.builtin.command: "sleep {{ wait | default(0) }}"
      changed_when: true
"""


@dataclass
class ThisMachine:
    """A runtime that is already here."""

    facts: RuntimeFacts = field(default_factory=lambda: RuntimeFacts("test", str(PROGRAMS), "", "", None, ""))

    def launch(
        self, words: Sequence[str], *, name: str, environment: Mapping[str, str], mounts: Sequence[Mount], folder: Path
    ) -> Launch:
        return Launch((str(PROGRAMS / words[0]), *words[1:]), environment)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    for name in ("steps", "home", "local"):
        (tmp_path / name).mkdir()
    (tmp_path / "ansible.cfg").touch()
    inventory = tmp_path / "hosts.yml"
    inventory.write_text("all: {hosts: {good: {}, bad: {}}, vars: {ansible_connection: local}}\n")
    return Workbench(
        folder=tmp_path,
        runtime=ThisMachine(),
        inventory=inventory,
        environment={
            "HOME": str(tmp_path / "home"),
            "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
            "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "LC_ALL": "C.UTF-8",
        },
        mounts=(),
        extra_variables={"password": SECRET},
        steps_lock=tmp_path / "lock.steps",
    )


class Heard:
    def __init__(self) -> None:
        self.events: list[tuple[EventKind, str | None, str | None, dict[str, Any]]] = []
        self.lines: list[str] = []


def go(bench: Workbench, heard: Heard, cancel: CancelToken | None = None, **more: Any) -> PlaybookOutcome:
    path = bench.folder / "play.yml"
    path.write_text(more.pop("text", PLAYBOOK))
    settings: dict[str, Any] = {
        "id": "test.step",
        "path": path,
        "hosts": ("good", "bad"),
        "variables": {"groundplane_step": "test.step"},
        **more,
    }
    return run_playbook(
        bench,
        Playbook(**settings),
        redactor=Redactor([SECRET]),
        tell=lambda *event: heard.events.append(event),
        say=heard.lines.append,
        cancel=cancel if cancel is not None else CancelToken(),
    )


def test_hosts_end_as_they_did_and_no_secret_is_told(bench: Workbench) -> None:
    heard = Heard()
    outcome = go(bench, heard)
    assert {host: ended.state for host, ended in outcome.hosts.items()} == {
        "good": WorkState.DONE,
        "bad": WorkState.FAILED,
    }
    assert outcome.hosts["bad"].task == "Fail on bad"
    assert outcome.hosts["bad"].reason == f"will not say {MASK}"
    assert outcome.hosts["good"].changed == 1
    assert (EventKind.TASK_STARTED, None, "Say test.step", {"number": 1}) in heard.events
    text = "\n".join(heard.lines)
    assert f"test.step {MASK}" in text
    assert SECRET not in text + repr(heard.events)


def test_a_hosts_text_is_plain_and_a_colour_hides_no_secret(bench: Workbench) -> None:
    heard = Heard()
    text = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.fail:
        msg: "{{ '\\x1b[?7hno \\x1b[31m' ~ password[:4] ~ '\\x1b[0m' ~ password[4:] }}"
"""
    outcome = go(bench, heard, text=text, hosts=("good",))
    assert outcome.hosts["good"].reason == f"no {MASK}"
    assert "\x1b" not in "\n".join(heard.lines) + str(heard.events)
    assert SECRET not in "\n".join(heard.lines)


def test_nothing_of_what_was_said_stays_in_files(bench: Workbench) -> None:
    go(bench, Heard())
    # The extra variables are there until the run's folder goes; they are ours, in memory and private.
    (bench.folder / "steps" / "test.step" / "extra.json").unlink()
    for path in bench.folder.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_only_the_hosts_named_are_worked_on(bench: Workbench) -> None:
    outcome = go(bench, Heard(), hosts=("good",))
    assert list(outcome.hosts) == ["good"]
    assert outcome.exit_code == 0


def test_a_playbook_knows_where_the_last_attempt_was_cut_off(bench: Workbench) -> None:
    heard = Heard()
    text = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{ inventory_hostname }} {{ groundplane_unfinished | default(false) }}"
"""
    go(bench, heard, text=text, unfinished=frozenset({"bad", "not in this step"}))
    lines = "\n".join(heard.lines)
    assert "bad True" in lines
    assert "good False" in lines


def test_a_broken_playbook_is_told_in_a_line(bench: Workbench) -> None:
    outcome = go(bench, Heard(), text="- hosts: all\n  tasks: [ {no_such_module: {}} ]\n")
    assert {ended.state for ended in outcome.hosts.values()} == {WorkState.FAILED}
    assert "no_such_module" in outcome.hosts["good"].reason


@pytest.mark.parametrize("place", ["memory", "state"])
def test_a_full_place_is_named(bench: Workbench, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    memory, state = bench.folder.parent, bench.steps_lock.parent / "state"
    full = memory if place == "memory" else state

    def no_room(_runner: object) -> None:
        # As ansible-runner passes it on: a text.
        raise AnsibleRunnerException(f"Failed: [Errno {errno.ENOSPC}] {os.strerror(errno.ENOSPC)}")

    def statvfs(asked: Path) -> SimpleNamespace:
        return SimpleNamespace(f_bavail=0 if asked == full else 10**9, f_frsize=1, f_files=10, f_favail=5)

    monkeypatch.setattr("ansible_runner.Runner.run", no_room)
    monkeypatch.setattr(os, "statvfs", statvfs)
    with pytest.raises(FailedError) as failed:
        go(replace(bench, steps_lock=state / "lock.steps"), Heard())
    assert str(full) in failed.value.what
    assert f"df -h {full})" in failed.value.cure


def test_cancelling_ends_it_within_seconds(bench: Workbench) -> None:
    token = CancelToken()
    timer = Timer(3, token.cancel, ("enough",))
    timer.start()
    outcome = go(bench, Heard(), token, hosts=("good",), variables={"groundplane_step": "x", "wait": 60})
    timer.join()
    assert outcome.cancelled
    assert outcome.hosts["good"].state is WorkState.CANCELLED
    assert outcome.seconds < 20


def test_a_step_that_takes_too_long_is_ended(bench: Workbench) -> None:
    variables = {"groundplane_step": "x", "wait": 60}
    outcome = go(bench, Heard(), hosts=("good",), variables=variables, timeout_minutes=0.05)
    assert outcome.timed_out
    assert "longer" in outcome.hosts["good"].reason
    assert outcome.seconds < 20


def test_ansible_of_the_machine_is_not_configured_by_its_user(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_CONFIG", "/nowhere")
    monkeypatch.setenv("ANSIBLE_STRATEGY", "no_such_strategy")
    assert shutil.which("sleep")
    assert go(bench, Heard(), hosts=("good",)).exit_code == 0
