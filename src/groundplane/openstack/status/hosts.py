"""Kolla's containers and what is clustered among them, of all hosts: one question per host over ssh, at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.openstack.status import script
from groundplane.ssh.asking import ask_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.site.site import Site
    from groundplane.ssh.asking import HostAnswer
    from groundplane.ssh.connection import SshConnection

MARKER = "groundplane_openstack"
RUNNING = "running"
HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Container:
    """One of Kolla's containers on a host.

    Attributes:
        state: the engine's: running, exited, restarting, created, paused, dead.
        health: healthy, unhealthy, starting; empty where it has no check.
        since: when it was started, or ended where it doesn't run; ISO 8601.
        restarts: how often systemd has started it anew.
        said: what its last health check printed.
    """

    name: str
    image: str
    state: str
    health: str
    since: str
    exit_code: int
    restarts: int
    said: str

    @property
    def well(self) -> bool:
        return self.state == RUNNING and self.health in ("", HEALTHY)


@dataclass(frozen=True, slots=True)
class HostState:
    """What a host answered, or in `error` why nothing is known of it.

    Attributes:
        addresses: of all its interfaces, virtual ones included.
        memory: bytes in use and in all; empty where unknown.
        clusters: galera, rabbitmq, ovn_nb, ovn_sb: what the member on this host says; see `script`.
    """

    host: str
    reachable: bool
    error: str = ""
    containers: tuple[Container, ...] = ()
    addresses: tuple[str, ...] = ()
    memory: tuple[int, ...] = ()
    clusters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def container(self, name: str) -> Container | None:
        return next((one for one in self.containers if one.name == name), None)

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def ask_containers(
    site: Site,
    hosts: Sequence[str],
    connection: SshConnection,
    *,
    on_answer: Callable[[HostState], None] | None = None,
) -> dict[str, HostState]:
    """Asks these hosts, many at a time; one that can't be asked is in the result, with the reason in `error`."""
    text = f"{Path(script.__file__).read_text(encoding='utf-8')}\n\nprint(answer())\n".encode()

    def tell(answer: HostAnswer) -> None:
        if on_answer is not None:
            on_answer(understand(answer))

    found = ask_hosts(site, hosts, connection, marker=MARKER, script=lambda _host: text, on_answer=tell)
    return {host: understand(answer) for host, answer in found.items()}


def understand(answer: HostAnswer) -> HostState:
    """A host's line of JSON; see `script`."""
    if not answer.reachable:
        return HostState(answer.host, reachable=False, error=answer.error)
    data = answer.data
    return HostState(
        host=answer.host,
        reachable=True,
        error=data.get("error", "") if data.get("engine") else "it has no container engine",
        containers=tuple(sorted((Container(**one) for one in data["containers"]), key=lambda one: one.name)),
        addresses=tuple(data.get("addresses", ())),
        memory=tuple(data.get("memory", ())),
        clusters=data.get("clusters", {}),
    )
