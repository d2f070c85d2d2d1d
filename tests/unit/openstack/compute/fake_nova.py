"""A Nova that does what it is told, one step at each look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.openstack.compute.nova import ComputeHost, Server

if TYPE_CHECKING:
    from collections.abc import Iterable

HOSTS = tuple(ComputeHost(name, f"id-{name}", up=True, enabled=True, zone="nova") for name in ("node4", "node5"))


def server(name: str, status: str = "ACTIVE", **more: object) -> Server:
    given = {"id": name, "name": name, "host": "node4", "status": status, "vcpus": 1, "ram_mb": 1024}
    return Server(**{**given, **more})  # type: ignore[arg-type]


class FakeNova:
    """Servers move to node5, unless they are in `stuck`; each move takes `steps` looks.

    Attributes:
        asked: what was asked, in order.
        errors: server to how many looks fail.
    """

    def __init__(self, servers: Iterable[Server] = (), *, steps: int = 2) -> None:
        self.there = {one.id: one for one in servers}
        self.asked: list[str] = []
        self.stuck: dict[str, str] = {}
        self.errors: dict[str, int] = {}
        self.unconfirmed: frozenset[str] = frozenset()
        self.most = 0
        self._steps = steps
        self._going: dict[str, tuple[int, str, str]] = {}

    def server(self, id_: str) -> Server | None:
        if self.errors.get(id_, 0) > 0:
            self.errors[id_] -= 1
            raise FailedError("Nova doesn't answer")
        if id_ in self._going:
            left, host, status = self._going[id_]
            if left:
                self._going[id_] = (left - 1, host, status)
            else:
                del self._going[id_]
                stays = id_ in self.stuck
                now = self.there[id_]
                self.there[id_] = replace(
                    now, task="", host=now.host if stays else host, status=now.status if stays else status
                )
        return self.there.get(id_)

    def servers(self, host: str | None = None) -> tuple[Server, ...]:
        return tuple(one for one in self.there.values() if host in (None, one.host))

    def hosts(self) -> tuple[ComputeHost, ...]:
        return HOSTS

    def unfinished_migrations(self, _source: str) -> frozenset[str]:
        return self.unconfirmed

    def live_migrate(self, server: Server) -> None:
        self._begin(server, "live", server.status)

    def migrate(self, server: Server) -> None:
        self._begin(server, "cold", "VERIFY_RESIZE")

    def evacuate(self, server: Server) -> None:
        self._begin(server, "evacuate", "SHUTOFF")

    def confirm(self, server: Server) -> None:
        self._begin(server, "confirm", "SHUTOFF")

    def start(self, server: Server) -> None:
        self._begin(server, "start", "ACTIVE")

    def why(self, server: Server) -> str:
        return self.stuck.get(server.id, "")

    def set_enabled(self, host: ComputeHost, *, enabled: bool, reason: str = "") -> None:
        self.asked.append(f"{'enable' if enabled else 'disable'} {host.name}{f' ({reason})' if reason else ''}")

    def set_forced_down(self, host: ComputeHost, *, down: bool) -> None:
        self.asked.append(f"{host.name} {'down' if down else 'not down'}")

    def under_way(self, id_: str, status: str) -> None:
        """Somebody began to move it before."""
        self._going[id_] = (self._steps, "node5", status)

    def _begin(self, server: Server, what: str, status: str) -> None:
        self.asked.append(f"{what} {server.id}")
        self.there[server.id] = replace(self.there[server.id], task="moving")
        self._going[server.id] = (self._steps, "node5", status)
        self.most = max(self.most, len(self._going))
