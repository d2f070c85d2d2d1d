"""Layers by hosts: few rows for many hosts, at 80 columns."""

from __future__ import annotations

import re
from io import StringIO

from rich.console import Console

from groundplane.checks.status import Cell, Standing, Status
from groundplane.cli.status import _table

DONE, CHANGED, DRIFTED = Standing.UP_TO_DATE, Standing.CHANGED, Standing.DRIFTED
STEPS = ("one", "two", "three", "four", "five", "six")


def cell(layer: str, *worse: Standing, details: str = "") -> Cell:
    """A layer's steps: first those that stand worse, the rest up to date."""
    found = [*worse, *[DONE] * (len(STEPS) - len(worse))]
    steps = {f"{layer}.{name}": standing for name, standing in zip(STEPS, found, strict=True)}
    told = {step: (details,) for step, standing in steps.items() if details and standing is not DONE}
    return Cell(steps, told)


def shown(status: Status, *, width: int = 80) -> list[str]:
    out = Console(file=StringIO(), width=width, force_terminal=True, highlight=False)
    _table(out, status)
    text = out.file
    assert isinstance(text, StringIO)
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text.getvalue()).splitlines()]


def test_hosts_that_stand_alike_share_a_row() -> None:
    hosts = tuple(f"node{number}" for number in range(1, 41))
    cells = {(host, "base"): cell("base") for host in hosts}
    cells |= {(host, "cloud"): cell("cloud", *([CHANGED] if host == "node1" else [])) for host in hosts}
    lines = shown(Status(("base", "cloud"), hosts, cells, {}))
    assert lines == [
        "layer  state         steps   hosts",
        "base   up to date    6 of 6  all 40 hosts",
        "cloud  changed: one  5 of 6  node1",
        "       up to date    6 of 6  all but node1 (39 hosts)",
    ]


def test_what_drifted_and_who_is_away_follow() -> None:
    cells = {
        ("node1", "base"): cell("base", DRIFTED, details="file /etc/[x] changed"),
        ("node2", "base"): cell("base", *[Standing.UNREACHABLE] * 6),
    }
    lines = shown(Status(("base",), ("node1", "node2"), cells, {"node2": "no route to host"}))
    assert lines[1] == "base   drifted: one  5 of 6  node1"
    assert lines[2] == "       unreachable   0 of 6  node2"
    assert lines[3:] == ["✘ node2 unreachable: no route to host", "! base.one drifted on node1: file /etc/[x] changed"]


def test_eight_layers_fit_into_80_columns() -> None:
    layers = ("provision", "bootstrap", "supply", "ceph", "openstack", "identity", "platform", "observability")
    cells = {("node1", layer): cell(layer, CHANGED, CHANGED) for layer in layers}
    assert all(len(line) <= 80 for line in shown(Status(layers, ("node1",), cells, {})))
