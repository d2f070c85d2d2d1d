"""The whole state in a few rows: by service, and what is clustered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from groundplane.openstack.status.findings import OpenStackState
    from groundplane.openstack.status.services import CloudService

AGENTS = {"OVN Controller agent": "ovn-controller", "OVN Controller Gateway agent": "ovn-controller"}
"""Neutron's name of an agent to Kolla's service, where it isn't neutron's own."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One of Kolla's services.

    Attributes:
        containers: how many should run; `well` of them do.
        hosts: how many hosts it has.
        ill: container to the hosts where it isn't well or is missing.
        reporting: how many of its services and agents report to the API, of `reporters`.
        disabled: hosts whose service takes no new work.
    """

    service: str
    containers: int
    well: int
    hosts: int
    ill: Mapping[str, tuple[str, ...]]
    reporters: int
    reporting: int
    disabled: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "service": self.service,
            "containers": self.containers,
            "well": self.well,
            "hosts": self.hosts,
            "ill": {name: list(hosts) for name, hosts in self.ill.items()},
            "reporters": self.reporters,
            "reporting": self.reporting,
            "disabled": list(self.disabled),
        }


def service_rows(state: OpenStackState) -> tuple[ServiceRow, ...]:
    """In the order of deployment; only hosts that were asked count."""
    by_service: dict[str, list[tuple[str, str]]] = {}
    for one in state.wanted:
        for host in one.hosts:
            if host in state.hosts:
                by_service.setdefault(one.service, []).append((one.name, host))
    services = {one.name: one.service for one in state.wanted}
    told: dict[str, list[CloudService]] = {}
    for reporter in state.services or ():
        told.setdefault(service_of(reporter, services), []).append(reporter)
    rows = []
    for service, placed in by_service.items():
        ill: dict[str, tuple[str, ...]] = {}
        for name, host in placed:
            there = state.hosts[host].container(name)
            if there is None or not there.well:
                ill[name] = (*ill.get(name, ()), host)
        reporters = told.get(service, [])
        rows.append(
            ServiceRow(
                service=service,
                containers=len(placed),
                well=len(placed) - sum(len(hosts) for hosts in ill.values()),
                hosts=len({host for _, host in placed}),
                ill=ill,
                reporters=len(reporters),
                reporting=sum(one.up for one in reporters),
                disabled=tuple(dict.fromkeys(one.host for one in reporters if not one.enabled)),
            )
        )
    return tuple(rows)


def service_of(reporter: CloudService, services: Mapping[str, str]) -> str:
    """Kolla's service that a reporter belongs to; `services` is container to service."""
    if reporter.binary in AGENTS:
        return AGENTS[reporter.binary]
    return services.get(reporter.binary.replace("-", "_"), reporter.service)


def cluster_rows(state: OpenStackState) -> Iterator[tuple[str, str]]:
    """What is clustered, in a line each: name and state."""
    galera = [told for told in _told(state, "galera").values() if "status" in told]
    if galera:
        synced = sum(told["state"] == "Synced" for told in galera)
        size = max(int(told["size"]) for told in galera)
        kinds = "/".join(sorted({str(told["status"]) for told in galera}))
        yield "MariaDB", f"{size} in the cluster, {kinds}, {synced} synced"
    views = [told["nodes"] for told in _told(state, "rabbitmq").values() if isinstance(told.get("nodes"), dict)]
    if views:
        nodes = {name for view in views for name in view}
        running = {name for view in views for name, node in view.items() if node["running"]}
        yield "RabbitMQ", f"{len(running)} of {len(nodes)} run"
    for cluster, name in (("ovn_nb", "OVN northbound"), ("ovn_sb", "OVN southbound")):
        told = {host: one for host, one in _told(state, cluster).items() if "role" in one}
        if told:
            leaders = [host for host, one in told.items() if one["role"] == "leader"]
            yield name, f"{len(told)} answer; {', '.join(leaders) or 'nobody'} leads"


def _told(state: OpenStackState, cluster: str) -> dict[str, Mapping[str, Any]]:
    return {host: known.clusters[cluster] for host, known in state.hosts.items() if cluster in known.clusters}
