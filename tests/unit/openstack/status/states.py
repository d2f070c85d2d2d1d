"""States of a small cloud: three controllers, two compute hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.kolla.containers import KollaContainer
from groundplane.openstack.status.findings import OpenStackState
from groundplane.openstack.status.hosts import Container, HostState
from groundplane.openstack.status.services import CloudService

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTROL = ("node1", "node2", "node3")
COMPUTE = ("node4", "node5")
ADDRESSES = {f"node{number}": f"172.31.0.1{number}" for number in range(1, 6)}
VIPS = {"internal": "172.31.0.240"}
WANTED = (
    *(
        KollaContainer(name, service, CONTROL)
        for name, service in (
            ("haproxy", "loadbalancer"),
            ("mariadb", "mariadb"),
            ("rabbitmq", "rabbitmq"),
            ("cinder_api", "cinder"),
            ("ovn_nb_db", "ovn-db"),
            ("ovn_sb_db", "ovn-db"),
        )
    ),
    KollaContainer("nova_compute", "nova-cell", COMPUTE),
    KollaContainer("ovn_controller", "ovn-controller", (*CONTROL, *COMPUTE)),
)
SERVERS = {
    f"00{number}": {"address": f"tcp:{ADDRESSES[f'node{number}']}:6643", "self": False, "silent_ms": 9}
    for number in (1, 2, 3)
}


def container(name: str, **more: Any) -> Container:
    given = {"state": "running", "health": "healthy", "since": "2026-11-21T13:00:00Z", "exit_code": 0, "restarts": 0}
    return Container(**{"name": name, "image": f"registry/{name}:1", "said": "", **given, **more})


def clusters(host: str) -> dict[str, Mapping[str, Any]]:
    """What the members on a controller say when all is well."""
    nodes = {f"rabbit@{name}": {"running": True, "partitions": [], "alarms": []} for name in CONTROL}
    role = "leader" if host == "node1" else "follower"
    return {
        "galera": {"size": 3, "status": "Primary", "state": "Synced", "ready": True},
        "rabbitmq": {"nodes": nodes},
        "ovn_nb": {"role": role, "servers": SERVERS},
        "ovn_sb": {"role": role, "servers": SERVERS},
    }


def host(name: str, **more: Any) -> HostState:
    given: dict[str, Any] = {
        "reachable": True,
        "containers": tuple(container(one.name) for one in WANTED if name in one.hosts),
        "addresses": (ADDRESSES[name], *(VIPS.values() if name == "node1" else ())),
        "memory": (2 * 1024**3, 8 * 1024**3),
        "clusters": clusters(name) if name in CONTROL else {},
    }
    return HostState(name, **{**given, **more})


def reporters() -> tuple[CloudService, ...]:
    return (
        CloudService("cinder", "cinder-scheduler", "node1", up=True, enabled=True),
        *(CloudService("nova", "nova-compute", name, up=True, enabled=True) for name in COMPUTE),
        *(
            CloudService("neutron", "OVN Controller agent", f"{name}.cloud.test", up=True, enabled=True)
            for name in (*CONTROL, *COMPUTE)
        ),
    )


def state(*changed: HostState, **more: Any) -> OpenStackState:
    """All is well, but for these hosts."""
    hosts = {name: host(name) for name in ADDRESSES} | {one.host: one for one in changed}
    return OpenStackState(**{"hosts": hosts, "wanted": WANTED, "vips": VIPS, "services": reporters(), **more})


def without(name: str, *lost: str) -> HostState:
    """A host that lacks some containers."""
    return host(name, containers=tuple(one for one in host(name).containers if one.name not in lost))


def gone(name: str) -> HostState:
    return HostState(name, reachable=False, error="no answer")
