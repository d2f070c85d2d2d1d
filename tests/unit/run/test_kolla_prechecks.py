"""Which services Kolla's prechecks are asked about."""

from __future__ import annotations

from dataclasses import replace

from groundplane.plan.model import HostAction, Reason, ReasonKind
from groundplane.run.kolla_prechecks import first_services
from tests.unit.run.builders import graph, plan, planned, step

GRAPH = graph(
    step("openstack.hosts"),
    *(replace(step(f"openstack.{name}"), playbook=None, service=name) for name in ("glance", "nova", "cinder")),
)


def test_only_services_that_were_never_applied_somewhere() -> None:
    changed = (Reason(kind=ReasonKind.INPUTS_CHANGED, details=("x",)),)
    work = plan(
        planned("openstack.hosts", ["a"]),
        planned("openstack.glance", ["a", "b"]),
        planned("openstack.nova", ["a"], reasons=changed),
        planned("openstack.cinder", {"a": HostAction.UP_TO_DATE}),
    )
    assert first_services(work, GRAPH) == ("glance",)
