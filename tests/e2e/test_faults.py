"""What goes wrong around a cloud that stands: `./scripts/test faults`. The nodes' own faults: test_faults_nodes.py.

Each test leaves the cloud as it was, also where it fails, and a row in build/faults.md.
"""

from __future__ import annotations

import getpass
import re
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from tests.command import PROGRAM, run
from tests.e2e.conftest import FROM_NOTHING
from tests.e2e.faults.by_hand import CHANGES, Change
from tests.e2e.faults.full_disk import small_disk
from tests.e2e.faults.processes import begun
from tests.e2e.faults.records import Records, done_twice, never_done
from tests.e2e.faults.table import in_words, line_about

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.command import Answer
    from tests.e2e.cloud import Cloud
    from tests.e2e.conftest import Lab
    from tests.e2e.faults.by_hand import Make
    from tests.e2e.faults.table import Table

# Whichever test comes first waits for the lab.
pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(FROM_NOTHING + 3600),
    pytest.mark.usefixtures("dice", "mended_afterwards"),
]

QUICK = ("bootstrap.audit", "bootstrap.kernel", "bootstrap.report", "bootstrap.time")
"""Steps that run on every host and take moments, for tests that need a run and don't mind which."""
LONGER = (*QUICK, "bootstrap.access", "bootstrap.certificates", "bootstrap.naming", "bootstrap.packages")
"""The same, while somebody else makes a plan."""
ROOM = 24 << 20
"""Bytes that the state's disk has to spare, until it is filled."""


@pytest.fixture
def records(cloud_lab: Lab) -> Records:
    return Records(cloud_lab.state)


def nothing_to_do(lab: Lab) -> None:
    answer, steps = lab.plan()
    assert (answer.code, steps) == (0, {}), str(answer)


def no_traceback(*answers: Answer) -> None:
    for answer in answers:
        assert "Traceback" not in answer.out + answer.err, str(answer)


# By hand


@pytest.fixture
def change(cloud_lab: Lab, cloud: Cloud) -> Iterator[Callable[[Make], Change]]:
    """Makes a change; puts it back by hand where nothing mended it."""
    made: list[Change] = []

    def make(how: Make) -> Change:
        nothing_to_do(cloud_lab)
        made.append(how(cloud_lab, cloud))
        return made[-1]

    yield make
    for one in made:
        if cloud_lab.plan()[1]:
            one.undo()


@pytest.mark.parametrize("fault", CHANGES)
def test_what_was_changed_by_hand_is_named_and_that_alone_is_mended(
    cloud_lab: Lab, change: Callable[[Make], Change], fault: str, faults_table: Table
) -> None:
    made = change(CHANGES[fault])
    shown = cloud_lab.groundplane("plan")
    assert shown.code == 0, str(shown)
    said = line_about(shown.out, made.step)
    assert all(word in said for word in (made.host, *made.words)), str(shown)
    assert cloud_lab.plan()[1] == {made.step: [made.host]}
    applied = cloud_lab.groundplane("apply", "--yes", timeout=1500)
    assert applied.code == 0, str(applied)
    work = cloud_lab.work_of(cloud_lab.newest_run())
    assert work == {(made.step, made.host): "done"}
    cloud_lab.wait_for(made.mended, f"{fault}: as it was before", 120)
    nothing_to_do(cloud_lab)
    faults_table.add(fault, plan_said=said, apply_did=in_words(work), seconds=applied.seconds)


# The disk with the state


def says_that_the_disk_is_full(answer: Answer) -> None:
    no_traceback(answer)
    assert answer.code == 1, str(answer)
    assert all(word in answer.err for word in ("disk is full", ".groundplane", "df -h")), str(answer)


