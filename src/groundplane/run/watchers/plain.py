"""Plain lines for a pipe: one a step's start and end, one a failed host. Readable by grep and by people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.counting import counted, duration
from groundplane.run.events import EventKind, RunEvent, WorkState

if TYPE_CHECKING:
    from collections.abc import Callable


class PlainWatcher:
    """Writes lines with the clock time in front."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._held: dict[str, dict[str, str]] = {}
        """Step to the hosts that are held back and why; said in one line, however many they are."""

    def see(self, event: RunEvent) -> None:
        data = event.data or {}
        match event.kind:
            case EventKind.RUN_STARTED:
                steps = data.get("steps") or {}
                self._line(event, f"run {event.run} started: {counted(len(steps), 'step')}")
            case EventKind.STEP_STARTED:
                self._held_back(event)
                self._line(event, f"{event.step} started on {counted(len(data.get('hosts') or []), 'host')}")
            case EventKind.HOST_FINISHED if data.get("state") == WorkState.HELD_BACK:
                self._held.setdefault(event.step or "", {})[event.host or ""] = str(data.get("reason", ""))
            case EventKind.HOST_FINISHED if data.get("state") not in (WorkState.DONE, WorkState.CANCELLED):
                self._line(event, f"{event.step} {host_ending(event.host or '', data)}")
            case EventKind.STEP_FINISHED:
                self._held_back(event)
                if data.get("state") != WorkState.HELD_BACK:
                    self._line(event, f"{event.step} {step_ending(data)}")
            case EventKind.RUN_FINISHED:
                self._line(event, f"run {event.run} {data.get('state')} in {duration(float(data.get('seconds') or 0))}")
            case EventKind.NOTE:
                self._line(event, str(data.get("text", "")))
            case _:
                pass

    def close(self) -> None:
        pass

    def _held_back(self, event: RunEvent) -> None:
        held = self._held.pop(event.step or "", {})
        if not held:
            return
        reason = next(iter(held.values()))
        more = f" (and {len(held) - 1} more)" if len(held) > 1 else ""
        where = next(iter(held)) if len(held) == 1 else counted(len(held), "host")
        self._line(event, f"{event.step} held back on {where}: {reason}{more}")

    def _line(self, event: RunEvent, text: str) -> None:
        self._write(f"{event.at.astimezone():%H:%M:%S} {text}")


def host_ending(host: str, data: dict[str, Any]) -> str:
    """HOST failed at TASK: REASON."""
    state = str(data.get("state", "")).replace("_", " ")
    task = f" at '{data['task']}'" if data.get("task") else ""
    reason = f": {data['reason']}" if data.get("reason") else ""
    return f"{host} {state}{task}{reason}"


def step_ending(data: dict[str, Any]) -> str:
    state = str(data.get("state", "")).replace("_", " ")
    if "seconds" not in data:
        return state
    changed = data.get("changed", 0)
    return f"{state} in {duration(float(data['seconds']))}, {changed} changed"
