"""Keycloak's database over ssh: the very shell lines, with programs of our own in place of MariaDB's."""

from __future__ import annotations

import gzip
import shlex
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.identity.database import Database, NoDatabaseError, dump, keycloak_database, load

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.ssh.connection import SshConnection

    from .conftest import RealmDesk

DATABASE = Database("keycloak", "keycloak", ("node1", "node2"))
PASSWORD = "it's a $ecret #1"
HEAD = '#!/bin/bash\nfor word in "$@"; do echo "word $word" >> seen; done\n'
LOGIN = 'cat "${1#--defaults-extra-file=}" >> seen\n'


class Here:
    """The commands of some hosts run here, as if the container's programs were this folder's."""

    def __init__(self, folder: Path, down: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self._down = down

    def program(self, name: str, lines: str) -> None:
        path = self.folder / name
        path.write_text(HEAD + LOGIN + lines)
        path.chmod(0o755)

    def command(self, _user: str, address: str, *words: str, port: int | None = None) -> list[str]:
        if address.rpartition(".")[2] in self._down:
            return ["bash", "-c", "echo Connection refused >&2; exit 255"]
        line = " ".join(words).removeprefix("sudo -n ").removeprefix("docker exec -i mariadb ")
        return ["bash", "-c", f"cd {shlex.quote(str(self.folder))} && PATH=$PWD:$PATH {line}"]

    def environment(self) -> dict[str, str]:
        return {}

    @property
    def seen(self) -> str:
        return (self.folder / "seen").read_text()


def site(realms: RealmDesk) -> Any:
    realms.secrets = {**(realms.secrets or {}), "keycloak_database_password": PASSWORD}
    return realms.site


def connection(here: Here) -> SshConnection:
    return cast("SshConnection", here)


def test_a_dump_comes_back_compressed_and_the_password_is_in_no_process_list(realms: RealmDesk, tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.program("mariadb-dump", "echo 'CREATE TABLE realm;'; echo '-- Dump completed on 2026-11-21'\n")
    found = dump(site(realms), connection(here), DATABASE)
    assert gzip.decompress(found).decode().splitlines()[0] == "CREATE TABLE realm;"
    assert f'user="keycloak"\npassword="{PASSWORD}"\n' in here.seen
    words = [line for line in here.seen.splitlines() if line.startswith("word ")]
    assert "word --single-transaction" in words
    assert words[-1] == "word keycloak"
    assert not any("ecret" in word for word in words)


def test_half_a_dump_is_none(realms: RealmDesk, tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.program("mariadb-dump", "echo 'CREATE TABLE realm;'\n")
    with pytest.raises(FailedError, match="cut off"):
        dump(site(realms), connection(here), DATABASE)


def test_a_database_that_is_gone_is_told_apart(realms: RealmDesk, tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.program("mariadb-dump", "echo \"Got error: 1049: Unknown database 'keycloak'\" >&2; exit 2\n")
    with pytest.raises(NoDatabaseError, match="no database keycloak"):
        dump(site(realms), connection(here), DATABASE)


def test_the_next_host_is_asked_where_one_is_down(realms: RealmDesk, tmp_path: Path) -> None:
    here = Here(tmp_path, down=("11",))
    here.program("mariadb-dump", "echo '-- Dump completed'\n")
    assert dump(site(realms), connection(here), DATABASE)
    everybody = Here(tmp_path, down=("11", "12"))
    with pytest.raises(FailedError) as failed:
        dump(site(realms), connection(everybody), DATABASE)
    assert failed.value.why == "node1: connection refused; node2: connection refused"


def test_a_load_replaces_the_whole_database(realms: RealmDesk, tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.program("mariadb", "cat > loaded\n")
    big = b"".join(b"INSERT INTO realm VALUES (%d);\n" % number for number in range(200_000))
    load(site(realms), connection(here), DATABASE, gzip.compress(big))
    head, _, rest = (tmp_path / "loaded").read_bytes().partition(b"USE `keycloak`;\n")
    assert head == (
        b"DROP DATABASE IF EXISTS `keycloak`;\n"
        b"CREATE DATABASE `keycloak` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n"
    )
    assert rest == big
    assert f'password="{PASSWORD}"' in here.seen


def test_a_load_that_fails_says_why(realms: RealmDesk, tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.program("mariadb", "echo 'ERROR 1047: WSREP has not yet prepared node for application use' >&2; exit 1\n")
    with pytest.raises(FailedError, match="Nobody can work on the database keycloak") as failed:
        load(site(realms), connection(here), DATABASE, gzip.compress(b"x" * 1000))
    assert "node1: ERROR 1047: WSREP has not yet prepared" in failed.value.why


def test_what_a_statement_holds_is_not_told(realms: RealmDesk, tmp_path: Path) -> None:
    here = Here(tmp_path)
    complaint = "You have an error in your SQL syntax; check the manual that corresponds to it near 'planted' at line 1"
    said = (
        f"printf '%s\\n' '--------------' 'INSERT planted' '--------------' \"ERROR 1064 at line 4: {complaint}\" >&2"
    )
    here.program("mariadb", f"{said}; exit 1\n")
    with pytest.raises(FailedError) as failed:
        load(site(realms), connection(here), DATABASE, gzip.compress(b"x"))
    assert "planted" not in failed.value.why
    assert failed.value.why.startswith(
        "node1: ERROR 1064 at line 4: You have an error in your SQL syntax; node2: ERROR"
    )


def test_names_that_are_no_names_are_refused(realms: RealmDesk) -> None:
    realms.folder.write("environments/identity/configuration.yml", "keycloak_database_name: 'key`cloak'\n")
    with pytest.raises(InputError, match="can't be the name of a database"):
        keycloak_database(site(realms))
