"""A node of a standing cloud loses its power while a layer is applied, and comes back: `./scripts/test faults`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import FROM_NOTHING
from tests.e2e.faults.processes import begun
from tests.e2e.faults.records import Records, done_twice, never_done
from tests.e2e.people import Identity

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.command import Answer
    from tests.e2e.cloud import Cloud
    from tests.e2e.conftest import Lab
    from tests.e2e.faults.records import Work
    from tests.e2e.faults.table import Table

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(FROM_NOTHING + 5400),
    pytest.mark.usefixtures("dice", "mended_afterwards"),
]

TOLD_SECONDS = 180
"""Until the journal says that the node is away: ssh gives a silent host up after half a minute, and asks again."""
ENDS_SECONDS = 1500
BACK_SECONDS = 900
CONTROL = "node1"


@dataclass(frozen=True, slots=True)
class Loss:
    """A node that goes while a layer is applied.

    Attributes:
        names: what is applied, by force.
        step: the one under way on the node when its power goes.
        alone: whether nothing but the node itself may fail. Where the others' work needs it, that fails in words.
        goes_on: whether there is work that the others finish afterwards. A layer that lives on one host has none.
        longest_delay: seconds into the step.
    """

    layer: str
    names: tuple[str, ...]
    step: str
    node: str
    alone: bool = True
    goes_on: bool = True
    longest_delay: float = 3.0


LOSSES = (
    Loss(
        "bootstrap",
        ("bootstrap.audit", "bootstrap.kernel", "bootstrap.packages", "bootstrap.time"),
        "bootstrap.packages",
        "node2",
    ),
    Loss("supply", ("supply.pull",), "supply.pull", "node2", longest_delay=1.0),
    Loss("ceph", ("ceph.osds", "ceph.pools", "ceph.users"), "ceph.osds", "node3", alone=False),
    Loss(
        "openstack",
        ("openstack.glance", "openstack.horizon", "openstack.nova-cell"),
        "openstack.nova-cell",
        "node3",
        alone=False,
        longest_delay=10.0,
    ),
    # One host is in control: with it goes what the others would need.
    Loss(
        "identity", ("identity.keycloak", "identity.realms"), "identity.keycloak", CONTROL, alone=False, goes_on=False
    ),
    Loss("platform", ("platform",), "platform.projects", CONTROL, alone=False, goes_on=False, longest_delay=0.0),
)


@dataclass(frozen=True, slots=True)
class Lost:
    """A run that lost a node."""

    run: str
    at: datetime
    code: int
    said: str
    planned: Answer
    """A plan that was made while the node was away."""
    containers: set[str]
    """Of Kolla's that ran on the node before."""


def lose(cloud: Cloud, loss: Loss, delay: float) -> Lost:
    """Takes the node's power away while its layer is applied, waits for the run's end, and starts the node again."""
    lab = cloud.lab
    records = Records(lab.state)
    containers = set(cloud.containers(loss.node))
    before = [run for run, _ in records.runs()]
    with begun(lab, "apply", *loss.names, "--force", "--yes") as process:

        def under_way() -> bool:
            assert process.poll() is None, lab.started_output()
            work = records.chain(records.after(before))
            return any((one.step, one.host, one.state) == (loss.step, loss.node, "running") for one in work)

        lab.wait_for(under_way, f"{loss.step} on {loss.node}", 900)
        time.sleep(delay)
        at = datetime.now(UTC).replace(tzinfo=None)
        try:
            stopped = lab.lab("stop", "--kill", loss.node)
            assert stopped.code == 0, str(stopped)
            code = process.wait(ENDS_SECONDS)
            planned = lab.groundplane("plan", timeout=300)
        finally:
            started = lab.lab("start", loss.node)
    assert started.code == 0, str(started)
    lab.on(loss.node, "sh", "-c", "systemctl is-system-running --wait || true")
    (run,) = records.after(before)
    return Lost(run, at, code, lab.started_output(), planned, containers)


