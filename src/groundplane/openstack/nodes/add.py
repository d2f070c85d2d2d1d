"""What a host of the inventory would get when it comes to the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.openstack.compute.hosts import OURS, plan_switch
from groundplane.run.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.openstack.compute.nova import ComputeHost
    from groundplane.openstack.status.findings import OpenStackState
    from groundplane.openstack.status.hosts import HostState
    from groundplane.site.site import Site

COMMAND = "openstack node add"
NAMING = "bootstrap.naming"
"""The step by which hosts know each other's names. RabbitMQ's members look for each other by name, so the others have
to know the new one's before it joins."""
CLUSTERED = {"mariadb": "MariaDB's cluster", "rabbitmq": "RabbitMQ's cluster", "ovn_nb_db": "OVN's databases"}


def plan_add(
    site: Site,
    state: OpenStackState,
    computes: Sequence[ComputeHost],
    host: str,
    *,
    by: str,
    check: bool = False,
) -> Operation:
    """What it gets, in lines; the stages only take back that it was retired. Applying the layer does the rest.

    Raises:
        InputError: the inventory doesn't have the host, or not in a group of the layer; what it would join isn't well;
            with all reasons.
    """
    command = f"{COMMAND} {host}"
    title = f"Add {host} to the cloud"
    problems = list(_problems(site, state, host))
    if problems:
        raise InputError(f"{host} can't be added", cure="Nothing was changed.", problems=tuple(problems))
    wanted = state.wanted_on(host)
    known = state.hosts[host]
    missing = {
        name: service
        for name, service in wanted.items()
        if (there := known.container(name)) is None or there.state != "running"
    }
    short = host.partition(".")[0]
    retired = [
        one
        for one in computes
        if one.name.partition(".")[0] == short and not one.enabled and one.reason.startswith(f"{OURS}removed")
    ]
    again = plan_switch(site, computes, [retired[0].name], enabled=True, by=by, check=check) if retired else None
    if not missing and again is None:
        return Operation(command, title, nothing="it is a part of it, with all that the site asks for")
    return Operation(
        command,
        title,
        lines=tuple(_lines(state, host, missing, len(wanted))),
        stages=again.stages if again is not None else (),
    )


def _problems(site: Site, state: OpenStackState, host: str) -> Iterator[Problem]:
    if host not in site.inventory.hosts:
        cure = f"Add it to inventory/hosts.yml, in compute, control or network. {site.inventory.suggest_name(host)}"
        yield Problem(f"the inventory has no host {host}", cure)
        return
    if not state.wanted_on(host):
        yield Problem(
            f"{host} is in none of the groups that run OpenStack",
            "Add it to compute (virtual machines), control (APIs, databases) or network (gateways).",
            site.inventory.hosts[host].place,
        )
        return
    known = state.hosts[host]
    if not known.reachable:
        yield Problem(
            f"{host} can't be reached: {known.error}", "groundplane hosts trust pins its key on first contact."
        )
    for container, people in CLUSTERED.items():
        if container not in state.wanted_on(host):
            continue
        for one in state.wanted:
            ill = [
                other
                for other in one.hosts
                if one.name == container and other != host and not _runs(state.hosts.get(other), container)
            ]
            if ill:
                yield Problem(
                    f"{people} isn't whole: {', '.join(ill)} {'is' if len(ill) == 1 else 'are'} missing",
                    "Bring them back first, or take them out: groundplane openstack node remove HOST",
                )


def _runs(known: HostState | None, container: str) -> bool:
    one = known.container(container) if known is not None else None
    return one is not None and one.state == "running"


def _lines(state: OpenStackState, host: str, missing: dict[str, str], wanted: int) -> Iterator[str]:
    yield f"All hosts learn its name; what was never applied on {host} of the layers below is applied"
    services = list(dict.fromkeys(missing.values()))
    if missing:
        number = f"{counted(len(missing), 'container')}" + (f" of {wanted}" if len(missing) < wanted else "")
        yield f"It gets {number}: {', '.join(services)}"
    joins = [people for container, people in CLUSTERED.items() if container in missing]
    if joins:
        yield f"It joins {', '.join(joins)}; the others' configuration is written anew and their services are restarted"
    if "nova_compute" in missing:
        yield "Nova discovers it, and servers may come to it"
