"""Which services and agents the cloud's API should know of, by the containers that run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.kolla.containers import KollaContainer
    from groundplane.openstack.status.services import CloudService

REPORTERS: Mapping[str, tuple[str, ...]] = {
    "nova_scheduler": ("nova-scheduler",),
    "nova_conductor": ("nova-conductor",),
    "nova_super_conductor": ("nova-conductor",),
    "nova_compute": ("nova-compute",),
    "cinder_scheduler": ("cinder-scheduler",),
    "cinder_volume": ("cinder-volume",),
    "cinder_backup": ("cinder-backup",),
    # A host with a gateway chassis reports under the other name, and once.
    "ovn_controller": ("OVN Controller agent", "OVN Controller Gateway agent"),
    "neutron_ovn_metadata_agent": ("OVN Metadata agent",),
    "neutron_ovn_agent": ("OVN Neutron agent",),
    "neutron_openvswitch_agent": ("Open vSwitch agent",),
    "neutron_dhcp_agent": ("DHCP agent",),
    "neutron_l3_agent": ("L3 agent",),
    "neutron_metadata_agent": ("Metadata agent",),
    "neutron_metering_agent": ("Metering agent",),
    "neutron_sriov_agent": ("NIC Switch agent",),
    "neutron_bgp_dragent": ("BGP dynamic routing agent",),
}
"""Container to the names under which it may report: Nova's and Cinder's binaries, Neutron's types of agents."""


def missing_agents(
    wanted: Sequence[KollaContainer], services: Sequence[CloudService], hosts: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Host and sentence, for each of these hosts whose container never reported. One that did once and is silent now
    is known to the API, which says so itself."""
    known = {(one.binary, _short(one.host)) for one in services}
    for container in wanted:
        names = REPORTERS.get(container.name)
        if names is None:
            continue
        for host in container.hosts:
            if host in hosts and not any((name, _short(host)) in known for name in names):
                yield host, f"{names[0]} on {host} has never reported to the cloud: {container.name} should have"


def _short(host: str) -> str:
    """OVN's agents report a host's full name, others its first part."""
    return host.partition(".")[0]
