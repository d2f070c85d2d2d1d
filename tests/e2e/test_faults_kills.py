"""The engine killed again and again on the way from bare nodes to a cloud: `./scripts/test kills`."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import FROM_NOTHING, Lab, kill, standing_lab
from tests.e2e.faults.moments import Kind, Moment, done_part, draw_moments, steps_left
from tests.e2e.faults.processes import abandoned_folders, begun, containers_of, descendants, memory_folder
from tests.e2e.faults.records import Records, done_twice, never_done, under_way

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.e2e.faults.processes import Process
    from tests.e2e.faults.table import Table

KILLS = 20
LONGEST = 6 * 3600
"""Seconds for the whole chain."""
pytestmark = [pytest.mark.kills, pytest.mark.timeout(FROM_NOTHING + LONGEST + 3600)]

POLL_SECONDS = 0.2
ORPHANS_SECONDS = 20
"""Until nothing is left of what a killed engine had started: its ssh agent looks every ten seconds."""
HARDLY_ANYTHING = 2
"""Steps left to do: then there is no waiting for another moment."""
MOST_FAILURES = 3
"""Of `--resume` in a row, before the test gives up."""


@pytest.fixture(scope="module")
def bare_lab() -> Iterator[Lab]:
    """Nodes alone, with all images built. The lab of the other tests of a cloud: with --keep they go on with it."""
    with standing_lab("-cloud", "--profile", "cloud", "--to", "nodes", timeout=FROM_NOTHING) as made:
        built = made.groundplane("images", "build", timeout=FROM_NOTHING)
        assert built.code == 0, str(built)
        yield made


@dataclass(slots=True, repr=False)
class Killed:
    """One kill, and what came of it."""

    moment: Moment
    seconds: float
    """Since the command was typed."""
    part: float
    """Of the whole work that was done by then."""
    steps: list[str]
    run: str | None
    """The run that was killed; None where it hadn't begun yet."""
    started: list[Process]
    """By the engine; still there when it was killed."""
    folders: set[str]
    """That it left in memory."""
    at: float
    """By the monotonic clock."""
    resume_said: str = ""

    def __str__(self) -> str:
        where = ", ".join(self.steps) or ("between steps" if self.run else "while planning")
        return f"{self.moment} (at {self.part:.0%}, {self.seconds:.0f} s after the command): {where}"


@dataclass(slots=True, repr=False)
class Chain:
    """Runs of apply, each going on with the one before."""

    lab: Lab
    records: Records
    planned: set[tuple[str, str]]
    before: list[str]
    kills: list[Killed] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """What `--resume` said where it ended by itself, and not well."""

    def runs(self) -> list[str]:
        return self.records.after(self.before)

    def words(self) -> tuple[str, ...]:
        return ("apply", "--resume", "--yes") if self.runs() else ("apply", "--yes")

    def keep_output(self, name: str) -> str:
        folder = self.lab.base / "kills"
        folder.mkdir(exist_ok=True)
        said = self.lab.started_output()
        (folder / f"{len(self.kills):02}-{len(self.failures)}-{name}.txt").write_text(said, encoding="utf-8")
        return said


def strike(chain: Chain, moment: Moment, process: subprocess.Popen[str], known: set[str]) -> Killed | None:
    """Waits for the moment and kills; None where the command ended before. `known` are the runs before this one."""
    typed = time.monotonic()
    at: float | None = typed + moment.delay if moment.kind is Kind.PLANNING else None
    running_then: set[str] | None = None
    while process.poll() is None:
        runs = chain.runs()
        work = chain.records.chain(runs)
        if at is None and done_part(chain.planned, work) >= moment.after:
            if moment.kind is Kind.BETWEEN:
                at = time.monotonic() + moment.delay
            else:
                now = set(under_way(work))
                if running_then is not None and now - running_then:
                    at = time.monotonic() + moment.delay
                running_then = now
        soon = not known.issuperset(runs) and len(steps_left(chain.planned, work)) <= HARDLY_ANYTHING
        if soon or (at is not None and time.monotonic() >= at):
            return end(chain, moment, process, known, time.monotonic() - typed)
        time.sleep(POLL_SECONDS)
    return None


def end(chain: Chain, moment: Moment, process: subprocess.Popen[str], known: set[str], seconds: float) -> Killed:
    memory = memory_folder(chain.lab.env)
    others = abandoned_folders(memory)
    started = descendants(process.pid)
    kill(process)
    at = time.monotonic()
    # Nobody has touched the journal since.
    work = chain.records.chain(chain.runs())
    new = [run for run in chain.runs() if run not in known]
    return Killed(
        moment,
        seconds=seconds,
        part=done_part(chain.planned, work),
        steps=under_way(one for one in work if one.run in new),
        run=new[0] if new else None,
        started=started,
        folders=abandoned_folders(memory) - others,
        at=at,
    )


