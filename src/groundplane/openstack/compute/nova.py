"""What day-2 work asks of Nova and Placement: services, servers by host, migrations.

Source: Nova's API reference; microversion 2.95, which all supported releases have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.openstack.api import telling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openstack.connection import Connection

MICROVERSION = "2.95"
PLACEMENT_MICROVERSION = "1.39"
NOVA_COMPUTE = "nova-compute"
PAGE = 500
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class ComputeHost:
    """A host's nova-compute.

    Attributes:
        up: it reported a short while ago.
        reason: why it takes no new servers, as whoever disabled it wrote.
        forced_down: somebody told Nova that it is down.
    """

    name: str
    id: str
    up: bool
    enabled: bool
    reason: str = ""
    forced_down: bool = False
    zone: str = ""
    updated: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A virtual machine; `status` and `task` are Nova's (ACTIVE, SHUTOFF, …; migrating, … or empty).

    Attributes:
        machine: Nova's vm_state: active, stopped, error, … It stays while something is done with the server; the status
            says what is done.
    """

    id: str
    name: str
    host: str
    status: str
    task: str = ""
    project: str = ""
    vcpus: int = 0
    ram_mb: int = 0
    fault: str = ""
    machine: str = ""

    @property
    def ran(self) -> bool:
        """Whether it ran, as far as Nova knows."""
        return self.status == "ACTIVE" or self.machine == "active"

    @property
    def label(self) -> str:
        """Its name, or its id where that says nothing."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Room:
    """What Placement says of a host: by resource class, how much is taken and how much there may be."""

    used: Mapping[str, int] = field(default_factory=dict)
    total: Mapping[str, int] = field(default_factory=dict)


class Nova:
    """Nova by an administrator's connection; not for several threads at once.

    Each method raises FailedError with what Nova answered.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hosts(self) -> tuple[ComputeHost, ...]:
        """All nova-computes, by name."""
        with telling("Nova doesn't list its compute services"):
            found = self._get("/os-services", binary=NOVA_COMPUTE)["services"]
        return tuple(sorted((_host(one) for one in found), key=lambda one: one.name))

    def servers(self, host: str | None = None) -> tuple[Server, ...]:
        """All servers, or those of a host, whosever they are."""
        wanted: dict[str, Any] = {"all_tenants": 1, "limit": PAGE} | ({"host": host} if host else {})
        found: list[Server] = []
        with telling("Nova doesn't list its servers"):
            while True:
                page = self._get("/servers/detail", **wanted)["servers"]
                found += [_server(one) for one in page]
                if len(page) < PAGE:
                    return tuple(found)
                wanted["marker"] = page[-1]["id"]

    def server(self, id_: str) -> Server | None:
        """None where it is gone."""
        with telling(f"Nova doesn't say how the server {id_} is"):
            answer = self._connection.compute.get(f"/servers/{id_}", microversion=MICROVERSION, raise_exc=False)
            if answer.status_code == NOT_FOUND:
                return None
            return _server(_checked(answer)["server"])

    def set_enabled(self, host: ComputeHost, *, enabled: bool, reason: str = "") -> None:
        """Whether new servers may come to a host."""
        body: dict[str, Any] = {"status": "enabled" if enabled else "disabled"}
        if reason and not enabled:
            body["disabled_reason"] = reason[:255]
        self._service(host, body)

    def set_forced_down(self, host: ComputeHost, *, down: bool) -> None:
        """Tells Nova that a host is down, so that its servers may be made anew elsewhere."""
        self._service(host, {"forced_down": down})

    def live_migrate(self, server: Server) -> None:
        """To a host of the scheduler's choice; what isn't on shared storage is copied."""
        self._act(server, {"os-migrateLive": {"host": None, "block_migration": "auto"}}, "live-migrated")

    def migrate(self, server: Server) -> None:
        """To a host of the scheduler's choice; has to be confirmed afterwards."""
        self._act(server, {"migrate": None}, "migrated")

    def confirm(self, server: Server) -> None:
        """A migration, which makes it final."""
        self._act(server, {"confirmResize": None}, "confirmed on its new host")

    def evacuate(self, server: Server) -> None:
        """Made anew on another host, from the same volumes; it is stopped there afterwards (since 2.95)."""
        self._act(server, {"evacuate": {}}, "evacuated")

    def start(self, server: Server) -> None:
        self._act(server, {"os-start": None}, "started")

    def unfinished_migrations(self, source: str) -> frozenset[str]:
        """Servers whose cold migration off a host waits to be confirmed; resizes, which are their owners', not."""
        with telling("Nova doesn't list its migrations"):
            found = self._get("/os-migrations", source_compute=source, status="finished", migration_type="migration")
        return frozenset(one["instance_uuid"] for one in found["migrations"])

    def why(self, server: Server) -> str:
        """What the last thing that was done with a server failed of; empty where Nova doesn't know."""
        if server.fault:
            return server.fault
        with telling(f"Nova doesn't say what became of {server.label}"):
            actions = self._get(f"/servers/{server.id}/os-instance-actions")["instanceActions"]
            if not actions:
                return ""
            request = actions[0]["request_id"]
            last = self._get(f"/servers/{server.id}/os-instance-actions/{request}")["instanceAction"]
        for event in last.get("events", ()):
            if event.get("result") == "Error":
                trace = (event.get("traceback") or "").strip().splitlines()
                return str(event.get("details") or (trace[-1] if trace else "") or last.get("message") or "")
        return str(last.get("message") or "")

    def room(self) -> dict[str, Room]:
        """By host, what is taken and what there is, overcommitment included."""
        found = {}
        with telling("Placement doesn't say what its hosts have"):
            for provider in self._placement("/resource_providers")["resource_providers"]:
                if provider.get("parent_provider_uuid"):
                    continue
                path = f"/resource_providers/{provider['uuid']}"
                inventories = self._placement(f"{path}/inventories")["inventories"]
                total = {
                    name: int((entry["total"] - entry["reserved"]) * entry["allocation_ratio"])
                    for name, entry in inventories.items()
                }
                found[provider["name"]] = Room(self._placement(f"{path}/usages")["usages"], total)
        return found

    def _placement(self, path: str) -> Any:
        return _checked(self._connection.placement.get(path, microversion=PLACEMENT_MICROVERSION))

    def _get(self, path: str, **query: Any) -> Any:
        return _checked(self._connection.compute.get(path, params=query, microversion=MICROVERSION))

    def _service(self, host: ComputeHost, body: dict[str, Any]) -> None:
        with telling(f"Nova doesn't change nova-compute on {host.name}"):
            _raise(self._connection.compute.put(f"/os-services/{host.id}", json=body, microversion=MICROVERSION))

    def _act(self, server: Server, body: dict[str, Any], what: str) -> None:
        with telling(f"{server.label} ({server.id}) can't be {what}"):
            _raise(self._connection.compute.post(f"/servers/{server.id}/action", json=body, microversion=MICROVERSION))


def _raise(answer: Any) -> None:
    from openstack.exceptions import raise_from_response  # noqa: PLC0415 - heavy

    raise_from_response(answer)


def _checked(answer: Any) -> Any:
    _raise(answer)
    return answer.json()


def _host(one: Mapping[str, Any]) -> ComputeHost:
    return ComputeHost(
        name=one["host"],
        id=one["id"],
        up=one["state"] == "up",
        enabled=one["status"] == "enabled",
        reason=one.get("disabled_reason") or "",
        forced_down=bool(one.get("forced_down")),
        zone=one.get("zone") or "",
        updated=one.get("updated_at") or "",
    )


def _server(one: Mapping[str, Any]) -> Server:
    flavor = one.get("flavor") or {}
    return Server(
        id=one["id"],
        name=one.get("name") or "",
        host=one.get("OS-EXT-SRV-ATTR:host") or "",
        status=one["status"],
        task=one.get("OS-EXT-STS:task_state") or "",
        machine=one.get("OS-EXT-STS:vm_state") or "",
        project=one.get("tenant_id") or "",
        vcpus=int(flavor.get("vcpus") or 0),
        ram_mb=int(flavor.get("ram") or 0),
        fault=(one.get("fault") or {}).get("message") or "",
    )
