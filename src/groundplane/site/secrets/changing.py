"""Some secrets get other values, or come in; the rest of secrets.yml stays as a person wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from groundplane.errors import InputError
from groundplane.site.secrets.store import parse_secrets, read_plain, secrets_file, write_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def change_secrets(site_path: Path, password: bytes, values: Mapping[str, str], *, comment: str = "") -> None:
    """Gives the named secrets these values, in place; those that aren't there yet come to the end, below `comment`.

    Raises:
        InputError: the file can't be opened with this password, or isn't what it should be. Nothing was written then.
    """
    text = read_plain(site_path, password)
    there = parse_secrets(text, secrets_file(site_path))
    for name, value in values.items():
        found = _entry_pattern(name).search(text) if name in there else None
        if found is not None:
            text = f"{text[: found.start()]}{_entry(name, value)}{text[found.end() :]}"
    new = "".join(_entry(name, value) for name, value in values.items() if name not in there)
    if new:
        head = f"# {comment}.\n" if comment else ""
        text = f"{_ended(text)}{head}{new}"
    _write(site_path, password, text, {**there, **values})


def remove_secrets(site_path: Path, password: bytes, names: Iterable[str]) -> tuple[str, ...]:
    """Takes secrets out; those that were there.

    Raises:
        InputError: as `change_secrets`.
    """
    text = read_plain(site_path, password)
    there = parse_secrets(text, secrets_file(site_path))
    gone = tuple(name for name in names if name in there)
    for name in gone:
        text = _entry_pattern(name).sub("", text, count=1)
    if gone:
        _write(site_path, password, text, {name: value for name, value in there.items() if name not in gone})
    return gone


def _write(site_path: Path, password: bytes, text: str, wanted: Mapping[str, object]) -> None:
    if parse_secrets(text, secrets_file(site_path)) != dict(wanted):
        raise InputError(
            "secrets.yml can't be changed by a program: an entry isn't written as NAME: VALUE on lines of its own",
            cure="Change it by hand: groundplane secrets edit",
        )
    write_plain(site_path, text, password)


def _entry_pattern(name: str) -> re.Pattern[str]:
    """An entry with the lines of its value, which are indented."""
    return re.compile(rf"^{re.escape(name)}:.*\n?(?:[ \t]+.*\n?)*", re.MULTILINE)


def _entry(name: str, value: str) -> str:
    return yaml.safe_dump({name: value}, width=4096, allow_unicode=True)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
