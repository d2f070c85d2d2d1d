from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.plan.model import (
    Fingerprint,
    HostAction,
    Plan,
    PlannedHost,
    PlannedStep,
    Reason,
    ReasonKind,
    Receipt,
)
from groundplane.run.events import RunState
from groundplane.run.journal.models import RunRow
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.resume import left_of, run_to_resume
from tests.unit.run.builders import NOW, plan, planned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD = plan(planned("l.one", ["a", "b"]), planned("l.two", ["a", "b"]))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = open_journal(tmp_path, "test")
    yield found
    found.close()


def record(journal: Journal, run: str, state: RunState, minutes: int = 0, *, command: str = "apply") -> None:
    journal.begin_run(
        RunRow(
            id=run,
            site="test",
            command=command,
            holder="me",
            state=state,
            started_at=NOW + timedelta(minutes=minutes),
            plan=OLD.model_dump_json(),
        ),
        [],
        [],
    )


def done(journal: Journal, step: str, host: str, *, run: str = "r1", digest: str = "d", minutes: int = 1) -> None:
    fingerprint = Fingerprint(inputs={"colour": digest}, digest=digest)
    at = NOW + timedelta(minutes=minutes)
    journal.save_receipts([Receipt(step=step, host=host, run=run, applied_at=at, fingerprint=fingerprint)])


def work_of(found: Plan) -> dict[str, tuple[str, ...]]:
    return {step.step: step.hosts_to_run() for step in found.steps}


def test_what_the_run_did_is_left_out(journal: Journal) -> None:
    done(journal, "l.one", "a")
    done(journal, "l.one", "b")
    done(journal, "l.two", "a")
    assert work_of(left_of(OLD, OLD, journal, "r1")) == {"l.two": ("b",)}


def test_an_old_receipt_doesnt_count_as_done(journal: Journal) -> None:
    done(journal, "l.one", "a", run="r0", minutes=-60)
    assert work_of(left_of(OLD, OLD, journal, "r1"))["l.one"] == ("a", "b")


def test_what_a_later_run_did_with_the_same_inputs_is_left_out(journal: Journal) -> None:
    done(journal, "l.one", "a", run="r2")
    assert work_of(left_of(OLD, OLD, journal, "r1"))["l.one"] == ("b",)


def test_a_site_that_moved_on_is_refused_by_name(journal: Journal) -> None:
    now = plan(planned("l.one", ["a", "b"]), planned("l.two", ["a", "b"], digest="other"))
    with pytest.raises(InputError, match="moved on") as caught:
        left_of(OLD, now, journal, "r1")
    assert "l.two on a: colour changed" in caught.value.why


def test_what_moved_on_where_it_is_done_already_doesnt_matter(journal: Journal) -> None:
    for host in ("a", "b"):
        done(journal, "l.one", host)
    now = plan(planned("l.one", ["a", "b"], digest="other"), planned("l.two", ["a", "b"]))
    assert work_of(left_of(OLD, now, journal, "r1")) == {"l.two": ("a", "b")}


def test_a_host_that_is_back_is_run_on_and_one_that_left_is_not(journal: Journal) -> None:
    old = plan(planned("l.one", {"a": HostAction.UNREACHABLE, "b": HostAction.RUN}))
    now = plan(
        planned("l.one", {"a": HostAction.RUN, "b": HostAction.UNREACHABLE}), unreachable={"b": "no route to host"}
    )
    found = left_of(old, now, journal, "r1")
    assert work_of(found) == {"l.one": ("a",)}
    assert found.unreachable == {"b": "no route to host"}


def test_the_latest_run_is_resumed_where_none_is_named(journal: Journal) -> None:
    record(journal, "r1", RunState.INTERRUPTED)
    record(journal, "r2", RunState.CANCELLED, 1)
    record(journal, "r3", RunState.FAILED, 2, command="verify")
    assert run_to_resume(journal, None).id == "r2"
    assert run_to_resume(journal, "r1").id == "r1"


def test_a_run_that_is_done_is_refused(journal: Journal) -> None:
    with pytest.raises(InputError, match="no run to resume"):
        run_to_resume(journal, None)
    record(journal, "r1", RunState.DONE)
    with pytest.raises(InputError, match="it is done"):
        run_to_resume(journal, "r1")


def lacking(*steps: PlannedStep) -> Plan:
    """A plan that begins with building images."""
    reason = Reason(kind=ReasonKind.LACKING, details=("ceph",))
    return plan(planned("s.build", ["a"], reasons=[reason]), *steps)


def using(name: str, image: str, colour: str = "red") -> PlannedStep:
    """A step whose fingerprint knows an image."""
    found = Fingerprint(inputs={"image ceph": image, "colour": colour}, digest=f"{image} {colour}")
    hosts = (PlannedHost(host="a", action=HostAction.RUN, fingerprint=found),)
    return PlannedStep(step=name, description=name, wave=1, hosts=hosts)


def test_images_that_the_run_built_are_no_reason_to_refuse_and_what_used_them_is_done(journal: Journal) -> None:
    old = lacking(using("l.one", "to build"), using("l.two", "to build"))
    now = lacking(using("l.one", "built"), using("l.two", "built"))
    done(journal, "s.build", "a")
    fingerprint = now.steps[1].hosts[0].fingerprint
    at = NOW + timedelta(minutes=1)
    journal.save_receipts([Receipt(step="l.one", host="a", run="r1", applied_at=at, fingerprint=fingerprint)])
    left = left_of(old, now, journal, "r1")
    assert work_of(left) == {"l.two": ("a",)}
    assert left.steps[0].hosts[0].fingerprint == now.steps[2].hosts[0].fingerprint


def test_what_else_changed_beside_the_images_is_refused(journal: Journal) -> None:
    old = lacking(using("l.one", "to build"))
    with pytest.raises(InputError, match="moved on"):
        left_of(old, lacking(using("l.one", "built", colour="blue")), journal, "r1")


def test_images_that_somebody_else_changed_are_refused_where_the_run_built_none(journal: Journal) -> None:
    with pytest.raises(InputError, match="moved on"):
        left_of(plan(using("l.one", "one")), plan(using("l.one", "other")), journal, "r1")
