"""Work that waits for nothing, and what was told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.openstack.work import Work
from groundplane.run.actions import Story

if TYPE_CHECKING:
    from collections.abc import Callable


class Told:
    """Pieces with their ends, remarks and lines."""

    def __init__(self) -> None:
        self.ends: dict[str, tuple[str, str]] = {}
        self.remarks: list[str] = []

    def tell(self, _kind: Any, _host: Any, task: Any, data: Any) -> None:
        if "status" in data:
            self.ends[task] = (data["status"], data.get("reason", ""))


class QuickWork(Work):
    def pause(self, seconds: float, *, insisted: bool = False) -> None:
        del seconds, insisted


def quick_work(told: Told, *, check: bool = False, stopped: Callable[[], bool] = lambda: False) -> Work:
    return QuickWork(
        check=check,
        say=lambda _line: None,
        stopped=stopped,
        insisted=lambda: False,
        now=told.remarks.append,
        story=Story(("node4",), told.tell, lambda _line: None),
    )
