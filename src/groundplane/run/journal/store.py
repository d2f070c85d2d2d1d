"""The journal of a site: written by the one who holds the lock, read by everybody at any time."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import create_engine, event, func, select, update
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from groundplane.errors import FailedError, InputError
from groundplane.run.events import EventKind, RunEvent, RunState, WorkState
from groundplane.run.journal.models import Base, EventRow, RunHostRow, RunRow, RunStepRow
from groundplane.run.journal.reading import FILE, in_memory, open_for_reading
from groundplane.run.journal.receipts import Receipts
from groundplane.run.lock import lock_holder, prepare_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from groundplane.plan.model import Attempt, Receipt
    from groundplane.plan.receipts import Key
    from groundplane.run.outcome import HostOutcome

BUSY_SECONDS = 30
UNSETTLED = (WorkState.WAITING, WorkState.RUNNING)


def new_run_id(now: datetime | None = None) -> str:
    """Sorts by time, and two made in the same second differ."""
    return f"{(now or datetime.now(UTC)):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class Journal:
    """Opened on an SQLAlchemy URL. Safe to call from several threads. Also the planner's `ReceiptStore`."""

    def __init__(self, engine: Engine, site: str, place: str) -> None:
        self._engine = engine
        self._site = site
        self._place = place
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._writing = threading.Lock()
        self._receipts = Receipts(site)

    # Runs

    def begin_run(self, run: RunRow, steps: Sequence[RunStepRow], hosts: Sequence[RunHostRow]) -> None:
        """Writes a new run with all that it is going to do, in state running."""
        with self._write() as session:
            session.add(run)
            session.flush()
            session.add_all([*steps, *hosts])

    def step_started(self, run: str, step: str, hosts: Sequence[str], at: datetime) -> None:
        with self._write() as session:
            where = (RunStepRow.run == run, RunStepRow.step == step)
            session.execute(update(RunStepRow).where(*where).values(state=WorkState.RUNNING, started_at=at))
            for part in _parts(hosts):
                places = (RunHostRow.run == run, RunHostRow.step == step, RunHostRow.host.in_(part))
                session.execute(update(RunHostRow).where(*places).values(state=WorkState.RUNNING, started_at=at))

    def step_finished(
        self,
        run: str,
        step: str,
        state: WorkState,
        outcomes: Mapping[str, HostOutcome],
        at: datetime,
        *,
        error: str = "",
        receipts: Iterable[Receipt] = (),
    ) -> None:
        """Keeps how a step ended, on each host, together with the receipts: all or nothing."""
        with self._write() as session:
            where = (RunStepRow.run == run, RunStepRow.step == step)
            session.execute(update(RunStepRow).where(*where).values(state=state, finished_at=at, error=error))
            for host, outcome in outcomes.items():
                place = (RunHostRow.run == run, RunHostRow.step == step, RunHostRow.host == host)
                session.execute(
                    update(RunHostRow)
                    .where(*place)
                    .values(
                        state=outcome.state,
                        ok=outcome.ok,
                        changed=outcome.changed,
                        failed=outcome.failed,
                        skipped=outcome.skipped,
                        task=outcome.task,
                        reason=outcome.reason,
                        finished_at=at,
                    )
                )
            self._receipts.save(session, receipts)

    def finish_run(self, run: str, state: RunState, at: datetime, reason: str = "") -> None:
        with self._write() as session:
            session.execute(update(RunRow).where(RunRow.id == run).values(state=state, finished_at=at, reason=reason))
            if state is not RunState.DONE:
                left = WorkState.CANCELLED if state is RunState.CANCELLED else WorkState.HELD_BACK
                _settle(session, run, left)

    def add_events(self, events: Sequence[RunEvent]) -> None:
        if not events:
            return
        with self._write() as session:
            session.add_all(
                EventRow(
                    run=one.run,
                    at=one.at,
                    kind=one.kind.value,
                    step=one.step,
                    host=one.host,
                    task=one.task,
                    data=one.data,
                )
                for one in events
            )

    def mark_interrupted(self, state: Path) -> list[str]:
        """Runs that say they are running although their engine is gone become interrupted; their ids.

        Raises:
            FailedError: the journal can't be written.
        """
        dead = self._dead(state)
        for run in dead:
            with self._write() as session:
                last = session.scalar(select(func.max(EventRow.at)).where(EventRow.run == run))
                where = (RunRow.id == run, RunRow.state == RunState.RUNNING)
                why = "the engine went away"
                session.execute(update(RunRow).where(*where).values(state=RunState.INTERRUPTED, reason=why))
                # Nobody saw the end; the last event is the last moment that is known.
                session.execute(update(RunRow).where(RunRow.id == run).values(finished_at=last or datetime.now(UTC)))
                _settle(session, run, WorkState.INTERRUPTED)
        return dead

    def _dead(self, state: Path) -> list[str]:
        """The rows are read before the lock is looked at: an engine writes its last word before it lets go of the
        lock."""
        with self._read() as session:
            running = list(
                session.scalars(select(RunRow.id).where(RunRow.site == self._site, RunRow.state == RunState.RUNNING))
            )
        if not running:
            return []
        holder = lock_holder(state)
        if holder is not None and not holder.run:
            return []
        return [run for run in running if holder is None or holder.run != run]

    def runs(self, limit: int = 50) -> list[RunRow]:
        """Newest first."""
        with self._read() as session:
            newest = (
                select(RunRow).where(RunRow.site == self._site).order_by(RunRow.started_at.desc(), RunRow.id.desc())
            )
            return list(session.scalars(newest.limit(limit)))

    def run(self, run: str) -> RunRow:
        """One run by its id, the end of it, or `last`.

        Raises:
            InputError: there is none, or several end so.
        """
        known = self.runs(10_000)
        if run in ("last", "latest") and known:
            return known[0]
        found = [row for row in known if row.id == run] or [row for row in known if row.id.endswith(run)]
        if len(found) == 1:
            return found[0]
        raise InputError(
            f"There is no run '{run}'" if not found else f"Several runs end with '{run}'",
            cure="groundplane runs lists them." if known else "Nothing has been run yet: groundplane apply",
        )

    def steps(self, run: str) -> list[RunStepRow]:
        with self._read() as session:
            return list(session.scalars(select(RunStepRow).where(RunStepRow.run == run).order_by(RunStepRow.number)))

    def hosts(self, run: str) -> list[RunHostRow]:
        with self._read() as session:
            return list(
                session.scalars(
                    select(RunHostRow).where(RunHostRow.run == run).order_by(RunHostRow.step, RunHostRow.host)
                )
            )

    def events(
        self, run: str, *, after: int = 0, kinds: Sequence[EventKind] = (), limit: int = 100_000
    ) -> list[EventRow]:
        """In the order in which they happened; `after` is the number of the last one that is known already."""
        wanted = select(EventRow).where(EventRow.run == run, EventRow.number > after)
        if kinds:
            wanted = wanted.where(EventRow.kind.in_([kind.value for kind in kinds]))
        with self._read() as session:
            return list(session.scalars(wanted.order_by(EventRow.number).limit(limit)))

    def durations(self, step: str, limit: int = 20) -> list[tuple[int, float]]:
        """Hosts and seconds of earlier successful passes of a step, newest first."""
        wanted = (
            select(RunStepRow)
            .join(RunRow, RunRow.id == RunStepRow.run)
            .where(
                RunRow.site == self._site,
                RunRow.dry.is_(False),
                RunStepRow.step == step,
                RunStepRow.state == WorkState.DONE,
            )
            .order_by(RunStepRow.finished_at.desc())
            .limit(limit)
        )
        with self._read() as session:
            return [
                (row.hosts, (row.finished_at - row.started_at).total_seconds())
                for row in session.scalars(wanted)
                if row.started_at is not None and row.finished_at is not None
            ]

    # Receipts

    def receipts(self) -> Mapping[Key, Receipt]:
        with self._read() as session:
            return self._receipts.latest(session)

    def unfinished(self) -> Mapping[Key, Attempt]:
        with self._read() as session:
            return self._receipts.unfinished(session)

    def save_receipts(self, receipts: Iterable[Receipt]) -> None:
        with self._write() as session:
            self._receipts.save(session, receipts)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._writing:
            try:
                with self._sessions.begin() as session:
                    yield session
            except SQLAlchemyError as error:
                _told(self._place, error)

    @contextmanager
    def _read(self) -> Iterator[Session]:
        try:
            with self._sessions() as session:
                yield session
        except SQLAlchemyError as error:
            _told(self._place, error)


