"""What `lab up` closes with and `lab status` shows, in a terminal of 80 columns and in a pipe."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from groundplane.cli import show_lab
from groundplane.cli.show_lab import done_in_words, path, show_status
from groundplane.lab.deploy import Deployed
from groundplane.lab.driver import NodeState, NodeStatus
from groundplane.lab.measured import Measured
from groundplane.lab.memory_use import MemoryUse
from groundplane.lab.service import LabIsUp, LabStatus
from groundplane.lab.state import LabFolder
from groundplane.lab.summary import LabSummary
from groundplane.lab.times import LayerTime, Times
from groundplane.lab.ways_in import Account, Door, WaysIn
from tests.unit.lab.small_lab import small_lab

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1024**3
LAYERS = ("bootstrap", "supply", "ceph", "openstack", "identity", "platform")


@pytest.fixture
def cloud(tmp_path: Path) -> LabSummary:
    lab = small_lab(nodes=3).model_copy(update={"profile": "cloud"})
    nodes = tuple(NodeStatus(node.name, NodeState.RUNNING, lab.addresses(node)) for node in lab.nodes)
    ways = WaysIn(
        doors=(Door("Horizon", "https://172.31.0.241/"), Door("Keycloak", "https://172.31.0.241:8443/")),
        addresses={"internal": "172.31.0.240", "external": "172.31.0.241"},
        floating=("172.31.2.200-172.31.2.250",),
        routes=("172.31.0.241/32", "172.31.2.0/24"),
        authority=tmp_path / "ca.crt",
        accounts=(
            Account("anna", "acme_anna_password", "Acme", "Keycloak", ("web",)),
            Account("admin", "keystone_admin_password", "domain Default", "Keystone", ("admin",)),
        ),
        entries=("tiny-demo", "tiny-acme-web"),
    )
    times = Times(
        (LayerTime("bootstrap", 108, 20), LayerTime("supply", 89, None, pulled=68, built=10)),
        "20260301-120000-abcd",
        786,
        (("supply.pull", 68.0), ("identity.keycloak", 73.0)),
        dict.fromkeys(LAYERS, "r-1"),
    )
    used = MemoryUse({"node1": 6 * GIB}, 9 * GIB, 10 * GIB)
    measured = Measured(MemoryUse({"node1": 7 * GIB}, 11 * GIB, 12 * GIB), {"images": 1034.0, "apply": 1500.0})
    return LabSummary(LabStatus(lab, LabFolder(tmp_path, "tiny"), nodes), LAYERS, LAYERS, ways, times, used, measured)


def shown(summary: LabSummary, monkeypatch: pytest.MonkeyPatch, *, width: int = 80) -> str:
    out = Console(file=StringIO(), width=width, force_terminal=True, no_color=True, highlight=False)
    monkeypatch.setattr(show_lab, "console", lambda: out)
    show_status(summary, machine="me@rack", as_json=False)
    text = out.file
    assert isinstance(text, StringIO)
    return re.sub(r"\x1b\[[0-9;]*m", "", text.getvalue())


def test_a_cloud_at_80_columns(cloud: LabSummary, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(cloud, monkeypatch)
    for words in (
        "https://172.31.0.241:8443/",
        "172.31.2.200-172.31.2.250",
        "sshuttle -r me@rack 172.31.0.241/32 172.31.2.0/24",
        "ssh -D 1080 me@rack",
        "groundplane secrets show --reveal NAME",
        "acme_anna_password",
        "openstack --os-cloud tiny-acme-web token issue",
        "supply 1m29s (building 10s, pulling 1m08s)",
        "images 17m14s, apply 25m00s",
        "supply.pull 1m08s → identity.keycloak 1m13s",
        "nodes 9.0 GiB now, 11.0 GiB at most",
        "groundplane lab down --name tiny",
    ):
        assert words in text, text
    # Two screens, and only what is to be copied may be longer than a line.
    assert len(text.splitlines()) < 66
    long = [line for line in text.splitlines() if len(line.rstrip()) > 80]
    assert all("ca.crt" in line or "cd " in line or "source " in line for line in long), long


def test_storage_alone_has_no_doors(cloud: LabSummary, monkeypatch: pytest.MonkeyPatch) -> None:
    ceph = LAYERS[:3]
    found = replace(cloud, layers=ceph, applied=ceph, ways=WaysIn(authority=cloud.ways.authority))
    text = shown(found, monkeypatch)
    for word in ("Horizon", "Keycloak", "sshuttle", "os-cloud", "log in\n", "secrets"):
        assert word not in text, text
    assert "groundplane ceph status" in text
    assert "Ceph's disks" in text


def test_nothing_is_claimed_that_was_not_measured(cloud: LabSummary, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(replace(cloud, measured=Measured()), monkeypatch)
    assert "at most" not in text
    assert "memory" in text


def test_nodes_that_stand_still(cloud: LabSummary, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = (replace(cloud.status.nodes[0], state=NodeState.STOPPED), *cloud.status.nodes[1:])
    text = shown(replace(cloud, status=replace(cloud.status, nodes=nodes)), monkeypatch)
    assert "not all of it runs" in text
    assert "stopped" in text


def test_names_and_trouble_are_told(cloud: LabSummary, monkeypatch: pytest.MonkeyPatch) -> None:
    named = replace(cloud.ways, names={"cloud.tiny.test": "172.31.0.241"})
    assert "172.31.0.241 cloud.tiny.test | sudo tee -a /etc/hosts" in shown(replace(cloud, ways=named), monkeypatch)
    text = shown(replace(cloud, ways=WaysIn(trouble="The identity layer's options have 1 problem")), monkeypatch)
    assert "How to come in can't be told: The identity layer's options have 1 problem" in text


def test_a_path_names_its_longest_steps_in_order() -> None:
    steps = [(f"a.s{number}", float(number)) for number in (9, 1, 8, 2, 7, 6, 5, 4)]
    assert path(steps) == "a.s9 9.0s → a.s8 8.0s → a.s7 7.0s → a.s6 6.0s → a.s5 5.0s → a.s4 4.0s; 2 others 3.0s"
    assert path(steps[:2]) == "a.s9 9.0s → a.s1 1.0s"


@pytest.mark.parametrize(
    ("changed", "applied", "verified", "said"),
    [
        ((), False, False, "Nothing had to be done. bootstrap, ceph: up to date, and verified before."),
        # A second call after one that failed: the lab stood, and steps ran all the same.
        ((), True, True, "bootstrap, ceph: applied and verified."),
        ((), False, True, "bootstrap, ceph: up to date, and verified now."),
        (("a", "b"), True, True, "2 things made or started; bootstrap, ceph: applied and verified."),
        (("a",), False, False, "1 thing made or started; bootstrap, ceph: up to date, and verified before."),
    ],
)
def test_what_a_call_did(tmp_path: Path, changed: tuple[str, ...], *, applied: bool, verified: bool, said: str) -> None:
    is_up = LabIsUp(small_lab(), LabFolder(tmp_path, "tiny"), changed)
    assert done_in_words(is_up, Deployed(("bootstrap", "ceph"), applied, verified)) == said


def test_machines_alone(tmp_path: Path) -> None:
    is_up = LabIsUp(small_lab(), LabFolder(tmp_path, "tiny"), ())
    assert done_in_words(is_up, Deployed((), applied=False, verified=False)) == "Nothing had to be done."
