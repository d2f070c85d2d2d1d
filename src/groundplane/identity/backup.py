"""The identity layer backed up and restored: plans with their stages.

A backup is the database of one moment and, for people, each realm's export. Restoring stops Keycloak on all hosts,
replaces the database, and starts Keycloak again whatever became of it. What was there before is saved first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, GroundplaneError, InputError
from groundplane.files import write_atomically
from groundplane.identity.backup_file import FOLDER, FORMAT, MODE, Backup, Manifest, digest, file_name, seal, version_of
from groundplane.identity.database import NoDatabaseError, dump, load
from groundplane.openstack.work import api_stage
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from groundplane.identity.database import Database
    from groundplane.openstack.work import Work
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

BACKUP, RESTORE = "identity backup", "identity restore"
GROUP = "control"
"""Keycloak runs on these hosts."""
MINUTES = 30.0
BEFORE_RESTORE = "before-restore"
"""What files are called that a restore makes of what it replaces."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What both plans are made with.

    Attributes:
        export: each realm's export; raises where Keycloak doesn't answer.
        holder: Settings.holder.
    """

    site: Site
    connection: SshConnection
    database: Database
    password: bytes = field(repr=False)
    export: Callable[[], Mapping[str, Any]]
    holder: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Those that run Keycloak."""
        return tuple(self.site.inventory.group_hosts.get(GROUP, ()))

    @property
    def version(self) -> str:
        """The Keycloak that the site's release pins."""
        pin = self.site.release.keycloak
        return pin.version if pin is not None else ""


def plan_backup(bench: Bench, file: Path) -> Operation:
    """Dumps the database and exports the realms into `file`, encrypted."""

    def work(told: Work) -> None:
        with told.piece(f"Database {bench.database.name} dumped"):
            sql = dump(bench.site, bench.connection, bench.database, stopped=told.stopped)
        realms: Mapping[str, Any] = {}
        with told.piece("Realms exported") as piece:
            try:
                realms = bench.export()
            except GroundplaneError as error:
                # The database is what counts, and the night on which Keycloak is down is when one wants it.
                piece.note = f"left out: {error.what}"
        with told.piece("Backup written") as piece:
            size = _write(bench, file, sql, realms)
            piece.changed, piece.note = True, f"{file}, {size}"

    return Operation(
        BACKUP,
        "Back up the identity layer",
        lines=(
            f"The database {bench.database.name} is dumped, while Keycloak goes on, by {bench.database.hosts[0]}",
            f"Encrypted with the site's vault password, it goes to {file}",
        ),
        stages=(_act("identity.backup", "Database and realms are saved", bench, work),),
    )


