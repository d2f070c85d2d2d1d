"""The plan to remove containers that were left over: of services that were switched off, or that moved elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.kolla.containers import kolla_containers
from groundplane.openstack.registered import remove_stage
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.layers.model import Graph
    from groundplane.openstack.registered import Entry
    from groundplane.plan.model import Leftover
    from groundplane.site.site import Site

COMMAND = "openstack cleanup"
LAYER = "openstack"
MINUTES = 20.0
CLUSTERED = {
    "mariadb": "MariaDB's cluster",
    "rabbitmq": "RabbitMQ's cluster",
    "ovn_nb_db": "OVN's databases",
    "ovn_sb_db": "OVN's databases",
}
"""Container to what would go on counting it as a member that is missing."""


def plan_cleanup(
    site: Site,
    graph: Graph,
    found: Sequence[Leftover],
    names: Sequence[str] = (),
    *,
    entries: Sequence[Entry] = (),
    check: bool = False,
) -> Operation:
    """Takes services out of Keystone's catalogue, and containers off hosts, with their units and configuration.

    Args:
        found: what plans name as left over, see `groundplane.plan.leftovers`.
        names: services by Kolla's names, or steps; all where there are none.
        entries: of the catalogue, those of `switched_off` services.

    Raises:
        InputError: of a named service nothing is left over, or something can't be removed so; with all reasons.
    """
    command = " ".join((COMMAND, *names))
    chosen = choose(found, names)
    if not chosen:
        return Operation(command, "Remove what was left over", nothing="no host has containers that were left over")
    problems = list(_problems(site, graph, chosen))
    if problems:
        raise InputError("They can't be removed so", cure="Nothing was changed.", problems=tuple(problems))
    hosts = tuple(host for host in site.inventory.hosts if any(left.host == host for left in chosen))
    folder = site.content.playbooks / LAYER / "operations"
    number = counted(sum(len(left.containers) for left in chosen), "container")
    return Operation(
        command,
        f"Remove {number} that the site doesn't ask for",
        lines=(*_of_catalogue(entries), *_lines(chosen)),
        stages=(
            *((remove_stage(site, entries, check=check),) if entries else ()),
            Stage(
                "openstack.cleanup",
                f"{number} left over",
                folder / "leftovers_clean.yml",
                hosts,
                {"openstack_leftovers": {host: _of_host(graph, chosen, host) for host in hosts}},
                timeout_minutes=MINUTES,
            ),
        ),
        warnings=tuple(_warnings(graph, chosen)),
    )


def choose(found: Sequence[Leftover], names: Sequence[str]) -> list[Leftover]:
    """Those of the layer that are meant.

    Raises:
        InputError: of a named service nothing is left over.
    """
    ours = [left for left in found if left.step.partition(".")[0] == LAYER]
    if not names:
        return ours
    known = {left.step.partition(".")[2]: left.step for left in ours}
    problems = tuple(
        Problem(f"Nothing is left over of '{name}'", suggest(name, known, _left(known)))
        for name in names
        if name not in known and name not in known.values()
    )
    if problems:
        raise InputError("There is nothing to remove of that", cure="Nothing was changed.", problems=problems)
    wanted = {known.get(name, name) for name in names}
    return [left for left in ours if left.step in wanted]


def _left(known: Mapping[str, str]) -> str:
    return f"Left over are containers of {', '.join(known)}." if known else "No host has any that were left over."


def _problems(site: Site, graph: Graph, chosen: Sequence[Leftover]) -> Iterator[Problem]:
    running = {host for container in kolla_containers(site) for host in container.hosts}
    leaving = dict.fromkeys(left.host for left in chosen if left.host not in running)
    for host in leaving:
        yield Problem(
            f"{host} is in no group that runs OpenStack any more: all of it is to go",
            f"groundplane openstack node remove {host} takes it out of what is clustered, too.",
        )
    for left in chosen:
        members = dict.fromkeys(CLUSTERED[name] for name in left.containers if name in CLUSTERED)
        if members and left.host not in leaving and left.step in graph.steps:
            yield Problem(
                f"{left.host} is a member of {' and '.join(members)}",
                f"groundplane openstack node remove {left.host} takes it out in order; node add {left.host} brings "
                "back what it is to run.",
            )


def _of_host(graph: Graph, chosen: Sequence[Leftover], host: str) -> dict[str, Any]:
    mine = [left for left in chosen if left.host == host]
    return {
        "containers": sorted({name for left in mine for name in left.containers}),
        "steps": [left.step for left in mine if host not in graph.hosts.get(left.step, ())],
    }


def switched_off(graph: Graph, chosen: Sequence[Leftover]) -> tuple[str, ...]:
    """The services that run nowhere any more, by Kolla's names."""
    return tuple(dict.fromkeys(left.step.partition(".")[2] for left in chosen if left.step not in graph.steps))


def _of_catalogue(entries: Sequence[Entry]) -> Iterator[str]:
    if entries:
        named = ", ".join(f"{one.name} ({one.type})" for one in entries)
        yield f"Keystone's catalogue no longer lists {named}"


def _lines(chosen: Sequence[Leftover]) -> Iterator[str]:
    by_step: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for left in chosen:
        by_step.setdefault((left.step, left.containers), []).append(left.host)
    for (step, containers), hosts in by_step.items():
        verb = "is" if len(containers) == 1 else "are"
        yield f"{', '.join(containers)} of {step} {verb} taken off {', '.join(hosts)}"


def _warnings(graph: Graph, chosen: Sequence[Leftover]) -> Iterator[str]:
    gone = switched_off(graph, chosen)
    if gone:
        yield (
            f"The databases of {', '.join(gone)}, their volumes and their users in Keystone stay: switched on again "
            "they go on with them. Who doesn't want them any more removes them by hand."
        )
