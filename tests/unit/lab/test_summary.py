"""A lab as a whole, before and after something was applied, and with a broken site."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.lab.driver import NodeState, NodeStatus
from groundplane.lab.service import LabStatus
from groundplane.lab.site import ensure_site
from groundplane.lab.state import LabFolder
from groundplane.lab.summary import LabSummary, summarize
from groundplane.run.journal.store import open_journal
from groundplane.run.lock import site_lock
from tests.unit.lab.small_lab import small_lab
from tests.unit.lab.test_times import begin

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def status(tmp_path: Path) -> LabStatus:
    lab, folder = small_lab(), LabFolder(tmp_path, "tiny")
    folder.save(lab)
    ensure_site(folder, lab, config=tmp_path / "config", content=toolkit_content())
    account = tmp_path / "account"
    account.mkdir()
    (account / "memory.current").write_text("5000")
    (account / "memory.stat").write_text("file 2000\nshmem 500\n")
    nodes = tuple(NodeStatus(node.name, NodeState.RUNNING, lab.addresses(node)) for node in lab.nodes)
    return LabStatus(lab, folder, nodes, {"node1": account})


def seen(status: LabStatus) -> LabSummary:
    return summarize(status, toolkit_content())


def test_machines_alone(status: LabStatus) -> None:
    found = seen(status)
    assert (found.layers, found.applied) == (("bootstrap",), ())
    assert found.roles == {"manager": ("bare",), "node1": ("bare",)}
    assert found.memory.nodes == {"node1": 3500}
    assert found.ways.trouble == ""
    assert not (status.folder.site / ".groundplane" / "journal.sqlite").exists()


def test_applied(status: LabStatus) -> None:
    journal = open_journal(status.folder.site / ".groundplane", "tiny")
    begin(journal, "r-1", {"bootstrap.access": (0, 10)}, site="tiny")
    journal.close()
    found = seen(status)
    assert found.applied == ("bootstrap",)
    assert found.roles["node1"] == ("managed, and free",)
    data = json.loads(json.dumps(found.as_data()))
    assert data["times"]["layers"]["bootstrap"]["applied"] == 10
    assert [node["memory"] for node in data["nodes"]] == [None, 3500]
    assert data["ways_in"]["doors"] == {}


def test_somebody_works_on_it(status: LabStatus) -> None:
    with site_lock(status.folder.site / ".groundplane", holder="me@here", run="r-2"):
        found = seen(status)
    assert found.at_work is not None
    assert found.as_data()["at_work"] == "r-2"


@pytest.mark.parametrize("text", ["a: [", "", "name: tiny\n"])
def test_a_broken_site_costs_only_what_comes_from_it(status: LabStatus, text: str) -> None:
    (status.folder.site / "site.yml").write_text(text)
    found = seen(status)
    assert found.ways.trouble
    assert found.roles["node1"] == ("bare",)
    assert found.memory.together == 3500