def nothing_lives_of(killed: Killed) -> None:
    """Of what the killed engine started, whether the next one is at work already or not."""
    until = killed.at + ORPHANS_SECONDS
    while alive := [
        *(process for process in killed.started if process.alive()),
        *containers_of(killed.folders),
    ]:
        assert time.monotonic() < until, f"{killed}\nstill there: {alive}"
        time.sleep(POLL_SECONDS)


def summary(said: str) -> str:
    """What a plan in a pipe closes with: how much is left."""
    lines = [line for line in said.splitlines() if " to run on " in line or line.startswith("Nothing to do")]
    return lines[0].strip() if lines else ""


def carry_through(chain: Chain, moments: list[Moment], table: Table) -> None:
    """From the first command to the end of the last one, with a kill at each moment."""
    left, in_a_row = list(moments), 0
    last: Killed | None = None
    while True:
        known = set(chain.runs())
        with begun(chain.lab, *chain.words()) as process:
            found = strike(chain, left[0], process, known) if left else None
            if found is None:
                process.wait(LONGEST)
        if last is not None:
            nothing_lives_of(last)
        said = chain.keep_output("killed" if found else "ended")
        assert "Traceback" not in said, said
        if last is not None:
            last.resume_said = summary(said)
            row(table, last)
        last = found
        if found is not None:
            chain.kills.append(found)
            left.pop(0)
            in_a_row = 0
            time.sleep(found.moment.pause)
            continue
        if process.returncode == 0:
            return
        in_a_row += 1
        chain.failures.append(f"after {len(chain.kills)} kills, exit code {process.returncode}:\n{said[-3000:]}")
        assert in_a_row < MOST_FAILURES, "\n".join(chain.failures)


def row(table: Table, killed: Killed) -> None:
    where = ", ".join(killed.steps) or ("between steps" if killed.run else "no run had begun")
    table.add(
        f"SIGKILL {killed.moment.number} of {KILLS}",
        plan_said=f"{killed.moment.kind}, at {killed.part:.0%} of the work: {where}",
        apply_did=f"--resume: {killed.resume_said}" if killed.resume_said else "killed again before it had a plan",
        seconds=killed.seconds,
    )


def test_a_cloud_comes_about_although_the_engine_is_killed_twenty_times(
    bare_lab: Lab, fault_seed: int, remember: Callable[[str], None], faults_table: Table
) -> None:
    remember(f"GP_FAULT_SEED={fault_seed} repeats this")
    moments = draw_moments(fault_seed, KILLS)
    began = time.monotonic()
    answer, steps = bare_lab.plan()
    assert answer.code == 10, "this lab stands already: take it down first, or call without --keep"
    shutil.rmtree(bare_lab.base / "kills", ignore_errors=True)
    records = Records(bare_lab.state)
    chain = Chain(
        bare_lab,
        records,
        planned={(step, host) for step, hosts in steps.items() for host in hosts},
        before=[run for run, _ in records.runs()],
    )
    assert {step.partition(".")[0] for step, _ in chain.planned} >= {"bootstrap", "supply", "ceph", "openstack"}
    try:
        carry_through(chain, moments, faults_table)
    finally:
        remember("\n".join(str(one) for one in chain.kills))

    # What a person who looks afterwards finds: a cloud as the site says, and a journal that has an end for everything.
    bare_lab.wait_until_verified()
    answer, left = bare_lab.plan()
    assert (answer.code, left) == (0, {}), str(answer)
    assert records.whole()
    runs = chain.runs()
    states = dict(records.runs())
    killed_runs = [one.run for one in chain.kills if one.run is not None]
    assert {states[run] for run in killed_runs} == {"interrupted"}
    assert len(set(killed_runs)) == len(killed_runs)

    # The proof.
    work = records.chain(runs)
    assert done_twice(work) == []
    assert never_done(chain.planned, work) == set()
    assert {one.state for one in work} <= {"done", "interrupted", "held_back", "failed", "unreachable"}

    left_in_memory = set().union(*(one.folders for one in chain.kills))
    assert left_in_memory, "a killed engine can't tidy up"
    assert not left_in_memory & abandoned_folders(memory_folder(bare_lab.env)), "the ones after it do"
    assert [one.moment.number for one in chain.kills] == list(range(1, KILLS + 1))
    assert chain.failures == [], "a --resume failed by itself, and the next one went on"
    faults_table.add(
        f"the engine killed {KILLS} times over a whole apply",
        plan_said=f"GP_FAULT_SEED={fault_seed}; {len(killed_runs)} kills in a run, the others while it planned",
        apply_did=f"{len(runs)} runs; all layers verify, nothing done twice among {len(chain.planned)} steps on hosts",
        seconds=time.monotonic() - began,
    )
