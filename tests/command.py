"""The command line as a person's shell sees it: a process with a clean environment, its answer and its time."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(sys.executable).with_name("groundplane")
BESIDE = os.environ.get("GP_TEST_BESIDE") == "true"
"""Whether scripts/test has other stages at work on this machine."""
LOADED = 3
"""How many times as long something may take there."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a command left behind; `seconds` is wall time, `busy` the processors' time for it and its children."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float
    busy: float = 0.0

    def json(self) -> dict[str, Any]:
        """What a command told with --json: always an object."""
        found = json.loads(self.out)
        assert isinstance(found, dict), str(self)
        return found

    def __repr__(self) -> str:
        return f"$ {' '.join(self.words)}\n{self.out}\n--- standard error\n{self.err}\n--- exit code {self.code}"


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of the person who runs the tests: own HOME and XDG folders, no GROUNDPLANE_ or ANSIBLE_ variables."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GROUNDPLANE_", "ANSIBLE_", "XDG_"))}
    kept.pop("SSH_AUTH_SOCK", None)
    return {
        **kept,
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "LC_ALL": "C.UTF-8",
        **more,
    }


def run(
    *words: str | Path, cwd: Path, env: Mapping[str, str], timeout: float = 120, stdin: str | None = None
) -> Answer:
    """Runs a program to its end; a time-out is a failure of the test."""
    line = tuple(str(word) for word in words)
    began, busy_before = time.perf_counter(), _busy()
    done = subprocess.run(
        line,
        cwd=cwd,
        env=dict(env),
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
        input=stdin or "",
    )
    seconds = time.perf_counter() - began
    return Answer(line, done.returncode, done.stdout, done.stderr, seconds, _busy() - busy_before)


def quick(answer: Answer, seconds: float) -> None:
    """It ends in time. Beside other stages, whose work the clock tells of as well, its own work is to end in time."""
    assert 0 < answer.busy < seconds, f"worked {answer.busy:.1f} s: {answer}"
    assert answer.seconds < seconds * (LOADED if BESIDE else 1), f"took {answer.seconds:.1f} s: {answer}"


def _busy() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
