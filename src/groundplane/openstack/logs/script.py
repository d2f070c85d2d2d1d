"""Runs on a host, as root: answers what some of Kolla's containers wrote, or goes on telling it.

It comes to the host over ssh's standard input and leaves nothing behind. It only reads. Standard library alone,
Python 3.9 and later. Settings:

    {"containers": {NAME: [GLOB, …]}, "since": SECONDS or null, "most": LINES}

Globs are below the volume kolla_logs; what a container writes to its standard output is read from the engine. `tell`
answers one line of JSON, {"groundplane_logs": 1, "lines": [[SECONDS, SOURCE, TEXT], …], "cut": BOOL, "engine": NAME};
`follow` one such line after the other, each {"groundplane_logs": 1, "lines": […]}, the first with what there was, until
nobody reads any more.

A line without a time has that of the line before it. Times without a zone are the host's own, as Kolla's containers
share its /etc/localtime.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import IO, Any

ENGINES = ("docker", "podman")
SECONDS = 20
BLOCK = 256 * 1024
LARGEST = 64 * 1024 * 1024
"""Bytes of one file that are looked at."""
LONGEST = 20_000
POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 5.0
NOISE = re.compile(
    r"(GET|OPTIONS|HEAD) /(healthcheck)?( |$)"
    r"|\"(GET|OPTIONS|HEAD) /healthcheck[ \"]"
    r"|hr_read\(\): Connection reset by peer"
)
"""HAProxy's and Docker's health checks: one line a second and service."""

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?")
_APACHE = re.compile(r"\[(\d\d)/(\w{3})/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\]")
_CTIME = re.compile(r"\[\w{3} (\w{3}) +(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4})\]")


def time_of(line: str) -> float | None:
    """When a line was written, in seconds since 1970; None where it doesn't say."""
    head = line[:200]
    match = _ISO.search(head[:48])
    try:
        if match:
            day, hour, fraction, zone = match.groups()
            text = f"{day}T{hour}.{(fraction or '0')[:6]:0<6}"
            zone = (zone or "").replace("Z", "+00:00")
            return datetime.fromisoformat(
                text + (zone if ":" in zone or not zone else f"{zone[:3]}:{zone[3:]}")
            ).timestamp()
        match = _APACHE.search(head)
        if match:
            return datetime.strptime(" ".join(match.groups()), "%d %b %Y %H:%M:%S %z").timestamp()
        match = _CTIME.search(head)
        if match:
            month, day, hour, year = match.groups()
            return datetime.strptime(f"{day} {month} {year} {hour}", "%d %b %Y %H:%M:%S").timestamp()  # noqa: DTZ007
    except ValueError:
        return None
    return None


def engine_here() -> str:
    return next((name for name in ENGINES if shutil.which(name)), "")


