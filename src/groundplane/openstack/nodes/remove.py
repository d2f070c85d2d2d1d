"""The plan to take a node out of a cloud: out of RabbitMQ, Galera, OVN, and all records of its services and agents."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.openstack.compute.hosts import OURS, connection, places, switch
from groundplane.openstack.compute.nova import Nova
from groundplane.openstack.nodes.records import forget_records
from groundplane.openstack.work import api_stage
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.openstack.compute.nova import ComputeHost, Server
    from groundplane.openstack.status.findings import OpenStackState
    from groundplane.openstack.work import Work
    from groundplane.site.site import Site

COMMAND = "openstack node remove"
MINUTES = 20.0
BEFORE = {"rabbitmq": "queues", "ovn_nb_db": "ovn_nb_db", "ovn_sb_db": "ovn_sb_db"}
"""Container to what its node is taken out of while it still runs: a cluster of two can't lose one and then vote."""
AFTER = {"rabbitmq": "rabbitmq", "ovn_sb_db": "chassis", "cinder_api": "cinder"}
"""Container, on a node that stays, to what the node is taken out of once it has stopped."""
PEOPLE = {"mariadb": "MariaDB", "rabbitmq": "RabbitMQ", "ovn_nb_db": "OVN's databases"}


def plan_remove(
    site: Site,
    state: OpenStackState,
    computes: Sequence[ComputeHost],
    servers: Sequence[Server],
    host: str,
    *,
    by: str,
    offline: bool = False,
    check: bool = False,
) -> Operation:
    """What is taken out of what, and what is taken off the host, in order.

    Args:
        state: of all hosts, the API's services included.
        computes: Nova's hosts; `servers` those on this host.
        offline: the host is gone for good, so nothing can be done on it.

    Raises:
        InputError: nobody knows the host, servers are on it, it is the only one of its kind, or what stays isn't well;
            with all reasons.
    """
    command = f"{COMMAND} {host}" + (" --offline" if offline else "")
    title = f"Remove {host} from the cloud"
    names = _names(site, host)
    known = state.hosts.get(host)
    reporters = [one for one in state.services or () if one.host in names]
    there = bool(known and known.containers)
    if not there and not reporters and not (offline and _remembered(site, state, host)):
        if known is None:
            near = suggest(host, [*state.hosts, *(one.host for one in state.services or ())])
            raise InputError(f"Nobody knows a node {host}", cure=near)
        return Operation(command, title, nothing="no container of OpenStack is there, and nothing knows of it")
    problems = list(_problems(site, state, servers, host, offline=offline))
    if problems:
        raise InputError(f"{host} can't be removed", cure="Nothing was changed.", problems=tuple(problems))
    folder = site.content.playbooks / "openstack" / "operations"
    told: dict[str, Any] = {
        "openstack_forgotten_node": host.partition(".")[0],
        "openstack_forgotten_names": sorted(names),
        "openstack_forgotten_address": _address(site, host),
    }
    compute = next((one for one in computes if one.name in names), None)
    lines: list[str] = []
    stages: list[Stage] = []
    if compute is not None:
        lines.append(f"New servers don't come to {host} any more")
        stages.append(_retire(site, compute, by=by, check=check))
    if not offline and not known:
        raise InputError(f"{host} isn't among the hosts that were asked", cure="Add --offline where it is gone.")
    for number, (parts, what) in enumerate(((BEFORE, "leaves"), (AFTER, "is forgotten by"))):
        if number == 1 and not offline:
            lines.append(f"All containers of OpenStack, their volumes and their configuration are taken off {host}")
            stages.append(
                Stage(
                    "openstack.node-clean",
                    f"OpenStack is taken off {host}",
                    folder / "node_clean.yml",
                    (host,),
                    timeout_minutes=MINUTES,
                )
            )
        for speaker, asked in _speakers(state, host, parts).items():
            # Of one that the inventory has forgotten nobody knows what it had; what isn't there is passed over.
            unknown = host not in site.inventory.hosts
            of_it = [part for part in asked if unknown or part in ("chassis", "cinder") or _had(state, host, part)]
            if of_it:
                lines.append(f"{host} {what} {', '.join(_people(of_it))} (by {speaker})")
                stages.append(
                    Stage(
                        f"openstack.node-{'leave' if number == 0 else 'forget'}-{speaker}",
                        f"{host} {what} what is clustered",
                        folder / "node_forget.yml",
                        (speaker,),
                        {**told, "openstack_forgotten_parts": of_it},
                        timeout_minutes=MINUTES,
                    )
                )
    lines.append(f"Nova and Neutron forget the services and agents of {host}")
    stages.append(_forget(site, host, names, check=check))
    return Operation(
        command, title, lines=tuple(lines), stages=tuple(stages), warnings=tuple(_warnings(site, state, host))
    )


def _names(site: Site, host: str) -> frozenset[str]:
    short = host.partition(".")[0]
    return frozenset({host, short, f"{short}.{site.file.domain}"})


def _address(site: Site, host: str) -> str:
    """By which the other nodes know it; empty where it isn't in the inventory any more."""
    if host not in site.inventory.hosts:
        return ""
    value = site.variables.value("openstack_api_network", host)
    network = str(value.value) if value is not None and "{{" not in str(value.value) else site.file.management_network
    return site.networks.address(host, network) or ""