def plan_restore(bench: Bench, backup: Backup, source: Path, *, check: bool, moment: datetime) -> Operation:
    """Replaces the database by the backup's.

    Raises:
        InputError: the backup is of a newer Keycloak than the one that runs here.
    """
    manifest, database = backup.manifest, bench.database
    if bench.version and version_of(manifest.keycloak) > version_of(bench.version):
        raise InputError(
            f"{source} was made by Keycloak {manifest.keycloak}, and the site's release has {bench.version}",
            why="a Keycloak can't read the database of a newer one",
            cure="Take the release with that Keycloak first (release in site.yml), or an older backup.",
        )
    safe = bench.site.state / FOLDER / file_name(bench.site.file.name, moment, BEFORE_RESTORE)
    hosts = ", ".join(bench.hosts)
    realms = f", with the realms {', '.join(manifest.realms)}" if manifest.realms else ""
    warnings = []
    if manifest.site != bench.site.file.name:
        warnings.append(f"It is a backup of the site {manifest.site}, not of {bench.site.file.name}.")
    if bench.version and version_of(manifest.keycloak) < version_of(bench.version):
        warnings.append(
            f"It is Keycloak {manifest.keycloak}'s; {bench.version} takes it to its own form when it starts."
        )
    folder = bench.site.content.playbooks / "identity"
    before: list[bytes] = []
    return Operation(
        RESTORE,
        f"Restore the identity layer as it was on {manifest.when}",
        lines=(
            f"What is in the database {database.name} now is saved to {safe}",
            f"Keycloak stops on {hosts}: nobody can log in until it is back; tokens that were handed out go on",
            f"The database {database.name} is replaced by that of {manifest.when}{realms}",
            f"Keycloak starts on {hosts}, and is waited for",
        ),
        stages=(
            _act(
                "identity.restore-save",
                "What is there now is saved",
                bench,
                lambda told: _save(bench, safe, told, before),
                check=check,
            ),
            _playbook("identity.restore-stop", "Keycloak stops", folder / "operations" / "stop.yml", bench.hosts),
            _playbook(
                "identity.restore-database",
                "The database and its account are there",
                folder / "database.yml",
                bench.hosts[:1],
                step="identity.database",
            ),
            _act(
                "identity.restore-load",
                "The database is replaced",
                bench,
                lambda told: _load(bench, backup, told, before),
                check=check,
            ),
        ),
        always=(
            _playbook(
                "identity.restore-start",
                "Keycloak starts",
                folder / "keycloak.yml",
                bench.hosts,
                step="identity.keycloak",
            ),
        ),
        warnings=tuple(warnings),
        danger=f"what was changed in Keycloak since {manifest.when}: people, passwords, sessions",
        confirm=bench.site.file.name,
    )


def _save(bench: Bench, file: Path, told: Work, before: list[bytes]) -> None:
    with told.piece("What is there now is saved") as piece:
        try:
            sql = dump(bench.site, bench.connection, bench.database, stopped=told.stopped)
        except NoDatabaseError as error:
            piece.note = error.what
            return
        except FailedError as error:
            if "Access denied" not in error.why:
                raise
            # Its account is gone with it: that of a database server that was made anew.
            piece.note = f"nothing can be read: {error.why}"
            return
        if told.check:
            return
        before.append(sql)
        piece.note = f"{file}, {_write(bench, file, sql, {})}"
        piece.changed = True


def _load(bench: Bench, backup: Backup, told: Work, before: list[bytes]) -> None:
    with told.piece(f"Database {bench.database.name} replaced") as piece:
        piece.changed = True
        if told.check:
            return
        try:
            load(bench.site, bench.connection, bench.database, backup.sql, stopped=told.insisted)
        except FailedError as error:
            # Half of a database, or none, would be taken for a new one by the Keycloak that starts next.
            for sql in before:
                load(bench.site, bench.connection, bench.database, sql, stopped=told.insisted)
                told.say("What was there before is there again.")
            raise FailedError(
                error.what,
                why=f"{error.why}; {'what was there before is there again' if before else 'it is empty now'}",
                cure=error.cure,
            ) from error


def _write(bench: Bench, file: Path, sql: bytes, realms: Mapping[str, Any]) -> str:
    """Its size, for people."""
    manifest = Manifest(
        format=FORMAT,
        site=bench.site.file.name,
        made_at=datetime.now(UTC),
        made_by=bench.holder,
        keycloak=bench.version,
        database=bench.database.name,
        database_sha256=digest(sql),
        realms=tuple(realms),
    )
    content = seal(Backup(manifest, sql, realms), bench.password)
    write_atomically(file, content, MODE)
    return f"{len(content) / 1024**2:.1f} MiB"


def _act(id_: str, description: str, bench: Bench, work: Callable[[Work], None], *, check: bool = False) -> Stage:
    return api_stage(id_, description, bench.database.hosts[:1], work, minutes=MINUTES, check=check)


def _playbook(id_: str, description: str, playbook: Path, hosts: tuple[str, ...], *, step: str = "") -> Stage:
    """`step` is the layer's own whose playbook it is: what it leaves on the host is that step's."""
    variables = {"groundplane_step": step} if step else {}
    return Stage(id_, description, playbook, hosts, variables, timeout_minutes=MINUTES)
