"""Those who are told how a build gets on: a terminal, a pipe, a program."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from groundplane.counting import counted, duration
from groundplane.supply.build.events import BuildEvent, BuildEventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console, RenderableType

REFRESH_PER_SECOND = 4
MEGABYTE = 10**6
GIGABYTE = 10**9


def size(amount: int) -> str:
    """As people say it: 85 MB, 1.2 GB."""
    return f"{amount / MEGABYTE:.0f} MB" if amount < GIGABYTE else f"{amount / GIGABYTE:.1f} GB"


def ending(event: BuildEvent) -> str:
    """How an image ended, in words; empty for other events."""
    data = event.data
    match event.kind:
        case BuildEventKind.IMAGE_STORED:
            packages = counted(int(data["packages"]), "package")
            took = f"built in {duration(float(data['seconds']))}" if data["seconds"] else "stored"
            return f"{took}, {size(int(data['bytes']))}, {packages}"
        case BuildEventKind.IMAGE_FAILED:
            return f"failed: {data['reason']}"
        case BuildEventKind.IMAGE_HELD_BACK:
            return f"held back: {data['reason']}"
        case _:
            return ""


def totals(data: Mapping[str, object]) -> str:
    """5 built, 40 up to date, 1 failed."""
    words = {"built": "built", "up_to_date": "up to date", "failed": "failed", "held_back": "held back"}
    counts = {word: int(str(data.get(key) or 0)) for key, word in words.items()}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "nothing to do"


class JsonBuildWatcher:
    """One JSON object a line; keys: kind, at, image where it applies, and those of `BuildEventKind`."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def see(self, event: BuildEvent) -> None:
        found = {"kind": event.kind.value, "at": event.at.isoformat()}
        if event.image is not None:
            found["image"] = event.image
        self._write(json.dumps({**found, **event.data}, ensure_ascii=False))

    def close(self) -> None:
        pass


class PlainBuildWatcher:
    """A line for each image's start and end, with the clock time in front."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def see(self, event: BuildEvent) -> None:
        data = event.data
        text = ""
        match event.kind:
            case BuildEventKind.BUILD_STARTED:
                text = f"building {counted(len(data['images']), 'image')}, {data['up_to_date']} up to date"
            case BuildEventKind.PREPARING:
                text = f"{data['name']} are being made"
            case BuildEventKind.PREPARED:
                text = f"{data['name']} are there after {duration(float(data['seconds']))}"
            case BuildEventKind.IMAGE_STARTED:
                text = f"{event.image} started ({data['why']})"
            case BuildEventKind.NOTE:
                text = str(data["text"])
            case BuildEventKind.BUILD_FINISHED:
                text = f"{data['state']} in {duration(float(data['seconds']))}: {totals(data)}"
            case _:
                text = f"{event.image} {ending(event)}" if ending(event) else ""
        if text:
            self._write(f"{event.at.astimezone():%H:%M:%S} {text}")

    def close(self) -> None:
        pass


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
        self._spinner = Spinner("dots", style="cyan")
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
                self._end(name, Text.assemble(("✔ ", "green"), (name, "bold"), " ", ending(event)))
            case BuildEventKind.IMAGE_FAILED:
                self._end(name, Text.assemble(("✘ ", "bold red"), (name, "bold"), " ", (ending(event), "red")))
            case BuildEventKind.IMAGE_HELD_BACK:
                self._end(name, Text.assemble(("⏸ ", "yellow"), (name, "bold"), " ", ending(event)))
            case BuildEventKind.NOTE:
                self._live.console.print(Text(str(data["text"]), "yellow"))
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
            (f"{self._ended}/{self._images}", "bold cyan"),
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
            line.append("into the store" if work.storing else work.step, "dim" if work.storing else "cyan")
            lines.append(line)
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*lines)

    def _end(self, name: str, line: Text) -> None:
        self._working.pop(name, None)
        self._ended += 1
        self._live.console.print(line)
