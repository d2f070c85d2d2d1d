"""What each layer took, as the journal tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.lab.times import BUILDS, PULLS, PUSHES, Times, read_times, times_of, together
from groundplane.plan.model import Fingerprint, Receipt
from groundplane.run.events import RunState, WorkState
from groundplane.run.journal.models import RunRow, RunStepRow
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.verified import verify_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
Passes = dict[str, tuple[float, float]]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = open_journal(tmp_path / ".groundplane", "test")
    yield found
    found.close()


def begin(
    journal: Journal,
    run: str,
    steps: Passes,
    *,
    command: str = "apply",
    failed: tuple[str, ...] = (),
    later: float = 0,
    needs: dict[str, list[str]] | None = None,
    site: str = "test",
    whole: bool = True,
) -> None:
    """A run with steps from so many to so many seconds after START + `later`; a verification of layers or of parts."""
    start = START + timedelta(seconds=later)
    layers = {step.partition(".")[0] for step in steps} if whole else ()
    journal.begin_run(
        RunRow(
            id=run,
            site=site,
            command=command,
            holder="me@here",
            state=RunState.DONE,
            started_at=start,
            finished_at=start,
            dry=command == "verify",
            plan=verify_plan(layers) if command == "verify" else "",
        ),
        [
            RunStepRow(
                run=run,
                step=step,
                number=number,
                needs=(needs or {}).get(step, []),
                state=WorkState.FAILED if step in failed else WorkState.DONE,
                started_at=start + timedelta(seconds=first),
                finished_at=start + timedelta(seconds=last),
            )
            for number, (step, (first, last)) in enumerate(steps.items())
        ],
        [],
    )


def receipt(step: str, *, later: float) -> Receipt:
    """That the step was applied so many seconds after START."""
    at = START + timedelta(seconds=later)
    return Receipt(step=step, host="node1", run="r-9", applied_at=at, fingerprint=Fingerprint(digest="d"), state={})


def test_spans_that_overlap_count_once() -> None:
    def at(first: float, last: float) -> tuple[datetime, datetime]:
        return START + timedelta(seconds=first), START + timedelta(seconds=last)

    assert together([]) == 0
    assert together([at(0, 10), at(5, 8), at(9, 12), at(20, 21)]) == 13


def test_layers_by_their_steps(journal: Journal) -> None:
    begin(
        journal,
        "r-1",
        {"base.one": (0, 10), "base.two": (5, 20), "supply.pull": (20, 80), "supply.registry": (12, 30)},
        needs={"supply.pull": ["base.two"]},
    )
    begin(journal, "r-2", {"base.verify": (0, 4), "base.more": (4, 6)}, command="verify", later=100)
    found = times_of(journal)
    assert [(one.layer, one.applied, one.verified, one.pulled) for one in found.layers] == [
        ("base", 20, 6, 0),
        ("supply", 68, None, 60),
    ]
    assert (found.run, found.seconds) == ("r-1", 80)
    assert found.critical_path == (("base.two", 15), ("supply.pull", 60))
    assert found.applied == {"base", "supply"}


def test_images_are_told_apart(journal: Journal) -> None:
    begin(
        journal,
        "r-1",
        {
            "supply.ceph_build": (0, 30),
            "supply.ceph_images": (30, 34),
            "supply.ceph_pull": (34, 50),
            "supply.build": (30, 500),
            "supply.images": (500, 520),
            "supply.pull": (520, 600),
        },
    )
    (supply,) = times_of(journal).layers
    assert (supply.applied, supply.built, supply.pushed, supply.pulled) == (600, 500, 24, 96)


def test_the_steps_are_there() -> None:
    steps = yaml.safe_load((toolkit_content().playbooks / "layers.yml").read_text())["layers"]["supply"]["steps"]
    assert {step.partition(".")[2] for step in (*BUILDS, *PUSHES, *PULLS)} <= set(steps)


def test_each_steps_latest_success_counts_over_all_runs(journal: Journal) -> None:
    begin(journal, "r-1", {"a.one": (0, 10), "a.two": (10, 50), "a.three": (10, 12)}, failed=("a.two",))
    begin(journal, "r-2", {"a.two": (0, 7)}, later=100)
    begin(journal, "r-3", {"a.three": (0, 1)}, later=200)
    found = times_of(journal)
    assert [one.applied for one in found.layers] == [18]
    # The run that did most of the work is the deployment.
    assert found.run == "r-1"


def test_the_latest_verification_of_each_layer(journal: Journal) -> None:
    begin(journal, "r-1", {"a.one": (0, 1), "b.one": (1, 2)})
    begin(journal, "r-2", {"a.verify": (0, 5), "b.verify": (5, 9)}, command="verify", later=100)
    begin(journal, "r-3", {"b.verify": (0, 2)}, command="verify", later=200)
    assert {one.layer: one.verified for one in times_of(journal).layers} == {"a": 5, "b": 2}


def test_a_verification_of_single_steps_is_none_of_the_layer(journal: Journal) -> None:
    begin(journal, "r-1", {"a.one": (0, 1), "b.one": (1, 2)})
    begin(journal, "r-2", {"a.verify": (0, 5)}, command="verify", later=100)
    begin(journal, "r-3", {"a.verify": (0, 1), "b.verify": (0, 1)}, command="verify", later=200, whole=False)
    found = times_of(journal)
    assert {one.layer: one.verified for one in found.layers} == {"a": 5, "b": None}
    assert found.verified == {"a": "r-2"}


def test_a_layer_is_verified_until_it_fails_or_something_is_applied(journal: Journal) -> None:
    begin(journal, "r-1", {"a.verify": (0, 5), "b.verify": (5, 9)}, command="verify", later=100)
    assert times_of(journal).verified == {"a": "r-1", "b": "r-1"}
    journal.save_receipts([receipt("a.one", later=200)])
    begin(journal, "r-3", {"b.verify": (0, 5)}, command="verify", later=300, failed=("b.verify",), whole=False)
    assert times_of(journal).verified == {}


def test_nothing_where_there_is_no_journal_or_a_broken_one(tmp_path: Path) -> None:
    assert read_times(tmp_path, "test") == Times()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".groundplane").mkdir()
    (tmp_path / ".groundplane" / "journal.sqlite").write_bytes(b"nonsense" * 400)
    assert read_times(tmp_path, "test") == Times()


def test_read_from_the_sites_folder(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r-1", {"a.one": (0, 1)})
    assert read_times(tmp_path, "test").as_data()["layers"]["a"]["applied"] == 1
    assert read_times(tmp_path, "other") == Times()


def test_layers_are_told_in_the_sites_order_though_one_was_applied_again(journal: Journal) -> None:
    begin(journal, "r-1", {"b.one": (0, 1), "c.one": (1, 2), "a.one": (2, 3)})
    ordered = times_of(journal).in_order(["a", "b"])
    assert [layer.layer for layer in ordered.layers] == ["a", "b", "c"]
