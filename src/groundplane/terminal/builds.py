"""Builds in a terminal: a line for each image at work, with its elapsed and expected time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from groundplane.colours import ATTENTION, BAD, GOOD, NEW, QUIET
from groundplane.counting import duration
from groundplane.supply.build.events import BuildEvent, BuildEventKind
from groundplane.supply.build.watchers import ending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console, RenderableType

REFRESH_PER_SECOND = 4


@dataclass(slots=True)
class _Work:
    """What is at work now; `storing` once it's built."""

    started: datetime
    step: str = ""
    storing: bool = False


class LiveBuildWatcher:
    """On a terminal: a line for each image at work, and above them one for each that ended."""

    def __init__(self, console: Console) -> None:
        self._working: dict[str, _Work] = {}
        self._expected: Mapping[str, float] = {}
        self._images = 0
        self._ended = 0
        self._up_to_date = 0
        self._started = datetime.now(UTC)
        self._spinner = Spinner("dots", style=NEW)
        self._live = Live(
            console=console,
            get_renderable=self.render,
            refresh_per_second=REFRESH_PER_SECOND,
            redirect_stderr=False,
            transient=True,
        )

    def see(self, event: BuildEvent) -> None:
        data, name = event.data, event.image or str(event.data.get("name", ""))
        match event.kind:
            case BuildEventKind.BUILD_STARTED:
                self._images, self._up_to_date = len(data["images"]), int(data["up_to_date"])
                self._expected, self._started = dict(data["expected"]), event.at
                self._live.start()
            case BuildEventKind.IMAGE_STARTED | BuildEventKind.PREPARING:
                self._working[name] = _Work(event.at)
            case BuildEventKind.PREPARED:
                self._working.pop(name, None)
            case BuildEventKind.IMAGE_STEP if name in self._working:
                self._working[name].step = f"{data['step']}/{data['steps']} {data['text']}"
            case BuildEventKind.IMAGE_BUILT if name in self._working:
                self._working[name].storing = True
            case BuildEventKind.IMAGE_STORED:
                self._end(name, Text.assemble(("✔ ", GOOD), (name, "bold"), " ", ending(event)))
            case BuildEventKind.IMAGE_FAILED:
                self._end(name, Text.assemble(("✘ ", BAD), (name, "bold"), " ", (ending(event), BAD)))
            case BuildEventKind.IMAGE_HELD_BACK:
                self._end(name, Text.assemble(("⏸ ", ATTENTION), (name, "bold"), " ", ending(event)))
            case BuildEventKind.NOTE:
                self._live.console.print(Text(str(data["text"]), ATTENTION))
            case _:
                pass

    def close(self) -> None:
        if self._live.is_started:
            self._live.stop()

    def render(self) -> RenderableType:
        """A head with the totals, then a line for each image at work."""
        now = datetime.now(UTC)
        there = f", {self._up_to_date} were up to date" if self._up_to_date else ""
        head = Text.assemble(
            ("Images ", "bold"),
            (f"{self._ended}/{self._images}", f"bold {NEW}"),
            f"{there}  {duration((now - self._started).total_seconds())}",
        )
        lines = [head]
        width = max((len(name) for name in self._working), default=0)
        for name, work in self._working.items():
            frame = self._spinner.render(time.monotonic())
            line = Text.assemble("  ", frame if isinstance(frame, Text) else "", " ", (name.ljust(width), "bold"), "  ")
            line.append(duration((now - work.started).total_seconds()).rjust(6))
            expected = self._expected.get(name)
            line.append(f" of ~{duration(expected)}  " if expected else "  ", "dim")
            line.append("into the store" if work.storing else work.step, QUIET if work.storing else NEW)
            lines.append(line)
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*lines)

    def _end(self, name: str, line: Text) -> None:
        self._working.pop(name, None)
        self._ended += 1
        self._live.console.print(line)