def test_a_full_disk_is_told_before_anything_is_done(cloud_lab: Lab, records: Records, faults_table: Table) -> None:
    nothing_to_do(cloud_lab)
    before = records.runs()
    with small_disk(cloud_lab.state, room=ROOM) as disk:
        disk.fill()
        planned, applied = (
            cloud_lab.groundplane(*words) for words in (("plan",), ("apply", *QUICK, "--force", "--yes"))
        )
        says_that_the_disk_is_full(planned)
        says_that_the_disk_is_full(applied)
        disk.make_room()
        assert records.whole()
        assert records.runs() == before
        again = cloud_lab.groundplane("apply", QUICK[0], "--force", "--yes")
        assert again.code == 0, str(again)
    assert len(records.runs()) == len(before) + 1, "what was written meanwhile is there afterwards"
    nothing_to_do(cloud_lab)
    faults_table.add(
        "the state's disk full beforehand",
        plan_said=planned.err,
        apply_did=f"the same, exit code {applied.code}, nothing run; with room again: done",
        seconds=applied.seconds,
    )


def test_a_disk_that_fills_up_while_a_run_is_at_work(
    cloud_lab: Lab, records: Records, dice: random.Random, remember: Callable[[str], None], faults_table: Table
) -> None:
    nothing_to_do(cloud_lab)
    before = [run for run, _ in records.runs()]
    enough = dice.randint(1, 8)
    remember(f"the disk fills when {enough} steps are done on hosts")
    with small_disk(cloud_lab.state, room=ROOM) as disk:
        with begun(cloud_lab, "apply", *QUICK, "--force", "--yes") as process:

            def in_the_middle() -> bool:
                assert process.poll() is None, cloud_lab.started_output()
                return sum(work.done for work in records.chain(records.after(before))) >= enough

            cloud_lab.wait_for(in_the_middle, "a run with some work done", 600)
            disk.fill()
            code = process.wait(900)
        said = cloud_lab.started_output()
        assert code == 1, said
        assert "Traceback" not in said
        assert all(word in said for word in ("disk is full", "df -h", "--resume")), said
        planned = cloud_lab.groundplane("plan")
        no_traceback(planned)
        # What the run wrote for itself alone is gone with it: there may be room for a plan again.
        told = "interrupted last time" in planned.out if planned.code == 0 else "disk is full" in planned.err
        assert told, str(planned)
        disk.make_room()
        assert records.whole(), "no half written journal"
        resumed = cloud_lab.groundplane("apply", "--resume", "--yes")
        assert resumed.code == 0, str(resumed)
    runs = records.after(before)
    chain = records.chain(runs)
    assert len(runs) == 2
    assert done_twice(chain) == []
    assert never_done(records.planned(runs[0]), chain) == set()
    nothing_to_do(cloud_lab)
    ended = next(line for line in said.splitlines() if "disk is full" in line)
    faults_table.add(
        "the state's disk full while a run is at work",
        plan_said=planned.err or line_about(planned.out, "interrupted"),
        apply_did=f"{ended}; exit code {code}; with room again --resume did the rest",
        seconds=resumed.seconds,
    )


# Two people


def test_the_second_of_two_people_is_told_whose_turn_it_is(
    cloud_lab: Lab, records: Records, faults_table: Table
) -> None:
    nothing_to_do(cloud_lab)
    before = [run for run, _ in records.runs()]
    me = f"{getpass.getuser()}@{socket.gethostname()}"
    with begun(cloud_lab, "apply", *LONGER, "--force", "--yes") as process:

        def at_work() -> bool:
            assert process.poll() is None, cloud_lab.started_output()
            return bool(records.after(before))

        cloud_lab.wait_for(at_work, "the first one's run", 300)
        (first,) = records.after(before)
        words = ("apply", *LONGER, "--force", "--yes")
        second = run(PROGRAM, *words, cwd=cloud_lab.site, env={**cloud_lab.env, "LOGNAME": "somebody"}, timeout=300)
        assert process.poll() is None, "the first run ended before the second person was told"
        no_traceback(second)
        assert second.code == 3, str(second)
        assert all(word in second.err for word in (me, first, f"logs {first} --follow", f"cancel {first}")), str(second)
        assert re.search(r"since \d{4}-\d\d-\d\d[T ]\d\d:\d\d", second.err), str(second)
        watched = cloud_lab.groundplane("logs", first, "--follow", timeout=900)
        assert watched.code == 0, str(watched)
        assert any(f"==> {step}" in watched.out for step in LONGER), str(watched)
        assert process.wait(900) == 0, cloud_lab.started_output()
    assert records.after(before) == [first], "nothing of the second one's was run"
    assert all(work.done for work in records.chain([first]))
    nothing_to_do(cloud_lab)
    faults_table.add(
        "two people apply at once",
        plan_said="",
        apply_did=f"the second: exit code {second.code}, {second.err}",
        seconds=second.seconds,
    )