def _remembered(site: Site, state: OpenStackState, host: str) -> bool:
    """Whether a cluster still counts it."""
    member = f"rabbit@{host.partition('.')[0]}"
    address = _address(site, host)
    for known in state.hosts.values():
        if member in (known.clusters.get("rabbitmq", {}).get("nodes") or {}):
            return True
        for database in ("ovn_nb", "ovn_sb"):
            servers = known.clusters.get(database, {}).get("servers") or {}
            if address and any(f":{address}:" in one["address"] for one in servers.values()):
                return True
    return False


def _had(state: OpenStackState, host: str, part: str) -> bool:
    """Whether the node runs, or ought to run, what the part is about."""
    container = {"queues": "rabbitmq"}.get(part, part)
    known = state.hosts.get(host)
    return container in state.wanted_on(host) or bool(known and known.container(container))


def _speakers(state: OpenStackState, host: str, parts: dict[str, str]) -> dict[str, list[str]]:
    """Node that stays to the parts that are asked of it: the first that runs the container well."""
    found: dict[str, list[str]] = {}
    for container, part in parts.items():
        for name, known in state.hosts.items():
            one = known.container(container)
            if name != host and one is not None and one.state == "running":
                found.setdefault(name, []).append(part)
                break
    return found


def _people(parts: Sequence[str]) -> list[str]:
    names = {
        "queues": "RabbitMQ's queues",
        "ovn_nb_db": "OVN's northbound database",
        "ovn_sb_db": "OVN's southbound database",
        "rabbitmq": "RabbitMQ",
        "chassis": "OVN",
        "cinder": "Cinder",
    }
    return [names[part] for part in parts]


def _problems(
    site: Site, state: OpenStackState, servers: Sequence[Server], host: str, *, offline: bool
) -> Iterator[Problem]:
    known = state.hosts.get(host)
    if offline and known is not None and known.reachable:
        yield Problem(f"{host} answers", "Leave --offline out; or switch it off, so that nothing of it comes back.")
    if not offline and (known is None or not known.reachable):
        why = known.error if known is not None else "it isn't in the inventory"
        yield Problem(f"{host} can't be reached: {why}", "Bring it back; or, where it is gone for good, add --offline.")
    if servers:
        verb = "evacuate" if offline else "drain"
        yield Problem(
            f"{counted(len(servers), 'server')} {'is' if len(servers) == 1 else 'are'} on it",
            f"groundplane openstack compute {verb} {host}",
        )
    only = sorted(
        one.name
        for one in state.wanted
        if host in one.hosts and not any(_runs(state, other, one.name) for other in state.hosts if other != host)
    )
    if only:
        yield Problem(
            f"no other node runs {', '.join(only)}",
            "Put another one into the same groups first, and groundplane openstack node add it.",
        )
    for container, people in PEOPLE.items():
        yield from _quorum(state, host, container, people)
    if state.api_error:
        yield Problem("the cloud's API doesn't answer", "groundplane openstack status says what is wrong.")
    if host in site.inventory.group_hosts.get("managers", ()) and len(site.inventory.group_hosts["managers"]) == 1:
        yield Problem(f"{host} is the site's only manager", "Give that work to another host first.")


def _quorum(state: OpenStackState, host: str, container: str, people: str) -> Iterator[Problem]:
    """What stays has to be well without the node: every other member has to run."""
    if not _had(state, host, container):
        return
    for one in state.wanted:
        if one.name != container:
            continue
        ill = [other for other in one.hosts if other != host and not _runs(state, other, container)]
        if ill:
            yield Problem(
                f"{people} doesn't run on {', '.join(ill)}, so no other member may go",
                f"Bring it back first: groundplane openstack status --limit {ill[0]}",
            )


def _runs(state: OpenStackState, host: str, container: str) -> bool:
    known = state.hosts.get(host)
    one = known.container(container) if known is not None else None
    return one is not None and one.state == "running"


def _warnings(site: Site, state: OpenStackState, host: str) -> Iterator[str]:
    left = sum(len([other for other in one.hosts if other != host]) for one in state.wanted if one.name == "rabbitmq")
    if _had(state, host, "rabbitmq") and left and left % 2 == 0:
        yield f"{left} nodes with MariaDB, RabbitMQ and OVN's databases remain, of which {(left - 1) // 2} may fail."
    if host in site.inventory.hosts:
        yield (
            f"{host} is still in the inventory: when this is done, take it out of OpenStack's groups in "
            "inventory/hosts.yml and call groundplane apply openstack, which writes the others' configuration anew."
        )


def _retire(site: Site, compute: ComputeHost, *, by: str, check: bool) -> Stage:
    def work(told: Work) -> None:
        with closing(connection(site)) as cloud:
            switch(Nova(cloud), compute, told, enabled=False, reason=f"{OURS}removed by {by}")

    shown = places(site, [compute.name])
    what = f"New servers don't come to {compute.name}"
    return api_stage("openstack.node-retire", what, shown, work, minutes=MINUTES, check=check)


def _forget(site: Site, host: str, names: frozenset[str], *, check: bool) -> Stage:
    def work(told: Work) -> None:
        with closing(connection(site)) as cloud:
            forget_records(cloud, names, told)

    shown = places(site, [host])
    what = f"Nova and Neutron forget {host}"
    return api_stage("openstack.node-records", what, shown, work, minutes=MINUTES, check=check)
