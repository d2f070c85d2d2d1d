"""A journal's file opened for reading alone, also on a disk that is full or read-only. Knows SQLite and no tables.

SQLite's write-ahead mode wants to write even where one only reads: readers and writers meet in a file beside the log
(-shm), and who finds none makes it. See https://sqlite.org/wal.html#readonly
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from groundplane.run.lock import lock_holder

FILE = "journal.sqlite"
"""Of a site, in its state folder."""
BUSY_SECONDS = 2.0
MEMORY = Path("/dev/shm")  # noqa: S108 - memory; the folder in it is ours alone


def open_for_reading(file: Path) -> sqlite3.Connection:
    """What the journal says now, with all that was committed; later changes are seen while somebody writes.

    Without a log beside it nobody has the journal open, and it is all in the file: read as one that doesn't change,
    nothing is made next to it, neither on a full disk nor in somebody else's name. With a log the file alone lacks what
    was committed last. Where there is no room for SQLite's own file beside it, nobody is at work, and a copy of both is
    read in memory.

    Raises:
        sqlite3.Error: it is no journal, or can't be read.
        OSError: it can't be read.
    """
    if not _log_of(file).exists():
        return _opened(file, "immutable=1")
    try:
        return _opened(file, "mode=ro")
    except sqlite3.OperationalError:
        if lock_holder(file.parent) is not None:
            raise
    return _copied(file)


def in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy that may be written to, and is gone when it is closed."""
    found = sqlite3.connect(":memory:", check_same_thread=False)
    connection.backup(found)
    return found


def _opened(file: Path, query: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.resolve().as_uri()}?{query}", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
    )
    try:
        # SQLite opens a file when it is first asked for something.
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _copied(file: Path) -> sqlite3.Connection:
    with tempfile.TemporaryDirectory(prefix="groundplane-journal-", dir=MEMORY) as folder:
        copy = Path(folder) / file.name
        shutil.copyfile(file, copy)
        if _log_of(file).exists():
            shutil.copyfile(_log_of(file), _log_of(copy))
        with closing(sqlite3.connect(copy)) as whole:
            return in_memory(whole)


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")