# The vault password


@pytest.fixture
def password_file(cloud_lab: Lab) -> Iterator[Path]:
    """The lab's; as it was afterwards."""
    file = cloud_lab.password_file
    before = file.read_bytes()
    yield file
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(before)


@pytest.mark.parametrize("gone", ["not there", "a wrong one"])
def test_without_the_vault_password_nothing_is_touched(
    cloud: Cloud, records: Records, password_file: Path, faults_table: Table, gone: str
) -> None:
    cloud_lab = cloud.lab
    containers, runs, right = cloud.all_containers(), records.runs(), password_file.read_bytes()
    if gone == "not there":
        password_file.unlink()
    else:
        password_file.write_text("not the password\n", encoding="utf-8")
    planned = cloud_lab.groundplane("plan")
    applied = cloud_lab.groundplane("apply", *QUICK, "--force", "--yes")
    for answer in (planned, applied):
        no_traceback(answer)
        assert answer.code == 2, str(answer)
        named = str(password_file) if gone == "not there" else "secrets.yml"
        assert all(word in answer.err for word in ("password", named)), str(answer)
    assert records.runs() == runs
    assert cloud.all_containers() == containers
    password_file.touch(mode=0o600)
    password_file.write_bytes(right)
    again = cloud_lab.groundplane("apply", QUICK[0], "--force", "--yes")
    assert again.code == 0, str(again)
    nothing_to_do(cloud_lab)
    faults_table.add(
        f"the vault password {gone}",
        plan_said=planned.err,
        apply_did=f"the same, exit code {applied.code}, nothing run; with the password again: done",
        seconds=applied.seconds,
    )


def test_a_run_goes_on_when_the_vault_password_goes_meanwhile(
    cloud_lab: Lab, records: Records, password_file: Path, faults_table: Table
) -> None:
    before, right = [run for run, _ in records.runs()], password_file.read_bytes()
    with begun(cloud_lab, "apply", *QUICK, "--force", "--yes") as process:

        def at_work() -> bool:
            assert process.poll() is None, cloud_lab.started_output()
            return any(work.began for work in records.chain(records.after(before)))

        cloud_lab.wait_for(at_work, "a step under way", 300)
        password_file.unlink()
        code = process.wait(600)
    assert code == 0, cloud_lab.started_output()
    password_file.touch(mode=0o600)
    password_file.write_bytes(right)
    nothing_to_do(cloud_lab)
    faults_table.add(
        "the vault password gone while a run is at work",
        plan_said="",
        apply_did=f"went on to its end, exit code {code}",
        seconds=0,
    )


def test_a_run_that_is_asked_to_stop_says_how_to_go_on(cloud_lab: Lab, records: Records, faults_table: Table) -> None:
    before = [run for run, _ in records.runs()]
    with begun(cloud_lab, "apply", *QUICK, "--force", "--yes") as process:

        def at_work() -> bool:
            assert process.poll() is None, cloud_lab.started_output()
            return any(work.state == "running" for work in records.chain(records.after(before)))

        cloud_lab.wait_for(at_work, "a step under way", 300)
        process.send_signal(signal.SIGINT)
        code = process.wait(120)
    said = cloud_lab.started_output()
    assert code == 4, said
    assert "--resume" in said
    assert "Traceback" not in said
    resumed = cloud_lab.groundplane("apply", "--resume", "--yes")
    assert resumed.code == 0, str(resumed)
    runs = records.after(before)
    assert done_twice(records.chain(runs)) == []
    assert never_done(records.planned(runs[0]), records.chain(runs)) == set()
    nothing_to_do(cloud_lab)
    faults_table.add(
        "Ctrl-C in the middle of a run",
        plan_said="",
        apply_did=f"exit code {code}; --resume did the rest",
        seconds=resumed.seconds,
    )
