"""What other layers hand over reaches a playbook in memory, and is gone afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import InputError
from groundplane.layers import handovers
from groundplane.layers.handovers import HandedOver
from groundplane.layers.model import Handover
from groundplane.run import handing_over
from groundplane.run.events import WorkState
from groundplane.run.handing_over import HandingOver
from groundplane.run.outcome import PlaybookOutcome
from groundplane.run.redaction import MASK, Redactor
from tests.unit.run.builders import step

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "AQAnotAkeyButLongEnough=="
STEP = replace(step("l.one"), handovers=(Handover("ceph", "glance"),))


class Handing:
    """Hands over to a step whose playbook reads the folder that it gets."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.redactor = Redactor([])
        self.handed = HandedOver({"ceph.conf": "[global]\n", "k": f"key = {KEY}\n"}, {"client.glance": KEY})
        self.refusal: InputError | None = None
        self.read: dict[str, str] = {}
        self.modes: set[int] = set()
        self.said: list[str] = []
        monkeypatch.setattr(handovers, "fetch", self._fetch)
        monkeypatch.setattr(
            handing_over, "handover_items", lambda _site, layer, handed: dict.fromkeys(handed.keys, layer)
        )

    def _fetch(self, _site: object, _connection: object, handover: Handover) -> HandedOver:
        assert handover == STEP.handovers[0]
        if self.refusal is not None:
            raise self.refusal
        return self.handed

    def _play(self, variables: Mapping[str, Mapping[str, str]]) -> PlaybookOutcome:
        for place in variables.get("groundplane_handover", {}).values():
            for file in Path(place).iterdir():
                self.read[file.name] = file.read_text()
                self.modes.add(file.stat().st_mode & 0o777)
        return PlaybookOutcome({}, 0.1)

    def to(self, one: Any = STEP) -> tuple[PlaybookOutcome, Mapping[str, str]]:
        over = HandingOver(cast("Any", None), cast("Any", None), folder=self.folder, redactor=self.redactor)
        return over(one, ["a", "b"], say=self.said.append, play=self._play)


@pytest.fixture
def handing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handing:
    return Handing(tmp_path, monkeypatch)


def test_a_playbook_reads_its_keys_and_nothing_is_left(handing: Handing) -> None:
    outcome, items = handing.to()
    assert outcome.hosts == {}
    assert items == {"client.glance": "ceph"}
    assert handing.read == {"ceph.conf": "[global]\n", "k": f"key = {KEY}\n"}
    assert handing.modes == {0o600}
    assert not list(handing.folder.rglob("*.*"))
    assert handing.redactor.text(f"key {KEY}") == f"key {MASK}"
    assert handing.said == ["Handed over by ceph for glance: client.glance"]


def test_a_step_without_a_handover_asks_nobody(handing: Handing) -> None:
    handing.refusal = InputError("never asked")
    assert handing.to(step("l.two"))[1] == {}


def test_where_nothing_can_be_had_nothing_is_played(handing: Handing) -> None:
    handing.refusal = InputError("No host can speak", why="all are down", cure="Start them.")
    outcome, items = handing.to()
    assert {host: (ended.state, ended.reason) for host, ended in outcome.hosts.items()} == dict.fromkeys(
        ("a", "b"), (WorkState.FAILED, "No host can speak. all are down. Start them")
    )
    assert (items, handing.read) == ({}, {})


def test_a_key_that_nobody_made_yet_is_told_with_the_step_that_makes_it(handing: Handing) -> None:
    handing.handed = replace(handing.handed, missing={"client.nova": "ceph.users"})
    outcome, _ = handing.to()
    assert "no key to hand over for client.nova" in outcome.hosts["a"].reason
    assert "groundplane apply ceph.users --force" in outcome.hosts["a"].reason
    assert handing.read == {}
