"""Searches files and the process list for secrets, in every form in which one may slip out."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORTEST = 8
"""Characters; anything shorter is found by chance."""

LARGEST = 256 * 1024 * 1024
"""Bytes; a lab's disks are larger and hold what the nodes wrote, not the engine."""


def forms(value: str) -> set[bytes]:
    """A secret as written, and as JSON, base64, hexadecimal and a URL would carry it."""
    # A private key is also lost where one line of its body shows.
    lines = [line.strip() for line in value.splitlines() if len(line.strip()) >= 40 and not line.startswith("-----")]
    result: set[bytes] = set()
    for text in (value.strip(), *lines):
        raw = text.encode()
        once = json.dumps(text)[1:-1]
        result |= {
            raw,
            once.encode(),
            json.dumps(once)[1:-1].encode(),
            raw.hex().encode(),
            quote(text, safe="").encode(),
        }
        # In base64 three bytes share four characters, so the secret looks different by where it begins, and its ends
        # depend on its neighbours.
        for offset in range(3):
            encoded = base64.b64encode(bytes(offset) + raw).rstrip(b"=")
            result.add(encoded[4 if offset else 0 : -2])
    return {form for form in result if len(form) >= SHORTEST}


def strings(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Each string in a tree of values, with where it stands, such as `secrets.yml.tokens.0`."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from strings(member, f"{name}.{key}")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from strings(member, f"{name}.{number}")


def all_forms(secrets: Mapping[str, str]) -> dict[bytes, str]:
    return {form: name for name, value in secrets.items() for form in forms(value)}


def files(*folders: Path) -> Iterator[Path]:
    """All files below; what goes in the meantime is passed over."""
    for folder in folders:
        for here, _, names in os.walk(folder):
            for path in (Path(here, name) for name in names):
                if not path.is_symlink() and path.is_file():
                    yield path


def search_files(needles: Mapping[bytes, str], *folders: Path, since: float = 0) -> tuple[list[str], int]:
    """Findings as `FILE holds NAME`, and how many files were read; only those written after `since` (epoch seconds)."""
    found, read = [], 0
    for path in files(*folders):
        try:
            about = path.stat()
            if about.st_size > LARGEST or about.st_mtime < since:
                continue
            data = path.read_bytes()
        except OSError:  # gone in the meantime
            continue
        read += 1
        found += [
            f"{path} holds {name}" for name in sorted({name for needle, name in needles.items() if needle in data})
        ]
    return found, read


def descends(process: int, ancestors: frozenset[int]) -> bool:
    """Whether it is one of them, or a child's child of one; False where it is gone."""
    while process > 0 and process not in ancestors:
        try:
            # The program's name stands in brackets, and may hold both blanks and brackets.
            process = int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except OSError:
            return False
    return process > 0


class ProcessWatch:
    """Reads the arguments and environments of all processes, again and again, until told to stop."""

    def __init__(self, needles: Mapping[bytes, str], *folders: Path, but: frozenset[int] = frozenset()) -> None:
        self.needles = needles
        self.folders = folders
        """Searched too, while the run is under way: what is removed afterwards was there all the same."""
        self.but = but
        """Processes that aren't looked at, with all that descend from them."""
        self.found: set[str] = set()
        self.seen: set[str] = set()
        self.rounds = 0
        self.began = time.time()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> ProcessWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                if not self.but or not descends(int(process.name), self.but):
                    self._look(process)
            if self.rounds % 20 == 0 and self.folders:
                self.found |= set(search_files(self.needles, *self.folders, since=self.began)[0])
            self.rounds += 1
            time.sleep(0.05)

    def _look(self, process: Path) -> None:
        for name in ("cmdline", "environ"):
            try:
                data = (process / name).read_bytes()
            except OSError:  # it ended in the meantime, or isn't ours to read
                continue
            if name == "cmdline":
                self.seen.add(data.split(b"\0", 1)[0].decode(errors="replace"))
            for needle, secret in self.needles.items():
                if needle in data:
                    self.found.add(
                        f"{name} of a process ({data.split(bytes(1), 1)[0].decode(errors='replace')}) holds {secret}"
                    )
