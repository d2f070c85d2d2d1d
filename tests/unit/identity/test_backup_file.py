"""A backup's file: what is in it, and what is refused."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.identity.backup_file import (
    Backup,
    Manifest,
    digest,
    file_name,
    keep_newest,
    open_backup,
    seal,
    version_of,
)
from groundplane.site.secrets.vault_format import decrypt, encrypt

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = b"of the vault"
NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
SQL = gzip.compress(b"CREATE TABLE realm; -- planted-91\n")


def backup(sql: bytes = SQL, **more: object) -> Backup:
    given: dict[str, object] = {
        "format": 1,
        "site": "lab",
        "made_at": NOW,
        "keycloak": "26.7.3",
        "database": "keycloak",
        "database_sha256": digest(SQL),
        "realms": ("cloud", "acme"),
        **more,
    }
    return Backup(Manifest.model_validate(given), sql, {"cloud": {"realm": "cloud"}, "acme": {"users": [{}, {}]}})


def test_what_was_sealed_is_opened_again(tmp_path: Path) -> None:
    file = tmp_path / "one.backup"
    file.write_bytes(seal(backup(), PASSWORD))
    found = open_backup(file, PASSWORD)
    assert found == backup()
    assert found.manifest.when == "2026-11-21 17:30 UTC"


def test_nothing_of_it_can_be_read_without_the_password(tmp_path: Path) -> None:
    file = tmp_path / "one.backup"
    file.write_bytes(seal(backup(), PASSWORD))
    assert file.read_bytes().startswith(b"$ANSIBLE_VAULT;1.1;AES256\n")
    assert b"acme" not in file.read_bytes()
    with pytest.raises(InputError, match="vault password doesn't open"):
        open_backup(file, b"another")
    assert "planted" not in repr(open_backup(file, PASSWORD))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"CREATE TABLE", "isn't encrypted"),
        (encrypt(b"no archive", PASSWORD), "damaged"),
        (seal(backup(sql=b"another"), PASSWORD), "damaged"),
        (seal(backup(), PASSWORD)[:-200], "damaged|doesn't open"),
        (seal(backup(format=2), PASSWORD), "newer Groundplane"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "one.backup"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        open_backup(file, PASSWORD)
    assert re.search(why, f"{refused.value.what} {refused.value.why}")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        open_backup(tmp_path / "none", PASSWORD)


def test_ansible_vault_opens_it_as_a_plain_archive() -> None:
    assert gzip.decompress(decrypt(seal(backup(), PASSWORD), PASSWORD))[:13] == b"manifest.json"


def test_only_the_newest_of_the_sites_own_are_kept(tmp_path: Path) -> None:
    for day in range(1, 5):
        (tmp_path / file_name("lab", NOW.replace(day=day))).touch()
    (tmp_path / file_name("other", NOW)).touch()
    (tmp_path / file_name("lab", NOW, "before-restore")).touch()
    gone = keep_newest(tmp_path, "lab", 2)
    assert [path.name for path in gone] == [
        "identity-lab-20261101T173000Z.backup",
        "identity-lab-20261102T173000Z.backup",
    ]
    assert len(list(tmp_path.iterdir())) == 4
    assert keep_newest(tmp_path / "none", "lab", 1) == ()


def test_versions_are_compared_by_their_numbers() -> None:
    assert version_of("26.7.3") > version_of("26.7.0")
    assert version_of("26.10.0-rc1") > version_of("26.9.9")
