"""Editing secrets.yml: decrypted into a private folder in memory for as long as the editor runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError, Place, Problem
from groundplane.files import write_atomically
from groundplane.machine.memory import temporary_private_folder
from groundplane.site.secrets.store import (
    SECRETS_FILE,
    parse_secrets,
    read_plain,
    secrets_file,
    write_plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from groundplane.site.secrets.declared import DeclaredSecret


@dataclass(frozen=True, slots=True)
class Edited:
    """Names of what an edit did; empty where nothing changed."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    comments: bool = False
    """Only comments or the order changed."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.comments)


def edit_secrets(
    site_path: Path,
    password: bytes,
    declared: Mapping[str, DeclaredSecret],
    *,
    memory: Path,
    edit: Callable[[Path], None],
    again: Callable[[InputError], bool],
) -> Edited:
    """Lets `edit` change the decrypted file, checks it, and encrypts it.

    `memory` is Settings.runtime; `edit` runs the editor on a path and returns when it is closed; `again` is told what
    is wrong and says whether the person wants to go back to the editor. The whole folder of the decrypted file is
    removed at the end, with whatever an editor left beside it.

    Raises:
        InputError: not YAML, a needed secret is missing, or secrets.yml changed meanwhile. Nothing was written then.
    """
    file = secrets_file(site_path)
    before = read_plain(site_path, password)
    encrypted = file.read_bytes()
    with temporary_private_folder(memory, "edit-") as folder:
        working = folder / SECRETS_FILE
        write_atomically(working, before, mode=0o600)
        while True:
            edit(working)
            try:
                after = _read(working)
                edited = _difference(before, after, declared, file)
                break
            except InputError as error:
                if not again(error):
                    raise
    if edited:
        if file.read_bytes() != encrypted:
            raise InputError(
                f"{SECRETS_FILE} was changed by somebody else while it was being edited",
                cure="Call groundplane secrets edit again; nothing of this edit was written.",
            )
        write_plain(site_path, after, password)
    return edited


def _read(working: Path) -> str:
    try:
        return working.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The edited text can't be read", why=str(error), cure="Save it as UTF-8 text.") from None


def _difference(before: str, after: str, declared: Mapping[str, DeclaredSecret], file: Path) -> Edited:
    if before == after:
        return Edited()
    new = parse_secrets(after, file)
    try:
        old = parse_secrets(before, file)
    except InputError:
        old = {}
    problems = tuple(
        Problem(
            f"The layer {secret.layer} needs the secret {name}: {secret.description}",
            f'Put it back. For a new one leave the name with an empty value ({name}: "") and call groundplane secrets '
            "init.",
            Place(file),
        )
        for name, secret in declared.items()
        if name in old and name not in new
    )
    if problems:
        raise InputError("Secrets that the site needs can't be removed", problems=problems)
    added = tuple(name for name in new if name not in old)
    changed = tuple(name for name in new if name in old and new[name] != old[name])
    removed = tuple(name for name in old if name not in new)
    return Edited(added, changed, removed, comments=not (added or changed or removed))


def editor_failed(words: list[str], why: str) -> FailedError:
    """What is said where the editor can't do its work."""
    return FailedError(
        f"The editor {words[0]} failed; {SECRETS_FILE} is as it was",
        why=why,
        cure="Set EDITOR to an editor that is installed: EDITOR=nano groundplane secrets edit",
    )