class _ReadJournal(Journal):
    """Over one connection that only reads."""

    def __init__(self, connection: sqlite3.Connection, site: str, place: str) -> None:
        super().__init__(_engine_over(connection), site, place)
        self._connection = connection
        self._copied = False

    def mark_interrupted(self, state: Path) -> list[str]:
        """As they are going to be marked by who writes next; in a copy in memory, from which is read from now on."""
        dead = self._dead(state)
        if dead and not self._copied:
            try:
                copy = in_memory(self._connection)
            except sqlite3.Error as error:
                _told(self._place, error)
            self.close()
            self._connection, self._copied = copy, True
            self._engine = _engine_over(copy)
            self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        return super().mark_interrupted(state) if dead else []

    def close(self) -> None:
        super().close()
        self._connection.close()


def read_journal(state: Path, site: str) -> Journal:
    """The site's journal for who only reads: nothing is written, so that it can be read on a full or read-only disk,
    and nothing is made; where there is no journal it is as one without runs.

    Raises:
        FailedError: the file can't be read, or is no journal.
    """
    file = state / FILE
    try:
        if not file.is_file() or not file.stat().st_size:
            connection = sqlite3.connect(":memory:", check_same_thread=False)
            Base.metadata.create_all(_engine_over(connection))
        else:
            connection = open_for_reading(file)
    except sqlite3.Error as error:
        _told(str(file), error)
    except OSError as error:
        raise FailedError(f"The journal {file} can't be read", why=str(error), cure=f"ls -l {state}") from error
    return _ReadJournal(connection, site, str(file))


