"""kolla-ansible's actions for services that a person names, as a plan that the engine carries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.plan.survey import survey
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.layers.model import Graph
    from groundplane.plan.model import HostProbe, Plan
    from groundplane.plan.receipts import ReceiptStore
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

ALL = "all"


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """What can be done with services.

    Attributes:
        kolla: kolla-ansible's own word for it.
        description: for people.
        changes: whether anything on the hosts changes.
        asks: whether a person is asked first.
        check: Ansible's check mode.
    """

    kolla: str
    description: str
    changes: bool = True
    asks: bool = False
    check: bool = False


ACTIONS: Mapping[str, ServiceAction] = {
    "prechecks": ServiceAction("precheck", "looks whether it could be deployed", changes=False),
    "pull": ServiceAction("pull", "brings its images to the hosts"),
    "deploy": ServiceAction("deploy", "configures and starts it", asks=True),
    "reconfigure": ServiceAction("reconfigure", "configures it anew, and restarts what that changes", asks=True),
    "upgrade": ServiceAction("upgrade", "takes it to the release of the site", asks=True),
    "stop": ServiceAction("stop", "stops its containers", asks=True),
    "genconfig": ServiceAction("config", "shows what of its configuration would change", changes=False, check=True),
}


def plan_services(
    site: Site,
    graph: Graph,
    store: ReceiptStore,
    connection: SshConnection,
    names: Sequence[str],
    *,
    limit: str | None = None,
) -> tuple[Plan, Mapping[str, HostProbe]]:
    """A plan of exactly these services' steps on their hosts, and what the hosts answered.

    Args:
        names: services by Kolla's names, or steps; ALL for all that the site has.

    Raises:
        InputError: a name is no service of the site, or what a plan refuses.
    """
    steps = find_services(graph, names)
    plan, probe = survey(site, graph, store, connection, selection=steps, limit=limit, force=True)
    kept = tuple(step for step in plan.steps if step.step in steps)
    return plan.model_copy(update={"steps": kept}), probe or {}


def find_services(graph: Graph, names: Sequence[str]) -> tuple[str, ...]:
    """The steps of these services, in the graph's order.

    Raises:
        InputError: a name is no service of the site.
    """
    known = {step.service: step.id for step in graph.steps.values() if step.service is not None}
    if not known:
        raise InputError("This site has no services of Kolla's", cure="Add 'openstack' to layers in site.yml.")
    if ALL in names:
        return tuple(id_ for id_ in graph.order if graph.steps[id_].service is not None)
    problems = [
        Problem(f"There is no service '{name}' on this site", suggest(name, known, f"Services: {', '.join(known)}."))
        for name in names
        if name not in known and name not in known.values()
    ]
    if problems:
        raise InputError("That is not a service of this site", problems=tuple(problems))
    wanted = {known.get(name, name) for name in names}
    return tuple(id_ for id_ in graph.order if id_ in wanted)
