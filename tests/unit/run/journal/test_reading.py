"""A journal can be read whatever its disk is like, and by whom it was left."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from groundplane.run.journal.reading import in_memory, open_for_reading
from groundplane.run.lock import site_lock
from tests.unit.full_disk import nothing_can_be_written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Has the journal open; what it committed is in the log alone."""
    found = sqlite3.connect(tmp_path / "journal")
    found.execute("PRAGMA journal_mode=WAL")
    found.execute("CREATE TABLE runs (id)")
    add(found, 1)
    yield found
    found.close()


@pytest.fixture
def killed(writer: sqlite3.Connection, tmp_path: Path) -> Path:
    """The journal as a killed engine leaves it, where SQLite can't make its file beside it: a link is in its place."""
    assert writer
    left = tmp_path / "left"
    left.mkdir()
    for name in ("journal", "journal-wal"):
        shutil.copyfile(tmp_path / name, left / name)
    (left / "journal-shm").symlink_to("nowhere")
    return left / "journal"


def add(connection: sqlite3.Connection, run: int) -> None:
    with connection:
        connection.execute("INSERT INTO runs VALUES (?)", (run,))


def runs(connection: sqlite3.Connection) -> list[int]:
    return [run for (run,) in connection.execute("SELECT id FROM runs")]


def test_on_a_full_disk_what_nobody_has_open(writer: sqlite3.Connection, tmp_path: Path) -> None:
    writer.close()
    with nothing_can_be_written(), closing(open_for_reading(tmp_path / "journal")) as journal:
        assert runs(journal) == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["journal"]


def test_on_a_full_disk_while_somebody_writes(writer: sqlite3.Connection, tmp_path: Path) -> None:
    with nothing_can_be_written(), closing(open_for_reading(tmp_path / "journal")) as journal:
        assert runs(journal) == [1]


def test_what_is_committed_later_is_seen(writer: sqlite3.Connection, tmp_path: Path) -> None:
    with closing(open_for_reading(tmp_path / "journal")) as journal:
        add(writer, 2)
        assert runs(journal) == [1, 2]


def test_what_a_killed_engine_left_in_the_log_is_read_where_there_is_no_room_beside_it(killed: Path) -> None:
    before = {path.name for path in killed.parent.iterdir()}
    with closing(open_for_reading(killed)) as journal:
        assert runs(journal) == [1]
    assert {path.name for path in killed.parent.iterdir()} == before


def test_a_journal_at_which_somebody_works_is_never_copied(killed: Path) -> None:
    with site_lock(killed.parent, holder="me", run="r1"), pytest.raises(sqlite3.OperationalError):
        open_for_reading(killed)


def test_nobody_writes_by_mistake(writer: sqlite3.Connection, tmp_path: Path) -> None:
    with closing(open_for_reading(tmp_path / "journal")) as journal:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            add(journal, 2)
        copy = in_memory(journal)
    add(copy, 2)
    assert (runs(copy), runs(writer)) == ([1, 2], [1])
    copy.close()
