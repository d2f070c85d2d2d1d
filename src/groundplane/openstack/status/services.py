"""Services and agents as the cloud's own API tells them: which report, from which host, whether they take work."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.openstack.api import telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openstack.connection import Connection

COMPUTE, VOLUME, NETWORK = "nova", "cinder", "neutron"


@dataclass(frozen=True, slots=True)
class CloudService:
    """A service or agent that reports.

    Attributes:
        service: nova, cinder or neutron.
        binary: nova-compute, cinder-volume, "OVN Controller agent".
        host: the inventory's name as far as the cloud has it; cinder's backend behind an @ is in `backend`.
        up: it reported a short while ago.
        enabled: it takes new work.
        reason: why it doesn't, as whoever disabled it wrote.
    """

    service: str
    binary: str
    host: str
    up: bool
    enabled: bool
    zone: str = ""
    reason: str = ""
    backend: str = ""
    id: str = ""
    updated: str = ""

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def cloud_services(connection: Connection, *, with_volumes: bool = True) -> tuple[CloudService, ...]:
    """Nova's services, Cinder's, and Neutron's agents.

    Raises:
        FailedError: one of the three can't be asked.
    """
    found, silent = answering_services(connection, with_volumes=with_volumes)
    if silent:
        raise silent[0]
    return found


def answering_services(
    connection: Connection, *, with_volumes: bool = True
) -> tuple[tuple[CloudService, ...], tuple[FailedError, ...]]:
    """What those of the three say that answer, and why the others don't."""
    questions: list[tuple[str, Callable[[], Iterable[CloudService]]]] = [
        ("Nova doesn't say how its services are", lambda: map(_compute, connection.compute.services())),
        ("Neutron doesn't say how its agents are", lambda: map(_agent, connection.network.agents())),
    ]
    if with_volumes:
        questions.append(
            ("Cinder doesn't say how its services are", lambda: map(_volume, connection.block_storage.services()))
        )
    found: list[CloudService] = []
    silent: list[FailedError] = []
    for what, ask in questions:
        try:
            with telling(what):
                found += ask()
        except FailedError as error:
            silent.append(error)
    return tuple(sorted(found, key=lambda one: (one.service, one.binary, one.host, one.backend))), tuple(silent)


def _compute(one: Any) -> CloudService:
    return CloudService(
        service=COMPUTE,
        binary=one.binary,
        host=one.host,
        up=one.state == "up",
        enabled=one.status == "enabled",
        zone=one.availability_zone or "",
        reason=one.disabled_reason or "",
        id=str(one.id),
        updated=one.updated_at or "",
    )


def _volume(one: Any) -> CloudService:
    host, _, backend = one.host.partition("@")
    return CloudService(
        service=VOLUME,
        binary=one.binary,
        host=host,
        up=one.state == "up",
        enabled=one.status == "enabled",
        zone=one.availability_zone or "",
        reason=one.disabled_reason or "",
        backend=backend,
        updated=one.updated_at or "",
    )


def _agent(one: Any) -> CloudService:
    return CloudService(
        service=NETWORK,
        binary=one.agent_type,
        host=one.host,
        up=bool(one.is_alive),
        enabled=bool(one.is_admin_state_up),
        zone=one.availability_zone or "",
        id=one.id,
        updated=one.last_heartbeat_at or "",
    )
