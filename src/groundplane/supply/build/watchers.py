"""Those who are told how a build gets on: a pipe, a program; a terminal's is `groundplane.terminal.builds`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from groundplane.counting import counted, duration, size
from groundplane.supply.build.events import BuildEvent, BuildEventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
