"""Events for programs: one JSON object a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.run.events import RunEvent


def as_json(event: RunEvent) -> dict[str, Any]:
    """Keys: kind, at (ISO 8601), run, and where they apply step, host, task, data."""
    found: dict[str, Any] = {"kind": event.kind.value, "at": event.at.isoformat(), "run": event.run}
    for key in ("step", "host", "task", "data"):
        value = getattr(event, key)
        if value is not None:
            found[key] = value
    return found


class JsonLinesWatcher:
    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def see(self, event: RunEvent) -> None:
        self._write(json.dumps(as_json(event), ensure_ascii=False))

    def close(self) -> None:
        pass
