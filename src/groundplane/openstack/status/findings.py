"""What is wrong with OpenStack's containers, clusters and services, each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.findings import Finding, Severity
from groundplane.openstack.status.hosts import RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.kolla.containers import KollaContainer
    from groundplane.openstack.status.hosts import Container, HostState
    from groundplane.openstack.status.services import CloudService

MANY_RESTARTS = 3


@dataclass(frozen=True, slots=True)
class OpenStackState:
    """What was learnt.

    Attributes:
        wanted: what should run where.
        vips: name to address.
        services: None where the API wasn't asked; empty, with `api_error`, where it didn't answer.
    """

    hosts: Mapping[str, HostState]
    wanted: Sequence[KollaContainer]
    vips: Mapping[str, str] = field(default_factory=dict)
    services: Sequence[CloudService] | None = None
    api_error: str = ""

    def wanted_on(self, host: str) -> dict[str, str]:
        """Container to Kolla's service."""
        return {one.name: one.service for one in self.wanted if host in one.hosts}

    def holders(self, address: str) -> tuple[str, ...]:
        """Hosts on whose interfaces an address is."""
        return tuple(host for host, state in self.hosts.items() if address in state.addresses)


def findings(state: OpenStackState) -> tuple[Finding, ...]:
    """The worst first."""
    found = [
        *_host_findings(state),
        *_container_findings(state),
        *_address_findings(state),
        *_galera(state),
        *_rabbitmq(state),
        *_ovn(state),
        *_service_findings(state),
    ]
    return tuple(sorted(found, key=lambda one: list(Severity).index(one.severity)))


def _host_findings(state: OpenStackState) -> Iterator[Finding]:
    for host, known in state.hosts.items():
        if not known.reachable:
            yield Finding(Severity.ERROR, f"{host} can't be reached: {known.error}", "Bring it back.")
        elif known.error:
            yield Finding(
                Severity.ERROR,
                f"{host}: {known.error}",
                "On the host: systemctl status docker; groundplane apply bootstrap.docker",
            )


def _container_findings(state: OpenStackState) -> Iterator[Finding]:
    for host, known in state.hosts.items():
        if not known.reachable or known.error:
            continue
        wanted = state.wanted_on(host)
        there = {one.name: one for one in known.containers}
        if wanted and not there:
            yield Finding(
                Severity.ERROR,
                f"{host} has none of its {counted(len(wanted), 'container')}",
                "groundplane apply openstack",
            )
            continue
        missing: dict[str, list[str]] = {}
        for name, service in wanted.items():
            if name not in there:
                missing.setdefault(service, []).append(name)
        for service, names in missing.items():
            yield Finding(Severity.ERROR, f"{host} lacks {', '.join(names)}", f"groundplane apply openstack.{service}")
        for one in known.containers:
            yield from _one(host, one, wanted.get(one.name))
        strangers = [name for name in there if name not in wanted]
        if strangers:
            yield Finding(
                Severity.NOTE,
                f"{host} has {', '.join(strangers)}, which the site doesn't ask for there",
                "groundplane openstack cleanup removes what services left over that were switched off.",
            )


def _one(host: str, one: Container, service: str | None) -> Iterator[Finding]:
    logs = f"groundplane openstack logs {one.name} --host {host}"
    if one.state != RUNNING:
        ended = f" with code {one.exit_code}" if one.state == "exited" else ""
        cure = f"{logs} says why; groundplane apply openstack.{service} starts it." if service else f"{logs} says why."
        yield Finding(
            Severity.ERROR if service else Severity.WARNING, f"{one.name} on {host} is {one.state}{ended}", cure
        )
    elif one.health == "unhealthy":
        details = (one.said,) if one.said else ()
        yield Finding(Severity.ERROR, f"{one.name} on {host} is unhealthy", f"{logs} says more.", details=details)
    elif one.restarts >= MANY_RESTARTS:
        yield Finding(
            Severity.WARNING,
            f"{one.name} on {host} was started anew {one.restarts} times by systemd",
            f"{logs} says why it ended.",
        )


def _address_findings(state: OpenStackState) -> Iterator[Finding]:
    unknown = any(not known.reachable for known in state.hosts.values())
    for name, address in state.vips.items():
        holders = state.holders(address)
        if len(holders) > 1:
            yield Finding(
                Severity.ERROR,
                f"The virtual address {address} ({name}) is on {' and '.join(holders)} at once",
                "Their keepalived don't hear each other: VRRP (protocol 112) between them is cut off. "
                "groundplane openstack logs keepalived",
            )
        elif not holders and not unknown:
            yield Finding(
                Severity.ERROR,
                f"The virtual address {address} ({name}) is on no host",
                "groundplane openstack logs keepalived says why; groundplane apply openstack.loadbalancer",
            )


def _members(state: OpenStackState, cluster: str) -> dict[str, Mapping[str, object]]:
    return {host: known.clusters[cluster] for host, known in state.hosts.items() if cluster in known.clusters}


def _unanswered(state: OpenStackState, cluster: str, people: str, container: str) -> Iterator[Finding]:
    for host, told in _members(state, cluster).items():
        if "error" in told:
            yield Finding(
                Severity.WARNING,
                f"{people} on {host} doesn't answer: {told['error']}",
                f"groundplane openstack logs {container} --host {host}",
            )


