"""The logs of some containers of many hosts, in one order, with secrets blanked out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.openstack.logs import script
from groundplane.openstack.logs.sources import patterns
from groundplane.run.plain_text import plain_text
from groundplane.run.redaction import MASK
from groundplane.ssh.asking import ask_hosts
from groundplane.ssh.streaming import stream_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.kolla.containers import KollaContainer
    from groundplane.run.redaction import Redactor
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

MARKER = "groundplane_logs"
MOST = 10_000
"""Lines of one host, where a time is given and no number of lines."""
FOREIGN = re.compile(
    r"gAAAA[A-Za-z0-9_-]{40,}={0,2}"  # Keystone's tokens
    r"|\bAQ[A-Za-z0-9+/]{36,40}=="  # CephX keys
    r"|(?<=Authorization: Basic )[A-Za-z0-9+/=]{8,}"
)
"""Secrets that aren't the site's own but are made as a cloud runs."""
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line; `source` is the file's name without its ending, or the container's where it is what that printed."""

    at: float
    host: str
    source: str
    text: str

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "time": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds"),
            "host": self.host,
            "source": self.source,
            "line": self.text,
        }


@dataclass(frozen=True, slots=True)
class Logs:
    """Lines in order; `unread` is host to why nothing of it is there; `cut` hosts that had more than were asked for."""

    lines: tuple[LogLine, ...]
    unread: Mapping[str, str]
    cut: tuple[str, ...] = ()


def read_since(text: str, now: datetime) -> float:
    """When to begin, in seconds since 1970: "10m", "2h", "1d", or a date with or without time, local where no zone.

    Raises:
        InputError: it is none of these, or lies ahead.
    """
    match = re.fullmatch(r"(\d+)\s*([smhdw])", text.strip())
    try:
        if match:
            begin = now - timedelta(**{UNITS[match.group(2)]: int(match.group(1))})
        else:
            begin = datetime.fromisoformat(text.strip().replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"--since {text} is no time", cure="Write 10m, 2h, 1d, or a date: 2026-11-21, '2026-11-21 13:05'."
        ) from error
    if begin > now:
        raise InputError(f"--since {text} lies ahead", cure="Times without a zone are this machine's own.")
    return begin.timestamp()


def places(wanted: Sequence[KollaContainer], hosts: Sequence[str]) -> dict[str, list[str]]:
    """Host to the containers that are read there."""
    found = {host: [one.name for one in wanted if host in one.hosts] for host in hosts}
    return {host: names for host, names in found.items() if names}


def read_logs(
    site: Site,
    where: Mapping[str, Sequence[str]],
    connection: SshConnection,
    redactor: Redactor,
    *,
    since: float | None = None,
    most: int | None = None,
) -> Logs:
    """The last `most` lines, or all since then (at most MOST of each host).

    Args:
        where: host to containers.
    """
    answers = ask_hosts(
        site,
        tuple(where),
        connection,
        marker=MARKER,
        script=lambda host: _question("print(tell({}))", where[host], since, most or MOST),
    )
    lines: list[LogLine] = []
    unread = {}
    for host, answer in answers.items():
        if not answer.reachable:
            unread[host] = answer.error
        elif not answer.data["engine"]:
            unread[host] = "it has no container engine"
        else:
            lines += understood(host, answer.data, redactor)
    lines.sort(key=lambda line: line.at)
    return Logs(
        lines=tuple(lines[-most:] if most else lines),
        unread=unread,
        cut=tuple(host for host, answer in answers.items() if answer.reachable and answer.data["cut"]),
    )


def follow_logs(
    site: Site,
    where: Mapping[str, Sequence[str]],
    connection: SshConnection,
    redactor: Redactor,
    *,
    show: Callable[[LogLine], None],
    lost: Callable[[str, str], None],
    since: float | None = None,
    most: int | None = None,
) -> None:
    """What there was, in order, then what comes, as it comes; until interrupted. In the main thread.

    Args:
        lost: called with a host that answers no more, and why.
    """
    first: list[LogLine] = []
    waiting = set(where)

    def begin() -> None:
        for line in sorted(first, key=lambda line: line.at)[-(most or MOST) :]:
            show(line)
        first.clear()

    def on_answer(host: str, data: dict[str, Any]) -> None:
        lines = understood(host, data, redactor)
        if not waiting:
            for line in lines:
                show(line)
            return
        first.extend(lines)
        if host in waiting:
            waiting.remove(host)
            if not waiting:
                begin()

    def on_end(host: str, why: str) -> None:
        lost(host, why)
        if host in waiting:
            waiting.remove(host)
            if not waiting:
                begin()

    stream_hosts(
        site,
        tuple(where),
        connection,
        marker=MARKER,
        script=lambda host: _question("follow({})", where[host], since, most or MOST),
        on_answer=on_answer,
        on_end=on_end,
    )


def understood(host: str, data: Mapping[str, Any], redactor: Redactor) -> list[LogLine]:
    """A host's lines, plain text and free of secrets."""
    return [
        LogLine(float(at), host, source, FOREIGN.sub(MASK, redactor.text(plain_text(text))))
        for at, source, text in data["lines"]
    ]


def _question(call: str, containers: Sequence[str], since: float | None, most: int) -> bytes:
    text = Path(script.__file__).read_text(encoding="utf-8")
    settings = {"containers": {name: patterns(name) for name in containers}, "since": since, "most": most}
    asked = call.format(f"json.loads({json.dumps(settings)!r})")
    return f"{text}\n\n{asked}\n".encode()
