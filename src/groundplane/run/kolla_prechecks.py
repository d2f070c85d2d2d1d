"""The action `kolla_prechecks`: Kolla's own checks of services that are about to run for the first time.

They are Ansible's work, so the engine plays them as it plays services (`service_step`); here is what makes them a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.plan.model import HostAction, ReasonKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.layers.actions import ActionCall
    from groundplane.layers.model import Graph
    from groundplane.plan.model import Plan
    from groundplane.site.site import Site

NAME = "kolla_prechecks"


def state(site: Site) -> Mapping[str, str]:
    """Checks leave nothing behind."""
    del site
    return {}


def carry_out(call: ActionCall) -> None:
    """Raises FailedError: the engine plays it itself."""
    raise FailedError(f"{NAME} can only be a step of a layer with Kolla's services", why=f"on {', '.join(call.hosts)}")


def first_services(plan: Plan, graph: Graph) -> tuple[str, ...]:
    """Kolla's services that the plan runs on a host where they have never been applied, in the plan's order."""
    return tuple(
        service
        for step in plan.steps
        if (service := graph.steps[step.step].service) is not None
        and any(
            host.action is HostAction.RUN and any(reason.kind is ReasonKind.NEVER_APPLIED for reason in host.reasons)
            for host in step.hosts
        )
    )
