"""What ansible-runner reports, turned into events and outcomes of ours.

The shape of the raw events is ansible-runner's: https://ansible.readthedocs.io/projects/runner/en/stable/intro/#artifactevents
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from groundplane.run.events import EventKind, WorkState
from groundplane.run.outcome import HostOutcome

LONGEST_REASON = 1000
LOST = "the connection to the host was lost while the task ran"
HIDDEN = "the module's answer is hidden (no_log)"

Tell = Callable[[EventKind, str | None, str | None, dict[str, Any]], None]
"""kind, host, task, data."""


class PlaybookStory:
    """Follows one playbook on some hosts; `tell` gets events, `say` gets lines of the log. Free of secrets only if the
    raw events are."""

    def __init__(self, hosts: Sequence[str], tell: Tell, say: Callable[[str], None]) -> None:
        self.hosts: dict[str, HostOutcome] = {host: HostOutcome() for host in hosts}
        self.error = ""
        self.tasks = 0
        self._tell = tell
        self._say = say
        self._task = ""
        self._batch: set[str] = set()
        self._stopped: set[str] = set()
        self._seen: set[str] = set()
        self._finished = False

    def see(self, raw: Mapping[str, Any]) -> None:
        """One raw event, already redacted."""
        text = str(raw.get("stdout") or "")
        if text:
            self._say(text)
        data = raw.get("event_data") or {}
        match raw.get("event"):
            case "playbook_on_play_start":
                self._batch = set()
            case "playbook_on_task_start" | "playbook_on_handler_task_start":
                self._task = _task_name(data)
                self.tasks += 1
                self._tell(EventKind.TASK_STARTED, None, self._task, {"number": self.tasks})
            case "runner_on_start":
                self._started(str(data.get("host")))
            case "runner_on_ok":
                self._result(data, "changed" if (data.get("res") or {}).get("changed") else "ok")
            case "runner_on_skipped":
                self._result(data, "skipped")
            case "runner_on_failed":
                self._result(data, "ignored" if data.get("ignore_errors") else "failed")
            case "runner_on_unreachable":
                self._result(data, "unreachable")
            case "playbook_on_no_hosts_remaining":
                self._stopped |= self._batch
            case "playbook_on_stats":
                self._statistics(data)
            case "error" | "verbose" | "system_warning" | None:
                self._message(text)
            case _:
                pass

    def finish(self, *, exit_code: int, cancelled: bool, timed_out: bool, minutes: float) -> None:
        """Settles every host that isn't settled yet."""
        for host, outcome in self.hosts.items():
            if outcome.state in (WorkState.FAILED, WorkState.UNREACHABLE):
                continue
            if cancelled:
                outcome.state, outcome.reason = WorkState.CANCELLED, "the run was cancelled"
            elif timed_out:
                outcome.state = WorkState.FAILED
                outcome.reason = f"the step took longer than its {minutes:.0f} minutes (timeout_minutes in layers.yml)"
            elif host in self._stopped and host in self._seen:
                outcome.state, outcome.reason = WorkState.FAILED, "the playbook was stopped because another host failed"
            elif host not in self._seen or not self._finished:
                outcome.state = WorkState.FAILED
                outcome.reason = self.error or _nothing_done(exit_code, seen=host in self._seen)
            else:
                outcome.state = WorkState.DONE

    def _started(self, host: str) -> None:
        outcome = self.hosts.get(host)
        if outcome is not None and outcome.state is WorkState.WAITING:
            outcome.state = WorkState.RUNNING

    def _result(self, data: Mapping[str, Any], status: str) -> None:
        host = str(data.get("host"))
        task = _task_name(data) or self._task
        result = data.get("res") or {}
        told: dict[str, Any] = {"status": status, "seconds": round(float(data.get("duration") or 0.0), 3)}
        outcome = self.hosts.get(host)
        if outcome is not None:
            self._batch.add(host)
            self._seen.add(host)
            if outcome.state not in (WorkState.FAILED, WorkState.UNREACHABLE):
                outcome.task = task
            self._count(outcome, status)
        if status in ("failed", "unreachable", "ignored"):
            told["reason"] = reason_of(result, unreachable=status == "unreachable")
            if outcome is not None and status != "ignored":
                outcome.state = WorkState.FAILED if status == "failed" else WorkState.UNREACHABLE
                outcome.task, outcome.reason = task, told["reason"]
        self._tell(EventKind.TASK_RESULT, host, task, told)

    @staticmethod
    def _count(outcome: HostOutcome, status: str) -> None:
        match status:
            case "changed":
                outcome.changed += 1
                outcome.ok += 1
            case "ok" | "ignored":
                outcome.ok += 1
            case "skipped":
                outcome.skipped += 1
            case _:
                outcome.failed += 1

    def _statistics(self, data: Mapping[str, Any]) -> None:
        self._finished = True
        failures, dark = data.get("failures") or {}, data.get("dark") or {}
        self._seen |= set(data.get("processed") or {})
        for host, outcome in self.hosts.items():
            # What a rescue block mended is not counted there, so what was noted on the way is taken back.
            mended = {
                WorkState.FAILED: host not in failures and host not in dark,
                WorkState.UNREACHABLE: host not in dark,
            }
            if mended.get(outcome.state, False):
                outcome.state, outcome.reason, outcome.failed = WorkState.RUNNING, "", 0

    def _message(self, text: str) -> None:
        for line in text.splitlines():
            stripped = line.strip()
            if stripped.startswith(("ERROR! ", "[ERROR]: ", "ERROR: ")):
                self.error = self.error or _one_line(stripped.split(" ", 1)[1])


def _task_name(data: Mapping[str, Any]) -> str:
    name, role = str(data.get("task") or data.get("name") or ""), data.get("role")
    return f"{role} : {name}" if role and not name.startswith(f"{role} : ") else name


def _nothing_done(exit_code: int, *, seen: bool) -> str:
    if not seen and exit_code == 0:
        return "no play of the playbook is meant for this host"
    return f"ansible-playbook ended early (exit code {exit_code}); the log says more"


def reason_of(result: Mapping[str, Any], *, unreachable: bool = False) -> str:
    """The module's own message, in one line."""
    message = str(result.get("msg") or "").removeprefix("Task failed: ")
    if "Mitogen was disconnected" in message:
        return LOST
    if "censored" in result:
        return HIDDEN
    for item in result.get("results") or []:
        if isinstance(item, Mapping) and (item.get("failed") or item.get("unreachable")):
            label = item.get("_ansible_item_label", item.get("item"))
            named = f" (item {label})" if isinstance(label, str | int) else ""
            return _one_line(reason_of(item) + named)
    if unreachable:
        lines = [line.strip() for line in message.splitlines() if line.strip() and not line.startswith("Warning:")]
        return _one_line(" ".join(lines[:1] if len(lines) < 2 else (lines[0], lines[-1]))) or "unreachable"  # noqa: PLR2004
    details = [str(result.get(key) or "").strip() for key in ("stderr", "module_stderr", "module_stdout", "stdout")]
    said = next((text for text in details if text), "")
    last = said.splitlines()[-1].strip() if said else ""
    if not message or message.startswith(("MODULE FAILURE", "non-zero return code")) or "See stdout/stderr" in message:
        message = f"{message}: {last}" if message and last else message or last
    return _one_line(message) or "failed without a message"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"
