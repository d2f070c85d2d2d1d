"""Backups made and brought back: what is told, what is done in which order, what is refused."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.identity import backup as module
from groundplane.identity.backup import Bench, plan_backup, plan_restore
from groundplane.identity.backup_file import FOLDER, Backup, Manifest, digest, open_backup
from groundplane.identity.database import Database, NoDatabaseError
from groundplane.machine.cancel import CancelToken
from groundplane.run.events import WorkState
from groundplane.run.redaction import Redactor
from groundplane.site.release import KeycloakPin, MavenPin

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.run.stages import Stage
    from groundplane.ssh.connection import SshConnection

    from .conftest import RealmDesk

PASSWORD = b"of the vault"
NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
SQL = gzip.compress(b"CREATE TABLE realm;\n-- Dump completed\n")
EXPORTS = {"cloud": {"realm": "cloud"}, "acme": {"realm": "acme"}}


def saved(keycloak: str = "26.7.3", site: str = "test") -> Backup:
    manifest = Manifest(
        format=1,
        site=site,
        made_at=NOW,
        keycloak=keycloak,
        database="keycloak",
        database_sha256=digest(SQL),
        realms=("cloud", "acme"),
    )
    return Backup(manifest, SQL)


@pytest.fixture
def bench(realms: RealmDesk, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(module, "dump", lambda *_, **__: SQL)
    archive = MavenPin(group="org.keycloak", artifact="keycloak", version="26.7.3", sha256="0" * 64)
    pin = KeycloakPin(version="26.7.3", archive=archive, suite="trixie", java="openjdk")
    site = replace(realms.site, release=realms.site.release.model_copy(update={"keycloak": pin}))
    return Bench(
        site,
        cast("SshConnection", None),
        Database("keycloak", "keycloak", ("node1",)),
        PASSWORD,
        export=lambda: EXPORTS,
        holder="me@desk",
    )


def run(stage: Stage) -> tuple[WorkState, list[str]]:
    """How a stage of the engine's own ended, and what it said."""
    said: list[str] = []
    assert stage.act is not None
    outcome = stage.act(tell=lambda *_: None, say=said.append, redactor=Redactor(set()), cancel=CancelToken())
    [state] = {host.state for host in outcome.hosts.values()}
    return state, said


def test_a_backup_has_the_database_and_the_realms(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "one.backup"
    [stage] = plan_backup(bench, file).stages
    state, said = run(stage)
    assert state is WorkState.DONE
    assert said[-1].startswith(f"Backup written: changed ({file}, 0.0 MiB")
    found = open_backup(file, PASSWORD)
    assert (found.sql, found.realms) == (SQL, EXPORTS)
    assert (found.manifest.site, found.manifest.made_by) == (bench.site.file.name, "me@desk")
    assert found.manifest.keycloak == bench.version
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_keycloak_that_is_down_keeps_nobody_from_backing_up(bench: Bench, tmp_path: Path) -> None:
    def nobody() -> Any:
        raise FailedError("Keycloak isn't there")

    file = tmp_path / "one.backup"
    broken = Bench(bench.site, bench.connection, bench.database, PASSWORD, nobody)
    state, said = run(plan_backup(broken, file).stages[0])
    assert state is WorkState.DONE
    assert "Realms exported: ok (left out: Keycloak isn't there)" in said
    assert open_backup(file, PASSWORD).realms == {}


def test_restoring_saves_stops_loads_and_starts_in_any_case(bench: Bench, tmp_path: Path) -> None:
    plan = plan_restore(bench, saved(), tmp_path / "one.backup", check=False, moment=NOW)
    assert [stage.id for stage in plan.stages] == [
        "identity.restore-save",
        "identity.restore-stop",
        "identity.restore-database",
        "identity.restore-load",
    ]
    [start] = plan.always
    assert start.playbook is not None
    assert start.playbook.name == "keycloak.yml"
    assert start.variables == {"groundplane_step": "identity.keycloak"}
    assert start.hosts == bench.hosts == ("node1", "node2", "node3")
    assert plan.confirm == bench.site.file.name
    assert "with the realms cloud, acme" in plan.lines[2]


def test_what_was_there_is_saved_before_it_is_replaced(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[bytes] = []
    monkeypatch.setattr(module, "load", lambda _site, _connection, _database, sql, **_: loaded.append(sql))
    plan = plan_restore(bench, saved(), tmp_path / "one.backup", check=False, moment=NOW)
    save, _, _, load = plan.stages
    assert run(save)[0] is WorkState.DONE
    [kept] = (bench.site.state / FOLDER).iterdir()
    assert open_backup(kept, PASSWORD).sql == SQL
    assert run(load)[0] is WorkState.DONE
    assert loaded == [SQL]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NoDatabaseError("There is no database keycloak"), WorkState.DONE),
        (FailedError("Nobody can", why="node1: Access denied for user 'keycloak'"), WorkState.DONE),
        (FailedError("Nobody can", why="node1: connection refused"), WorkState.FAILED),
    ],
)
def test_a_database_that_is_gone_has_nothing_to_save(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: FailedError, state: WorkState
) -> None:
    def gone(*_: Any, **__: Any) -> bytes:
        raise error

    monkeypatch.setattr(module, "dump", gone)
    plan = plan_restore(bench, saved(), tmp_path / "one.backup", check=False, moment=NOW)
    assert run(plan.stages[0])[0] is state
    assert not (bench.site.state / FOLDER).exists()


def test_what_was_there_comes_back_where_the_backup_cannot_be_loaded(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[bytes] = []

    def first_fails(_site: Any, _connection: Any, _database: Any, sql: bytes, **_: Any) -> None:
        loaded.append(sql)
        if len(loaded) == 1:
            raise FailedError("Nobody can work on the database keycloak", why="node1: ERROR 1064")

    monkeypatch.setattr(module, "load", first_fails)
    other = replace(saved(), sql=b"the backup's")
    save, _, _, load = plan_restore(bench, other, tmp_path / "x", check=False, moment=NOW).stages
    run(save)
    state, said = run(load)
    assert state is WorkState.FAILED
    assert loaded == [b"the backup's", SQL]
    assert "node1: ERROR 1064; what was there before is there again" in said


def test_check_mode_touches_nothing(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(module, "load", never)
    plan = plan_restore(bench, saved(), tmp_path / "one.backup", check=True, moment=NOW)
    assert run(plan.stages[3])[0] is WorkState.DONE


def test_the_database_of_a_newer_keycloak_is_refused(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"made by Keycloak 99\.0\.0"):
        plan_restore(bench, saved("99.0.0"), tmp_path / "one.backup", check=False, moment=NOW)


def test_another_site_and_an_older_keycloak_are_told(bench: Bench, tmp_path: Path) -> None:
    plan = plan_restore(bench, saved("26.0.0", "elsewhere"), tmp_path / "x", check=False, moment=NOW)
    assert plan.warnings[0].startswith("It is a backup of the site elsewhere")
    assert plan.warnings[1].startswith("It is Keycloak 26.0.0's")
