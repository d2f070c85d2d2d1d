"""Runs a playbook through ansible-runner, as a library, event by event.

What ansible-runner would leave behind, and how it is kept from it: the data folder lies in memory and goes with the
run; env files are suppressed; no event is kept as a file (the handler says so); standard output isn't copied to a file;
extra variables go through a file in memory rather than the command line.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ansible_runner
from ansible_runner.exceptions import AnsibleRunnerException

from groundplane.run.ansible_events import PlaybookStory
from groundplane.run.outcome import PlaybookOutcome
from groundplane.run.plain_text import plain_data
from groundplane.run.room import playbook_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from groundplane.machine.cancel import CancelToken
    from groundplane.run.ansible_events import Tell
    from groundplane.run.redaction import Redactor
    from groundplane.run.workbench import Workbench

LAUNCHER = Path(__file__).resolve().parent / "launcher.py"
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 20.0
"""After the launcher was asked to end everything; then ansible-runner kills it."""
KEPT = ("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS", "RUNNER_ONLY_FAILED_EVENTS")
KEPT_ANSIBLE = ("ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_STDOUT_CALLBACK", "ANSIBLE_RETRY_FILES_ENABLED")
MACHINE = ("PATH", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "TMPDIR")
"""What podman and sudo need of our own environment."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """A playbook on some hosts."""

    id: str
    """Unique in the run; names its folder and its container."""
    path: Path
    hosts: tuple[str, ...]
    users: Mapping[str, str] = field(default_factory=dict)
    """Host to the account that logs in, where the site doesn't say it."""
    unfinished: frozenset[str] = frozenset()
    """Hosts on which the last attempt did not end well: handlers may have been cut off there."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    check: bool = False
    timeout_minutes: float = 60
    inventories: tuple[Path, ...] = ()
    """More inventories, between the run's own and what the engine alone knows of hosts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """For Ansible, above the run's own; no secrets."""


def run_playbook(
    bench: Workbench,
    playbook: Playbook,
    *,
    redactor: Redactor,
    tell: Tell,
    say: Callable[[str], None],
    cancel: CancelToken,
) -> PlaybookOutcome:
    """Runs it and returns how it ended on each host; blocks. To be called from a thread that lives on until then.

    Args:
        tell: gets events; `say` gets the lines that Ansible prints. Both are plain text and free of secrets.

    Raises:
        FailedError: Ansible could not be started; a folder is full, and which.
    """
    story = PlaybookStory(playbook.hosts, tell, say)
    started = time.monotonic()
    try:
        config, folder = _configure(bench, playbook)
        watch = _Watch(folder, cancel, started + playbook.timeout_minutes * 60)

        def handle(raw: dict[str, Any]) -> bool:
            story.see(redactor.data(plain_data(raw)))
            return False

        runner = ansible_runner.Runner(config, event_handler=handle, cancel_callback=watch.tick)
        runner.run()
    except (OSError, AnsibleRunnerException) as error:
        what = f"{playbook.id} could not be run"
        raise playbook_error(what, error, memory=bench.folder.parent, state=bench.steps_lock.parent) from error
    story.finish(
        exit_code=runner.rc if runner.rc is not None else 1,
        cancelled=watch.cancelled,
        timed_out=watch.timed_out,
        minutes=playbook.timeout_minutes,
    )
    return PlaybookOutcome(
        hosts=story.hosts,
        seconds=time.monotonic() - started,
        error=story.error,
        cancelled=watch.cancelled,
        timed_out=watch.timed_out,
        exit_code=runner.rc if runner.rc is not None else 1,
        tasks=story.tasks,
    )


class _Watch:
    """Called by ansible-runner twice a second; asks the launcher to end everything when it is time."""

    def __init__(self, folder: Path, cancel: CancelToken, deadline: float) -> None:
        self._folder = folder
        self._cancel = cancel
        self._deadline = deadline
        self._asked_at: float | None = None
        self.cancelled = False
        self.timed_out = False

    def tick(self) -> bool:
        if self._asked_at is None:
            if self._cancel:
                self.cancelled = True
            elif time.monotonic() > self._deadline:
                self.timed_out = True
            else:
                return False
            self._asked_at = time.monotonic()
            with suppress(OSError, ValueError):
                os.kill(int((self._folder / "launcher.pid").read_text()), signal.SIGTERM)
        return time.monotonic() - self._asked_at > PATIENCE_SECONDS


def _host_variables(playbook: Playbook) -> dict[str, Any]:
    """An inventory of what the engine alone knows of hosts."""
    hosts: dict[str, dict[str, Any]] = {host: {} for host in playbook.hosts}
    for host, user in playbook.users.items():
        hosts.setdefault(host, {})["ansible_user"] = user
    for host in playbook.unfinished.intersection(playbook.hosts):
        hosts[host]["groundplane_unfinished"] = True
    return {"all": {"hosts": hosts}}


def _configure(bench: Workbench, playbook: Playbook) -> tuple[Any, Path]:
    folder = bench.folder / "steps" / playbook.id
    folder.mkdir(mode=0o700)
    (folder / "hosts.json").write_text(json.dumps(_host_variables(playbook)), encoding="utf-8")
    (folder / "limit").write_text("\n".join(playbook.hosts) + "\n", encoding="utf-8")
    extra = {**bench.extra_variables, **playbook.variables}
    (folder / "extra.json").write_text(json.dumps(extra), encoding="utf-8")
    words = ["-e", f"@{folder / 'extra.json'}", "--limit", f"@{folder / 'limit'}"]
    if playbook.check:
        words += ["--check", "--diff"]
    config = ansible_runner.RunnerConfig(
        private_data_dir=str(folder),
        ident="events",
        playbook=str(playbook.path),
        inventory=[str(bench.inventory), *(str(path) for path in playbook.inventories), str(folder / "hosts.json")],
        cmdline=shlex.join(words),
        tags=",".join(playbook.tags) or None,
        suppress_env_files=True,
        fact_cache_type="",
        quiet=True,
    )
    config.prepare()
    # Set afterwards: without a file env/settings, prepare() forgets settings that it was given.
    config.suppress_output_file = True
    config.suppress_ansible_output = True
    config.pexpect_timeout = POLL_SECONDS
    ours = {key: config.env[key] for key in (*KEPT, *KEPT_ANSIBLE) if key in config.env}
    machine = {key: config.env[key] for key in MACHINE if key in config.env}
    launch = bench.runtime.launch(
        config.command,
        name=f"{bench.folder.name}-{playbook.id}",
        environment={
            **ours,
            **bench.environment,
            **playbook.environment,
            "PATH": machine.get("PATH", "/usr/bin:/bin"),
        },
        mounts=bench.mounts,
        folder=folder,
    )
    (folder / "launch.json").write_text(
        json.dumps({"words": launch.words, "environment": dict(launch.environment), "stop": launch.stop}),
        encoding="utf-8",
    )
    config.env = machine
    config.command = [
        sys.executable,
        "-I",
        str(LAUNCHER),
        str(os.getpid()),
        str(bench.steps_lock),
        str(folder / "launch.json"),
    ]
    return config, folder