def open_journal(state: Path, site: str, url: str | None = None) -> Journal:
    """The site's journal for who writes: SQLite in its state folder, or what `url` names. Made where there is none.

    Raises:
        FailedError: the folder can't be written, the disk is full, or the file is no journal.
    """
    place = url or str(state / FILE)
    if url is None:
        prepare_state(state)
        url = f"sqlite:///{state / FILE}"
    try:
        if url.startswith("sqlite"):
            engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
            event.listen(engine, "connect", _tune)
        else:
            engine = create_engine(url, pool_pre_ping=True)
        Base.metadata.create_all(engine)
    except SQLAlchemyError as error:
        _told(place, error)
    return Journal(engine, site, place)


def _tune(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for word in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {word}")
    cursor.close()


def _engine_over(connection: sqlite3.Connection) -> Engine:
    return create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)


def _settle(session: Session, run: str, left: WorkState) -> None:
    """What never got to an end in this run gets one; hosts that hadn't begun are told from those that had by their
    started_at."""
    for table in (RunStepRow, RunHostRow):
        session.execute(update(table).where(table.run == run, table.state.in_(UNSETTLED)).values(state=left))


def _parts(hosts: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for start in range(0, len(hosts), size):
        yield hosts[start : start + size]


def _told(place: str, error: SQLAlchemyError | sqlite3.Error) -> NoReturn:
    said = str(getattr(error, "orig", None) or error)
    if isinstance(error, sqlite3.OperationalError):
        raise FailedError(f"The journal {place} can't be read", why=said, cure=f"ls -l {place}*") from error
    if "full" in said:
        cure = f"Free some space (df -h {place}); a run goes on with: groundplane apply --resume"
        raise FailedError(f"The disk is full: the journal {place} can't be written", why=said, cure=cure) from error
    if isinstance(error, OperationalError) and ("readonly" in said or "unable to open" in said):
        raise FailedError(
            f"The journal {place} can't be written", why=said, cure=f"Check who owns it: ls -l {place}"
        ) from error
    if isinstance(error, DatabaseError | sqlite3.DatabaseError) and "not a database" in said:
        raise FailedError(
            f"{place} is not a journal", why=said, cure="Move it away; without it every step counts as never applied."
        ) from error
    raise FailedError(f"The journal {place} failed", why=said) from error