def come_back(cloud: Cloud, loss: Loss, containers: set[str]) -> Answer:
    """What the node had by itself stands again, `--resume` does the rest, and the layer verifies; what an apply of all
    layers then said: a power failure leaves its traces elsewhere too."""
    lab = cloud.lab

    def started() -> bool:
        try:
            return set(cloud.containers(loss.node)) >= containers
        except AssertionError:  # Docker itself isn't there yet
            return False

    lab.wait_for(started, f"the containers of {loss.node} to come back by themselves", BACK_SECONDS)
    if loss.node == CONTROL:
        lab.wait_for(cloud.answers, "the cloud's API to come back by itself", BACK_SECONDS)
        lab.wait_for(Identity(cloud).answers, "Keycloak to come back by itself", BACK_SECONDS)
    resumed = lab.groundplane("apply", "--resume", "--yes", timeout=1800)
    assert resumed.code == 0, str(resumed)
    rest = lab.groundplane("apply", "--yes", timeout=1800)
    assert rest.code == 0, str(rest)
    lab.wait_until_verified(loss.layer, seconds=BACK_SECONDS)
    answer, left = lab.plan()
    assert (answer.code, left) == (0, {}), str(answer)
    return rest


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.layer)
def test_a_node_without_power_is_told_and_the_others_go_on(
    cloud: Cloud, loss: Loss, dice: random.Random, remember: Callable[[str], None], faults_table: Table
) -> None:
    records = Records(cloud.lab.state)
    delay = dice.uniform(0, loss.longest_delay)
    remember(f"{loss.node} goes {delay:.1f} s into {loss.step}")
    lost = lose(cloud, loss, delay)

    # What the person at the terminal saw.
    assert lost.code == 1, lost.said
    assert "Traceback" not in lost.said
    assert all(word in lost.said for word in (loss.node, "--resume")), lost.said
    left_out = [line for line in lost.planned.out.splitlines() if line.startswith("Left out")]
    assert lost.planned.code == 0, str(lost.planned)
    assert any(loss.node in line for line in left_out), str(lost.planned)

    # What the journal keeps.
    work = records.chain([lost.run])
    failed = {one.host: one for one in work if one.state in {"failed", "unreachable"}}
    assert failed.keys() == {loss.node} if loss.alone else loss.node in failed, work
    assert not {one.state for one in work} & {"running", "waiting"}, "everything has an end"
    told = min(lost_for(one, lost) for one in work if one.host == loss.node and one.state in {"failed", "unreachable"})
    assert told < TOLD_SECONDS
    later = [one for one in work if one.host != loss.node and one.done and lost_for(one, lost) > 0]
    assert later or not loss.goes_on, f"nothing of the others' was done after {loss.node} was gone\n{lost.said}"

    began = time.monotonic()
    rest = come_back(cloud, loss, lost.containers)
    chain = records.chain([lost.run, *(run for run, _ in records.runs() if run > lost.run)][:2])
    assert done_twice(chain) == []
    assert never_done(records.planned(lost.run), chain) == set()

    others = f", {len(later)} finished on others" if later else ""
    also = ", ".join(sorted(failed.keys() - {loss.node}))
    also = f"; failed with it: {also}" if also else ""
    more = "" if "Nothing to do" in rest.out else ", another apply for what the power failure left"
    faults_table.add(
        f"{loss.node} loses its power in {loss.layer} ({loss.step})",
        plan_said="; ".join(left_out),
        apply_did=f"told after {told:.0f} s, exit code {lost.code}{others}{also}; back again: --resume did the rest"
        f"{more}, verified (seconds from the node's return)",
        seconds=time.monotonic() - began,
    )


def lost_for(work: Work, lost: Lost) -> float:
    """Seconds from the power failure to the work's end."""
    return (datetime.fromisoformat(work.ended) - lost.at).total_seconds()


def test_the_cloud_verifies_after_all_that(cloud_lab: Lab, faults_table: Table) -> None:
    began = time.monotonic()
    cloud_lab.wait_until_verified(seconds=BACK_SECONDS)
    faults_table.add(
        "after all nodes' faults", plan_said="", apply_did="all layers verify", seconds=time.monotonic() - began
    )