def _count(state: OpenStackState, container: str) -> int:
    return sum(len(one.hosts) for one in state.wanted if one.name == container)


def _galera(state: OpenStackState) -> Iterator[Finding]:
    yield from _unanswered(state, "galera", "MariaDB", "mariadb")
    members = {host: told for host, told in _members(state, "galera").items() if "error" not in told}
    wanted = _count(state, "mariadb")
    for host, told in members.items():
        if told["status"] != "Primary":
            yield Finding(
                Severity.ERROR,
                f"MariaDB on {host} is in no quorum (Galera: {told['status'] or 'unknown'})",
                "Bring the other members back; where all were down: groundplane openstack service deploy mariadb "
                "-e mariadb_recover=true begins with the member that has the newest data.",
            )
        elif told["state"] != "Synced":
            yield Finding(
                Severity.WARNING,
                f"MariaDB on {host} is {told['state']}, not Synced",
                "It fetches data from another member; wait.",
            )
    sizes = {int(str(told["size"])) for told in members.values() if told["status"] == "Primary"}
    if sizes and max(sizes) < wanted:
        yield Finding(
            Severity.WARNING,
            f"MariaDB's cluster has {counted(max(sizes), 'member')} of {wanted}",
            "groundplane apply openstack.mariadb brings the missing one in.",
        )


def _rabbitmq(state: OpenStackState) -> Iterator[Finding]:
    yield from _unanswered(state, "rabbitmq", "RabbitMQ", "rabbitmq")
    seen: set[str] = set()
    wanted = _count(state, "rabbitmq")
    for host, told in _members(state, "rabbitmq").items():
        nodes = told.get("nodes")
        if not isinstance(nodes, dict):
            continue
        down = sorted(name for name, node in nodes.items() if not node["running"])
        for name in down:
            if name not in seen:
                yield Finding(
                    Severity.ERROR,
                    f"RabbitMQ's {name} doesn't run, as {host} sees it",
                    "Bring its host back; where it is gone for good: groundplane openstack node remove HOST --offline",
                )
            seen.add(name)
        for name, node in nodes.items():
            for alarm in node["alarms"]:
                if (key := f"{name} {alarm}") not in seen:
                    seen.add(key)
                    what = "memory" if alarm == "mem_alarm" else "room on its disk"
                    yield Finding(
                        Severity.ERROR,
                        f"RabbitMQ's {name} takes no messages: it is short of {what}",
                        "Give the host more, or look for queues that nobody reads: docker exec rabbitmq rabbitmqctl "
                        "list_queues name messages",
                    )
            if node["partitions"] and f"{name} partition" not in seen:
                seen.add(f"{name} partition")
                yield Finding(
                    Severity.ERROR,
                    f"RabbitMQ's {name} has parted from {', '.join(node['partitions'])}",
                    "Mend the network between them, then restart that container.",
                )
        if len(nodes) < wanted and "size" not in seen:
            seen.add("size")
            yield Finding(
                Severity.WARNING,
                f"RabbitMQ's cluster has {counted(len(nodes), 'member')} of {wanted}, as {host} sees it",
                "groundplane apply openstack.rabbitmq",
            )


def _ovn(state: OpenStackState) -> Iterator[Finding]:
    for cluster, people in (("ovn_nb", "OVN's northbound database"), ("ovn_sb", "OVN's southbound database")):
        container = f"{cluster}_db"
        yield from _unanswered(state, cluster, people, container)
        members = {host: told for host, told in _members(state, cluster).items() if "error" not in told}
        wanted = _count(state, container)
        if members and not any(told.get("role") == "leader" for told in members.values()):
            yield Finding(
                Severity.ERROR,
                f"{people} has no leader",
                f"More than half of its members have to run: groundplane openstack logs {container}",
            )
        servers = [told["servers"] for told in members.values()]
        sizes = {len(one) for one in servers if isinstance(one, dict)}
        if sizes and max(sizes) > wanted > 0:
            yield Finding(
                Severity.WARNING,
                f"{people} counts {max(sizes)} members and has {wanted}: one that is gone was never taken out",
                "groundplane openstack node remove HOST --offline",
            )
        elif sizes and max(sizes) < wanted:
            yield Finding(
                Severity.WARNING,
                f"{people} has {counted(max(sizes), 'member')} of {wanted}",
                "groundplane apply openstack.ovn-db",
            )


def _service_findings(state: OpenStackState) -> Iterator[Finding]:
    if state.api_error:
        yield Finding(
            Severity.ERROR,
            state.api_error,
            "The containers above say what is missing; groundplane openstack logs haproxy, keystone",
        )
    for one in state.services or ():
        name = f"{one.binary} on {one.host}" + (f" ({one.backend})" if one.backend else "")
        if not one.up:
            gone = one.host not in state.hosts
            yield Finding(
                Severity.ERROR,
                f"{name} doesn't report" + (f" since {one.updated}" if one.updated else ""),
                f"groundplane openstack node remove {one.host} --offline forgets a host that is gone."
                if gone
                else f"groundplane openstack logs {one.service} --host {one.host}",
            )
        if not one.enabled:
            why = f": {one.reason}" if one.reason else ""
            cure = f"groundplane openstack compute enable {one.host}" if one.binary == "nova-compute" else ""
            yield Finding(Severity.NOTE, f"{name} takes no new work{why}", cure)
