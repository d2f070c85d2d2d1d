"""Keycloak's database, dumped and loaded through the cloud's own MariaDB containers.

mariadb-dump and mariadb run in the container of a host that runs the database, over its socket, as Keycloak's own
user. Nothing is written down on the way: the password goes in as the first line of standard input and reaches the
client by a pipe (never a process list), the dump comes back compressed and is encrypted here.

Source: MariaDB's documentation of mariadb-dump (--single-transaction reads one moment of InnoDB tables without locks).
"""

from __future__ import annotations

import gzip
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError
from groundplane.openstack.api import SiteVariables, secret
from groundplane.ssh.piping import CommandError, UnreachableError, pipe_through

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

CONTAINER = "mariadb"
PASSWORD = "keycloak_database_password"  # noqa: S105 - the secret's name
UNKNOWN_DATABASE = "Unknown database"
_NAME = re.compile(r"[A-Za-z0-9_$-]+")
_COMPLAINT = re.compile(r"ERROR \d|(?:mariadb|mariadb-dump|gzip|bash)\b|Got error|Error|OCI runtime|permission denied")
_QUOTED = re.compile(r"; check the manual| near '")
_LAST_LINE = re.compile(rb"^-- Dump completed", re.MULTILINE)

_OPEN = """set -o pipefail
IFS= read -r password
login() { printf '[client]\\nuser="%s"\\npassword="%s"\\n' "$1" "$password"; }
"""
_DUMP = """mariadb-dump --defaults-extra-file=<(login "$1") --single-transaction --quick --hex-blob \
--default-character-set=utf8mb4 --skip-lock-tables "$2" | gzip -c
"""
_LOAD = """make() {
  printf 'DROP DATABASE IF EXISTS `%s`;\\n' "$1"
  printf 'CREATE DATABASE `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\\nUSE `%s`;\\n' "$1" "$1"
}
{ make "$2"; gzip -dc; } |
  mariadb --defaults-extra-file=<(login "$1") --default-character-set=utf8mb4
"""
_END_BYTES = 200


@dataclass(frozen=True, slots=True)
class Database:
    """Where Keycloak's database is.

    Attributes:
        hosts: those that run MariaDB, in the order in which they are asked.
    """

    name: str
    user: str
    hosts: tuple[str, ...]


def keycloak_database(site: Site) -> Database:
    """The database that the site gives Keycloak.

    Raises:
        InputError: nothing of the cloud runs MariaDB, or a name can't be worked out.
    """
    from groundplane.openstack.status.state import wanted_containers  # noqa: PLC0415 - reads Kolla's lists

    variables = SiteVariables(site)
    name, user = variables.text("keycloak_database_name"), variables.text("keycloak_database_user")
    for each in (name, user):
        if not _NAME.fullmatch(each):
            raise InputError(
                f"'{each}' can't be the name of a database or its user", cure="Use letters, digits, _, - and $."
            )
    hosts = next((one.hosts for one in wanted_containers(site) if one.name == CONTAINER), ())
    if not hosts:
        raise InputError(
            "No host of the site runs MariaDB, so its database can't be dumped or loaded",
            why="Kolla's switch enable_mariadb is off",
            cure="Back it up where it runs.",
        )
    return Database(name, user, tuple(hosts))


def dump(
    site: Site, connection: SshConnection, database: Database, *, stopped: Callable[[], bool] = lambda: False
) -> bytes:
    """The database of one moment as SQL, gzipped, from the first of its hosts that can give it.

    Raises:
        NoDatabaseError: it isn't there.
        FailedError: none of the hosts can; says why of each.
        CancelledError: `stopped` said so.
    """
    found = _first(_Client(site, connection, database, stopped), _DUMP)
    if not _LAST_LINE.search(_end(found)):
        raise FailedError(
            f"The dump of the database {database.name} is cut off",
            why="it doesn't end as mariadb-dump ends it",
            cure="Call again; groundplane openstack status shows how MariaDB is.",
        )
    return found


def load(
    site: Site,
    connection: SshConnection,
    database: Database,
    sql: bytes,
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Replaces the whole database by a dump (gzipped SQL), through the first of its hosts that can.

    Raises:
        FailedError: none of the hosts can; says why of each.
        CancelledError: `stopped` said so; what had begun is half done.
    """
    _first(_Client(site, connection, database, stopped), _LOAD, sql)


class NoDatabaseError(FailedError):
    """MariaDB answers, and has no such database."""


@dataclass(frozen=True, slots=True)
class _Client:
    """Who works on which database."""

    site: Site
    connection: SshConnection
    database: Database
    stopped: Callable[[], bool]

    def run(self, host: str, script: str, data: bytes) -> bytes:
        words = ("docker", "exec", "-i", CONTAINER, "bash", "-c", _OPEN + script, "-")
        of = (self.database.user, self.database.name)
        line = f"{secret(self.site, PASSWORD)}\n".encode()
        return pipe_through(self.site, host, self.connection, (*words, *of), line + data, stopped=self.stopped)


def _first(client: _Client, script: str, data: bytes = b"") -> bytes:
    reasons = []
    name = client.database.name
    for host in client.database.hosts:
        try:
            return client.run(host, script, data)
        except UnreachableError as error:
            reasons.append(f"{host}: {error.why}")
        except CommandError as error:
            why = _complaint(error.lines) or f"it ended with code {error.code}"
            if UNKNOWN_DATABASE in why:
                raise NoDatabaseError(
                    f"There is no database {name}",
                    why=f"{host} says: {why}",
                    cure="groundplane apply identity makes it, empty; groundplane identity restore FILE fills it.",
                ) from error
            reasons.append(f"{host}: {why}")
    raise FailedError(
        f"Nobody can work on the database {name}",
        why="; ".join(reasons),
        cure="groundplane openstack status shows how MariaDB is.",
    )


def _complaint(lines: tuple[str, ...]) -> str:
    """Why it failed; the client quotes statements, and one could hold a secret of the database's."""
    told = [line for line in lines if _COMPLAINT.match(line)]
    return _QUOTED.split(told[0])[0] if told else ""


def _end(found: bytes) -> bytes:
    """The last bytes of what is gzipped; no more of it is in memory at a time."""
    tail = b""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(found)) as file:
            while piece := file.read(1 << 20):
                tail = (tail + piece)[-_END_BYTES:]
    except (EOFError, OSError):
        return b""
    return tail
