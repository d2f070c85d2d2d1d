"""The site's files that say what was adopted: their new text beside the old one."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, Place
from groundplane.files import write_atomically
from groundplane.site.source import parse_source
from groundplane.site.yaml_output import to_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.ceph.adopt.adoption import Adoption
    from groundplane.site.site import Site

LAYER = "ceph"
HEADER = """\
# What the Ceph layer does differently here. Its options are documented in the reference; a group's or a host's
# variables beat this file.
---
"""
HOST_HEADER = "---\n"
COMMENTS = {
    "ceph_fsid": "The cluster that ran before this site knew it. Nothing is ever bootstrapped while this is set.",
    "ceph_account": "The account by which the orchestrator comes to hosts.",
    "ceph_osds": "The disks that had OSDs when the cluster was adopted. A disk that isn't named never becomes one.",
    "ceph_pools": "The pools that there were; without this the layer makes those that OpenStack uses.",
    "ceph_users": "The users that there were; without this the layer makes those that OpenStack uses.",
    "ceph_osd_memory_maximum_mb": "No OSD gets more memory than it had, in MiB.",
    "ceph_failure_domains": "Hosts stay where the CRUSH map has them; moving them moves data.",
}
"""Above a variable, for the person who reads the file later."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file with its text before (None: it isn't there) and after."""

    path: Path
    before: str | None
    after: str

    def diff(self, root: Path) -> str:
        """As `diff -u` shows it, with names relative to the site."""
        name = self.path.relative_to(root).as_posix()
        lines = difflib.unified_diff(
            (self.before or "").splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            name if self.before is not None else "/dev/null",
            name,
        )
        return "".join(lines)


def changes(site: Site, adoption: Adoption) -> list[Change]:
    """The files that have to change; none where the site says all of it already.

    Raises:
        InputError: a file is written in a way that only a person should change.
    """
    found = [_site_file(site), _environment(site, adoption.values)]
    for host, values in adoption.host_values.items():
        path = _host_file(site, host)
        found.append(_with_values(path, _text(path), values, HOST_HEADER))
    return [change for change in found if change.before != change.after]


def write(changed: Sequence[Change]) -> None:
    """Writes them, each one whole or not at all."""
    for change in changed:
        write_atomically(change.path, change.after)


def _environment(site: Site, values: Mapping[str, Any]) -> Change:
    path = site.path / "environments" / LAYER / "configuration.yml"
    return _with_values(path, _text(path), values, HEADER)


def _host_file(site: Site, host: str) -> Path:
    """Where a host has a file of its own already, its variables stay in one place."""
    folder = site.path / "inventory" / "host_vars"
    for name in (f"{host}.yml", f"{host}.yaml", host):
        if (folder / name).is_file():
            return folder / name
    if (folder / host).is_dir():
        return folder / host / f"{LAYER}.yml"
    return folder / f"{host}.yml"


def _with_values(path: Path, before: str | None, values: Mapping[str, Any], header: str) -> Change:
    """The file's text with these variables; what else it says, and its comments, stay."""
    text = before if before is not None else header
    source = parse_source(path, text, [])
    known = source.data if source is not None and isinstance(source.data, dict) else {}
    for name, value in values.items():
        if name in known:
            if known[name] != value:
                text = _replaced(text, name, _block(name, value, commented=False))
        else:
            text = text.rstrip("\n") + "\n" + _block(name, value, commented=True)
    _refuse_unless(path, text, values)
    return Change(path, before, text if text.endswith("\n") else text + "\n")


def _block(name: str, value: Any, *, commented: bool) -> str:
    comment = f"# {COMMENTS[name]}\n" if commented and name in COMMENTS else ""
    return comment + to_yaml({name: value})


def _replaced(text: str, name: str, block: str) -> str:
    """The text with one variable written anew: from its key to the next thing that begins at the line's start."""
    match = re.search(rf"^{name}:.*\n(?:(?:[ \t-].*)?\n)*", text + "\n", re.MULTILINE)
    if match is None:
        return text.rstrip("\n") + "\n" + block
    return (text + "\n")[: match.start()] + block + (text + "\n")[match.end() :].rstrip("\n") + "\n"


def _site_file(site: Site) -> Change:
    path = site.path / "site.yml"
    before = _text(path) or ""
    if LAYER in site.file.layers:
        return Change(path, before, before)
    wanted = [*site.file.layers, LAYER]
    if "supply" in site.file.layers:
        wanted = list(site.file.layers)
        wanted.insert(wanted.index("supply") + 1, LAYER)
    after = re.sub(
        r"^layers:[ \t]*(?:\[[^\]]*\]|(?:\n[ \t]*-[ \t]*[\w-]+[ \t]*)+)",
        f"layers: [{', '.join(wanted)}]",
        before,
        count=1,
        flags=re.MULTILINE,
    )
    source = parse_source(path, after, [])
    if source is None or source.data.get("layers") != wanted:
        raise InputError(
            "The layer ceph isn't among the site's layers, and only you can add it",
            why="site.yml is written in a way that a program shouldn't change",
            cure=f"Write layers: [{', '.join(wanted)}] and call again.",
            place=site.source.place("layers"),
        )
    return Change(path, before, after)


def _refuse_unless(path: Path, text: str, values: Mapping[str, Any]) -> None:
    """What was put together has to read back as meant."""
    source = parse_source(path, text, [])
    read = source.data if source is not None and isinstance(source.data, dict) else {}
    wrong = [name for name, value in values.items() if read.get(name) != value]
    if wrong:
        raise InputError(
            f"{path.name} is written in a way that only you should change",
            why=f"{', '.join(wrong)} could not be set in it",
            cure=f"Take {', '.join(wrong)} out of it and call again.",
            place=Place(path),
        )


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
