"""A backup of the identity layer: one file, encrypted with the site's vault password as secrets.yml is.

`ansible-vault view FILE | tar tz` lists what is in it:

- manifest.json: what it is, of when, by which Keycloak;
- database.sql.gz: the database, from which everything is restored;
- realms/NAME.json: each realm as Keycloak exports it, without secrets, to be read by people.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from groundplane.errors import InputError, Place
from groundplane.site.secrets.vault_format import (
    VaultFormatError,
    VaultPasswordError,
    decrypt,
    encrypt,
    is_encrypted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.site.site import Site

FORMAT = 1
SUFFIX = ".backup"
MODE = 0o600
FOLDER = "backups/identity"
"""Below the site's state folder, where nothing else is said."""
MANIFEST, DATABASE, REALMS = "manifest.json", "database.sql.gz", "realms/"
_LEVEL = 1
"""The database is compressed already; realms are small."""


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int
    site: str
    made_at: AwareDatetime
    made_by: str = ""
    keycloak: str
    database: str
    database_sha256: str
    realms: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        """For people, to the minute."""
        return f"{self.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Backup:
    """What is in a file; `sql` is the database, gzipped."""

    manifest: Manifest
    sql: bytes = field(repr=False)
    realms: Mapping[str, Any] = field(default_factory=dict, repr=False)


def seal(backup: Backup, password: bytes) -> bytes:
    """The file's content."""
    parts = {
        MANIFEST: backup.manifest.model_dump_json(indent=2).encode(),
        DATABASE: backup.sql,
        **{
            f"{REALMS}{name}.json": json.dumps(data, indent=2, ensure_ascii=False).encode()
            for name, data in backup.realms.items()
        },
    }
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w:gz", compresslevel=_LEVEL) as archive:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), MODE, int(backup.manifest.made_at.timestamp())
            archive.addfile(entry, io.BytesIO(content))
    return encrypt(stored.getvalue(), password)


def open_backup(path: Path, password: bytes) -> Backup:
    """Reads a file whole; its checksum is verified.

    Raises:
        InputError: there is none, it is no backup, is damaged, or another password opens it.
    """
    data = _read(path)
    if not is_encrypted(data):
        raise InputError(f"{path} is no backup of the identity layer", why="it isn't encrypted", place=Place(path))
    try:
        parts = _parts(decrypt(data, password))
        manifest = Manifest.model_validate_json(parts[MANIFEST])
        sql = parts[DATABASE]
        realms = {
            name.removeprefix(REALMS).removesuffix(".json"): json.loads(content)
            for name, content in parts.items()
            if name.startswith(REALMS)
        }
    except VaultPasswordError:
        raise InputError(
            f"The site's vault password doesn't open {path}",
            why="another password was the site's when it was made, or the file was altered",
            cure="Give that password: GROUNDPLANE_VAULT_PASSWORD_FILE=FILE; a backup keeps the password of its day "
            "when the secrets are re-keyed.",
            place=Place(path),
        ) from None
    except (VaultFormatError, tarfile.TarError, EOFError, OSError, KeyError, ValidationError, ValueError) as error:
        raise _damaged(path, _why(error)) from error
    if manifest.format > FORMAT:
        raise InputError(
            f"{path} was made by a newer Groundplane",
            why=f"its format is {manifest.format}, and {FORMAT} is known here",
            cure="Install that version.",
            place=Place(path),
        )
    if hashlib.sha256(sql).hexdigest() != manifest.database_sha256:
        raise _damaged(path, "the database in it isn't the one that was saved")
    return Backup(manifest, sql, realms)


def digest(sql: bytes) -> str:
    """A manifest's `database_sha256`."""
    return hashlib.sha256(sql).hexdigest()


def file_name(site: str, moment: datetime, word: str = "identity") -> str:
    """Sorts by time."""
    return f"{word}-{site}-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"


def place_for(output: Path | None, site: Site) -> Path:
    """The file that a new backup goes to: the one given, or one of a name of its own in that folder, else in FOLDER."""
    name = file_name(site.file.name, datetime.now(UTC))
    if output is None:
        return site.state / FOLDER / name
    return output / name if output.is_dir() else output


def version_of(text: str) -> tuple[int, ...]:
    """26.7.3 as numbers; what follows them doesn't count."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def keep_newest(folder: Path, site: str, keep: int) -> tuple[Path, ...]:
    """Removes all but the newest `keep` backups of the site from a folder; those that went."""
    found = sorted(folder.glob(f"identity-{site}-*{SUFFIX}")) if folder.is_dir() else []
    gone = tuple(found[: max(0, len(found) - keep)])
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _parts(archive: bytes) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        for entry in opened:
            content = opened.extractfile(entry) if entry.isfile() else None
            if content is not None:
                found[entry.name] = content.read()
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"The backup {path} can't be read", why=error.strerror or str(error), cure="ls -l", place=Place(path)
        ) from error


def _why(error: Exception) -> str:
    return f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error).splitlines()[0]


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"The backup {path} is damaged", why=why, cure="Take another one.", place=Place(path))
