"""Which command is next, in one table: everything that holds at once, and what counts first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from groundplane.lab.quick_look import LabLook
from groundplane.overview.model import (
    Checked,
    LayerState,
    LayerView,
    Overview,
    Problem,
    RunView,
    VaultState,
)
from groundplane.overview.next_command import next_command
from groundplane.run.lock import Holder

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = Checked(NOW, good=True, run="r-1")


def layer(name: str, *states: LayerState, checked: Checked | None = GOOD) -> LayerView:
    steps = {f"step{number}": state for number, state in enumerate(states or (LayerState.UP_TO_DATE,))}
    return LayerView(name, steps, None if set(states) == {LayerState.NEVER} else NOW, checked)


def run(state: str) -> RunView:
    return RunView("20260301-120000-abcd", "apply", state, "me@here", NOW, NOW)


FINE = Overview(Path("/site"), name="test", layers=(layer("bootstrap"), layer("ceph")), checked=True, compared=True)
FRESH = replace(FINE, layers=(layer("bootstrap", LayerState.NEVER, checked=None),))
CLOUD = replace(FINE, layers=(layer("openstack"),))
CASES: list[tuple[str, Overview, dict[str, Any], str, str]] = [
    ("all is well", FINE, {}, "status", "still is so"),
    ("a cloud nobody can enter", CLOUD, {}, "openstack clouds --write", "use the cloud"),
    ("a cloud with entries", CLOUD, {"entries_written": True}, "status", "still is so"),
    (
        "somebody works",
        FINE,
        {"at_work": Holder("me", 1, "r-2", ""), "problems": (Problem("x"),)},
        "logs r-2 --follow",
        "",
    ),
    ("somebody begins", FINE, {"at_work": Holder("me", 0, "", "")}, "", "in a moment"),
    (
        "mistakes",
        FINE,
        {"problems": (Problem("x", file="/s/site.yml"),), "vault": VaultState.LOCKED},
        "validate",
        "cure",
    ),
    ("secrets missing", FINE, {"problems": (Problem("x", file="/s/secrets.yml"),)}, "secrets init", "missing"),
    ("no secrets at all", FRESH, {"vault": VaultState.NO_SECRETS}, "secrets init", "encrypted"),
    ("locked", FINE, {"vault": VaultState.LOCKED}, "secrets unlock", "memory"),
    ("a wrong password", FINE, {"vault": VaultState.WRONG}, "validate --secrets", "open"),
    ("a command would ask somebody", FINE, {"vault": VaultState.UNASKED}, "status", ""),
    ("the lab is down", FINE, {"lab": LabLook("gp", 4, 0)}, "lab up --name gp", "no node runs"),
    ("a node is down", FINE, {"lab": LabLook("gp", 4, 3)}, "lab up --name gp", "3 of 4 nodes"),
    ("the lab runs", FINE, {"lab": LabLook("gp", 4, 4)}, "status", ""),
    ("nobody knows of the lab", FINE, {"lab": LabLook("gp", 4, None)}, "status", ""),
    ("no key is pinned", FRESH, {"unpinned": ("node1",)}, "hosts trust", "pins"),
    ("a host that came later", FINE, {"unpinned": ("node9",)}, "status", ""),
    (
        "interrupted",
        FINE,
        {"last": run("interrupted"), "resumable": (run("").id, True)},
        "apply --resume",
        "abcd stopped",
    ),
    (
        "failed",
        FINE,
        {"last": run("failed"), "resumable": (run("").id, True)},
        "apply --resume",
        "once the cause is mended",
    ),
    (
        "failed, and edited since",
        FINE,
        {"last": run("failed"), "resumable": (run("").id, False)},
        "apply",
        "as the site says",
    ),
    ("images are missing", FRESH, {"lacking": ("ceph", "nova")}, "apply", "builds 2 images for it"),
    ("images of a registry", FRESH, {"images_due": ("ceph",)}, "images lock", "ceph"),
    ("nothing was applied", FRESH, {}, "apply", "brings about bootstrap"),
    ("one layer failed", FINE, {"layers": (layer("a"), layer("b", LayerState.FAILED))}, "apply", "in b"),
    (
        "edited",
        FINE,
        {"layers": (layer("a", LayerState.CHANGED, LayerState.NEVER), layer("b"))},
        "plan",
        "changed in a",
    ),
    ("applied in parts", FINE, {"layers": (layer("a", LayerState.NEVER, LayerState.UP_TO_DATE),)}, "apply", "about a"),
    ("never verified", FINE, {"layers": (layer("a", checked=None), layer("b"))}, "verify a", "never checked"),
    ("nothing was verified", FINE, {"layers": (layer("a", checked=None),)}, "verify", "never checked"),
    (
        "applied since",
        FINE,
        {"layers": (layer("a"), layer("b", checked=replace(GOOD, stale=True)))},
        "verify b",
        "since",
    ),
    (
        "a check failed",
        FINE,
        {"layers": (layer("a", checked=replace(GOOD, good=False)),)},
        "verify a",
        "failed last time",
    ),
    ("not compared", FINE, {"compared": False, "layers": (layer("a", LayerState.APPLIED),)}, "status", ""),
]


@pytest.mark.parametrize(
    ("overview", "more", "words", "reason"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_next(overview: Overview, more: dict[str, Any], words: str, reason: str) -> None:
    found = next_command(replace(overview, **more))
    assert found.words == f"groundplane {words}".strip()
    assert reason in found.reason


def test_many_layers_are_told_in_few_words() -> None:
    fresh = tuple(layer(name, LayerState.NEVER) for name in "abcdef")
    assert "brings about a, b, c and 3 more" in next_command(replace(FINE, layers=fresh)).reason


def test_of_a_site_that_was_named() -> None:
    assert next_command(FINE).of_site("my site").words == "groundplane -C 'my site' status"
    down = replace(FINE, lab=LabLook("gp", 4, 0))
    assert next_command(down).of_site("x").words == "groundplane lab up --name gp"
