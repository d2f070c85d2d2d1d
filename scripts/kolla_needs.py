"""Which services of Kolla's have to run before another one: what a role does says it, and a table for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kolla_steps import Reached

NEEDS_BY_ROLE = {"service-ks-register": "keystone", "service-rabbitmq": "rabbitmq"}
"""Who calls these helpers talks to the service."""
NEEDS_BY_NAME = {
    "rpc_transport_url": "rabbitmq",
    "om_rpc_rabbitmq_user": "rabbitmq",
    "memcached_servers": "memcached",
}
NEEDS_BY_GROUP = {
    "memcached": "memcached",
    "etcd": "etcd",
    "valkey": "valkey",
    "redis": "redis",
    "ovn-nb-db": "ovn-db",
    "ovn-sb-db": "ovn-db",
    "ovn-sb-db-relay": "ovn-db",
}
"""Whose hosts a service is told, it talks to."""
MORE_NEEDS: dict[str, tuple[str, ...]] = {
    # Compute services register resource providers and ask the API's database for their cell.
    "nova-cell": ("nova", "placement", "iscsi", "multipathd"),
    # The driver connects when neutron-server starts; the metadata agent reads br-int and its chassis.
    "neutron": ("openvswitch", "ovs-dpdk", "ovn-controller", "ovn-db"),
    # It writes to Open vSwitch's database, through its socket on the host.
    "ovn-controller": ("openvswitch", "ovs-dpdk"),
    # Kolla makes its flavour, network, security groups and keypair while it deploys.
    "octavia": ("neutron", "nova", "nova-cell", "glance"),
    "cinder": ("iscsi", "multipathd"),
    "ironic": ("iscsi",),
    # Its schema upgrade writes resource types into Gnocchi.
    "ceilometer": ("gnocchi",),
    # Challenges come in through HAProxy.
    "letsencrypt": ("loadbalancer",),
    # Its instances are watched through the cluster.
    "masakari": ("hacluster",),
}
"""What no role says of itself."""
NOT_NEEDED: dict[str, tuple[str, ...]] = {
    # It waits for the databases by itself: Kolla deploys it before them, too.
    "ovn-controller": ("ovn-db",),
    # They read what they watch and forward to when that is there.
    "loadbalancer": ("*",),
    "prometheus": ("memcached", "rabbitmq", "etcd", "valkey", "redis", "ovn-db"),
    "collectd": ("*",),
    "cron": ("*",),
    "fluentd": ("*",),
    "kolla_toolbox": ("*",),
    "common": ("*",),
    "opensearch": ("keystone",),
}
"""What only looks like a need. Without it services run side by side as far as the truth allows."""


def needs_of(name: str, reached: Reached, known: Iterable[str], toolbox: str) -> list[str]:
    """The services that have to run first."""
    found = {need for role, need in NEEDS_BY_ROLE.items() if role in reached.called}
    found |= {need for variable, need in NEEDS_BY_NAME.items() if variable in reached.read.names}
    found |= {need for group, need in NEEDS_BY_GROUP.items() if group in reached.read.groups}
    if reached.toolbox:
        found.add(toolbox)
    if any(used.startswith(("mysql_", "community.mysql")) for used in reached.toolbox):
        found.add("mariadb")
    if found & {"keystone", "mariadb"} or name == "mariadb":
        found.add("loadbalancer")
    found -= {need for need in found if need in NOT_NEEDED.get(name, ()) or "*" in NOT_NEEDED.get(name, ())}
    found |= set(MORE_NEEDS.get(name, ()))
    return [need for need in known if need in found and need != name]
