"""Reading the steps' logs: whole, of one host, or while they grow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_RESULT = re.compile(
    r"^(?:ok|changed|skipping|fatal|failed|unreachable|ignored|rescued|included|FAILED - RETRYING): \[([^\]]+)\]"
)
_HEADING = re.compile(r"^(?:PLAY|TASK|RUNNING HANDLER|PLAY RECAP)\b")
_RECAP = re.compile(r"^(\S+)\s+: ok=\d+")


def log_files(folder: Path, step: str | None = None) -> list[Path]:
    """The logs of a run's steps, in the order in which they ended; of one step (its id or short name) where given."""
    found = [
        path
        for path in folder.glob("*.log")
        if step is None or path.stem == step or path.stem.partition(".")[2] == step or path.stem.startswith(f"{step}.")
    ]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name))


def only_host(lines: Iterable[str], host: str) -> Iterator[str]:
    """The lines about one host, with the headings of tasks that have something to say about it."""
    heading: list[str] = []
    mine = False
    for line in lines:
        result, recap = _RESULT.match(line), _RECAP.match(line)
        if _HEADING.match(line):
            heading, mine = [line], False
        elif result is not None:
            # Delegated tasks say [host -> other].
            mine = result.group(1).split(" ")[0] == host
            if mine:
                yield from heading
                heading = []
                yield line
        elif recap is not None:
            if recap.group(1) == host:
                yield line
            mine = False
        elif mine:
            yield line


class Follower:
    """Reads what was appended to files since the last look."""

    def __init__(self) -> None:
        self._positions: dict[Path, int] = {}

    def new_lines(self, files: Iterable[Path]) -> Iterator[tuple[Path, list[str]]]:
        """Whole lines only."""
        for path in files:
            position = self._positions.get(path, 0)
            with path.open("rb") as file:
                file.seek(position)
                data = file.read()
            end = data.rfind(b"\n") + 1
            if end:
                self._positions[path] = position + end
                yield path, data[:end].decode(errors="replace").splitlines()