def folder_of(engine: str) -> str:
    """Where the engine keeps the volume that all of Kolla's containers write to."""
    try:
        done = subprocess.run(
            [engine, "volume", "inspect", "kolla_logs", "--format", "{{.Mountpoint}}"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def files_of(folder: str, patterns: list[str]) -> list[str]:
    return sorted({str(path) for pattern in patterns for path in Path(folder).glob(pattern)})


def last_lines(path: str, since: float | None, most: int) -> tuple[list[str], bool]:
    """A file's last lines, and whether there were more that were asked for."""
    lines: list[str] = []
    try:
        with Path(path).open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            rest, seen = b"", 0
            while end > 0 and seen < LARGEST:
                start = max(0, end - BLOCK)
                file.seek(start)
                data = file.read(end - start) + rest
                seen += end - start
                end = start
                whole = data.split(b"\n")
                rest = whole.pop(0) if start else b""
                lines = [line.decode(errors="replace")[:LONGEST] for line in whole] + lines
                if since is None and len(lines) > most:
                    break
                first = next((found for found in map(time_of, lines[:200]) if found is not None), None)
                if since is not None and first is not None and first < since:
                    break
    except OSError:
        return [], False
    lines = [line for line in lines if line]
    return lines, bool(end)


def timed(lines: list[str], source: str, before: float) -> list[list[Any]]:
    """With times; lines without one belong to the line before them."""
    found: list[list[Any]] = []
    now = before
    for line in lines:
        own = time_of(line)
        now = own if own is not None else now
        if not NOISE.search(line):
            found.append([now, source, line])
    return found


def of_file(path: str, since: float | None, most: int) -> list[list[Any]]:
    """A file's lines, and those of the one that was put aside last where it goes back further."""
    source = Path(path).stem
    lines, more = last_lines(path, since, most)
    first = next((found for found in map(time_of, lines) if found is not None), None)
    older = f"{path}.1"
    wanted = len(lines) < most if since is None else (first is None or first > since)
    if not more and wanted and Path(older).is_file():
        lines = last_lines(older, since, most)[0] + lines
    try:
        oldest = Path(path).stat().st_mtime
    except OSError:
        oldest = time.time()
    first = next((found for found in map(time_of, lines) if found is not None), oldest)
    return timed(lines, source, first)


def of_container(engine: str, name: str, since: float | None, most: int) -> list[list[Any]]:
    """What it wrote to its standard output and error."""
    words = [engine, "logs", "--timestamps", *(["--since", str(int(since))] if since is not None else [])]
    try:
        done = subprocess.run(
            [*words, "--tail", str(most), name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    return [found for line in done.stdout.decode(errors="replace").splitlines() if (found := printed(name, line))]


def printed(name: str, line: str) -> list[Any] | None:
    """A line of the engine's, which puts the time before it."""
    stamp, _, text = line.partition(" ")
    at = time_of(stamp)
    if at is None or not text.strip() or NOISE.search(text):
        return None
    return [at, name, text[:LONGEST]]


def gather(settings: dict[str, Any]) -> tuple[list[list[Any]], bool, str]:
    """All lines in order, whether some were left out, and the engine."""
    engine = engine_here()
    if not engine:
        return [], False, ""
    since, most = settings["since"], settings["most"]
    folder = folder_of(engine)
    found: list[list[Any]] = []
    for name, patterns in settings["containers"].items():
        if folder:
            for path in files_of(folder, patterns):
                found += of_file(path, since, most)
        found += of_container(engine, name, since, most)
    if since is not None:
        found = [line for line in found if line[0] >= since]
    found.sort(key=lambda line: line[0])
    return found[-most:], since is not None and len(found) > most, engine


def tell(settings: dict[str, Any]) -> str:
    lines, cut, engine = gather(settings)
    return json.dumps({"groundplane_logs": 1, "lines": lines, "cut": cut, "engine": engine})


class Tail:
    """A file's new lines; one that was put aside is taken up anew from its beginning."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.last = time.time()
        self._rest = b""
        self._file: IO[bytes] | None = None
        self._open(at_end=True)

    def _open(self, *, at_end: bool) -> None:
        try:
            self._file = Path(self.path).open("rb")  # noqa: SIM115 - it stays open as long as this
        except OSError:
            self._file = None
            return
        if at_end:
            self._file.seek(0, os.SEEK_END)

    def new_lines(self) -> list[list[Any]]:
        found = self._read()
        if self._moved():
            if self._file is not None:
                self._file.close()
            self._rest = b""
            self._open(at_end=False)
            found += self._read()
        return found

    def _moved(self) -> bool:
        try:
            now = Path(self.path).stat()
        except OSError:
            return False
        if self._file is None:
            return True
        was = os.fstat(self._file.fileno())
        return now.st_ino != was.st_ino or now.st_size < self._file.tell()

    def _read(self) -> list[list[Any]]:
        if self._file is None:
            return []
        *whole, self._rest = (self._rest + self._file.read()).split(b"\n")
        lines = [line.decode(errors="replace")[:LONGEST] for line in whole if line]
        found = timed(lines, Path(self.path).stem, self.last)
        if found:
            self.last = found[-1][0]
        return found


def follow_container(engine: str, name: str, found: queue.Queue[list[Any]]) -> None:
    """Puts what it prints from now on into the queue; anew where it was made anew."""
    since = int(time.time())
    while True:
        with subprocess.Popen(
            [engine, "logs", "--timestamps", "--follow", "--since", str(since), name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            for raw in process.stdout or ():
                line = printed(name, raw.decode(errors="replace").rstrip("\n"))
                if line is not None:
                    found.put(line)
        since = int(time.time())
        time.sleep(1)


def follow(settings: dict[str, Any]) -> None:
    """Never ends by itself: ssh's end of the pipe going away ends it."""
    engine = engine_here()
    folder = folder_of(engine) if engine else ""
    tails: dict[str, Tail] = {}

    def look() -> None:
        for patterns in settings["containers"].values() if folder else ():
            for path in files_of(folder, patterns):
                tails.setdefault(path, Tail(path))

    look()
    say(gather(settings)[0])
    printing: queue.Queue[list[Any]] = queue.Queue()
    for name in settings["containers"] if engine else ():
        threading.Thread(target=follow_container, args=(engine, name, printing), daemon=True).start()
    said = looked = time.monotonic()
    while True:
        lines = [line for tail in tails.values() for line in tail.new_lines()]
        while not printing.empty():
            lines.append(printing.get())
        now = time.monotonic()
        if lines or now - said > HEARTBEAT_SECONDS:
            say(sorted(lines, key=lambda line: line[0]))
            said = now
        if now - looked > HEARTBEAT_SECONDS:
            look()
            looked = now
        time.sleep(POLL_SECONDS)


def say(lines: list[list[Any]]) -> None:
    """One line of JSON; nobody there to read it ends the program, and with it what it started."""
    try:
        print(json.dumps({"groundplane_logs": 1, "lines": lines}), flush=True)  # noqa: T201 - its only way to answer
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        os.killpg(0, 15)
