from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.faults.table import Table, in_words, line_about

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """\
 3  openstack.memcached-exporter  node2  drift: something else
 3  openstack.memcached           node1  drift: container memcached is exited, was running
1 step to run on 1 host.
"""


def test_rows_are_kept_from_one_call_to_the_next_and_the_newer_one_counts(tmp_path: Path) -> None:
    told: list[str] = []
    file = tmp_path / "build" / "faults.md"
    Table(file, told.append).add("a container stopped", plan_said="x", apply_did="y", seconds=1.4)
    table = Table(file, told.append)
    table.add("a disk full", plan_said="one\n  two", apply_did="a | b", seconds=2)
    table.add("a container stopped", plan_said="z", apply_did="y", seconds=12.6)
    assert file.read_text() == (
        "| fault | what plan said | what apply did | seconds |\n"
        "| --- | --- | --- | --- |\n"
        "| a container stopped | z | y | 13 |\n"
        "| a disk full | one two | a \\| b | 2 |\n"
    )
    assert told == [
        "a container stopped | x | y | 1",
        "a disk full | one two | a \\| b | 2",
        "a container stopped | z | y | 13",
    ]


def test_a_long_cell_is_cut(tmp_path: Path) -> None:
    told: list[str] = []
    Table(tmp_path / "faults.md", told.append).add("f", plan_said="word " * 100, apply_did="", seconds=0)
    assert len(told[0]) < 300
    assert "…" in told[0]


def test_the_line_of_a_plan_about_one_step() -> None:
    said = "3 openstack.memcached node1 drift: container memcached is exited, was running"
    assert line_about(PLAN, "openstack.memcached") == said
    assert line_about(PLAN, "openstack.nova") == ""


def test_work_in_words() -> None:
    assert in_words({("b.c", "n2"): "done", ("a.b", "n1"): "failed"}) == "a.b on n1: failed; b.c on n2: done"
