"""What commands show: customers, realms, and what a backup has in it."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from groundplane.cli import common, operations
from groundplane.cli.identity import backup as backup_command
from groundplane.cli.identity import command
from groundplane.errors import FailedError
from groundplane.identity import configuration, exporting, listing
from groundplane.identity.backup import Bench
from groundplane.identity.backup_file import Backup, Manifest, digest, seal
from groundplane.identity.database import Database
from groundplane.identity.keycloak import session
from groundplane.identity.listing import LOCKED, READY, Customer
from groundplane.platform import cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundplane.run.operation import Operation

PASSWORD = b"of the vault"
NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
SQL = gzip.compress(b"-- Dump completed\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site, a Keycloak and a cloud that nobody asks anything."""

    @contextmanager
    def nothing(*_: Any, **__: Any) -> Iterator[Any]:
        yield SimpleNamespace()

    found: Any = SimpleNamespace(
        path=tmp_path,
        state=tmp_path / ".groundplane",
        file=SimpleNamespace(name="lab"),
        release=SimpleNamespace(keycloak=SimpleNamespace(version="26.7.3")),
        inventory=SimpleNamespace(group_hosts={"control": ("node1",)}),
        content=SimpleNamespace(playbooks=tmp_path),
    )
    asked = SimpleNamespace(proxy_realm="cloud", realms=(SimpleNamespace(name="acme"),))
    monkeypatch.setattr(common, "open_site", lambda _obj, **_: found)
    monkeypatch.setattr(configuration, "read_identity", lambda _: asked)
    monkeypatch.setattr(session, "keycloak", nothing)
    monkeypatch.setattr(cloud, "cloud", nothing)
    return found


def run(*words: str) -> str:
    done = CliRunner().invoke(command, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_customers_on_a_line_each(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site
    customers = (
        Customer("acme", "Acme", "acme", READY, users=7, groups=2, projects=1, changed_at=NOW),
        Customer("globex", "Globex", "glo", LOCKED, users=3, groups=2),
    )
    monkeypatch.setattr(listing, "list_customers", lambda *_: customers)
    _, acme, globex = [line.split() for line in run("list").splitlines()]
    assert acme == ["acme", "Acme", "ready", "acme", "1", "7", "2", "2026-11-21", f"{NOW.astimezone():%H:%M}"]
    assert globex == ["globex", "Globex", "locked", "out", "glo", "3", "2"]
    told = json.loads(run("list", "--json"))["customers"]
    assert told[0]["changed_at"] == "2026-11-21T17:30:00+00:00"


def test_a_cloud_that_is_down_leaves_keycloaks_part(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site
    seen: list[Any] = []

    @contextmanager
    def down(*_: Any) -> Iterator[Any]:
        raise FailedError("The cloud's API can't be reached from this machine")
        yield

    def listed(_site: Any, _asked: Any, _session: Any, rest: Any) -> tuple[Customer, ...]:
        seen.append(rest)
        return ()

    monkeypatch.setattr(cloud, "cloud", down)
    monkeypatch.setattr(listing, "list_customers", listed)
    output = run("list")
    assert seen == [None]
    assert "There is no customer yet" in output
    assert "what OpenStack knows isn't told" in output


def test_realms_are_written_for_their_owner_alone(site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site
    monkeypatch.setattr(
        exporting, "export_realms", lambda _, names, **more: {name: {"realm": name, **more} for name in names}
    )
    assert json.loads(run("export", "acme")) == {"realm": "acme", "people": False}
    assert list(json.loads(run("export", "--people"))) == ["cloud", "acme"]
    run("export", "-o", str(tmp_path / "out"))
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["acme.json", "cloud.json"]
    assert files[0].stat().st_mode & 0o777 == 0o600


@pytest.fixture
def desk(site: Any, monkeypatch: pytest.MonkeyPatch) -> list[Operation]:
    """Keeps the operations that would be carried out."""
    planned: list[Operation] = []

    @contextmanager
    def opened(_obj: Any) -> Iterator[Any]:
        yield SimpleNamespace(
            site=site, connection=None, work=SimpleNamespace(secrets=SimpleNamespace(password=PASSWORD))
        )

    def bench(_desk: Any) -> Bench:
        where: Any = None
        return Bench(site, where, Database("keycloak", "keycloak", ("node1",)), PASSWORD, export=dict)

    monkeypatch.setattr(operations, "open_desk", opened)
    monkeypatch.setattr(operations, "perform", lambda _desk, operation, **_: planned.append(operation))
    monkeypatch.setattr(backup_command, "open_bench", bench)
    return planned


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    manifest = Manifest(
        format=1,
        site="lab",
        made_at=NOW,
        made_by="me@desk",
        keycloak="26.7.3",
        database="keycloak",
        database_sha256=digest(SQL),
        realms=("acme",),
    )
    file = tmp_path / "one.backup"
    file.write_bytes(seal(Backup(manifest, SQL, {"acme": {"users": [{}, {}]}}), PASSWORD))
    return file


def test_what_is_in_a_backup(desk: list[Operation], saved: Path) -> None:
    lines = run("restore", str(saved), "--show").splitlines()
    assert lines[0] == "site      lab"
    assert lines[1] == "made      2026-11-21 17:30 UTC by me@desk"
    assert lines[4] == "realms    acme (2 people)"
    assert json.loads(run("restore", str(saved), "--show", "--json"))["keycloak"] == "26.7.3"
    assert desk == []


def test_a_restore_is_planned_and_what_comes_next_is_told(desk: list[Operation], saved: Path) -> None:
    output = run("restore", str(saved))
    assert [operation.confirm for operation in desk] == ["lab"]
    assert "groundplane apply identity" in output
