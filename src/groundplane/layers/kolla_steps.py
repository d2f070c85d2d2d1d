"""Kolla's services as steps of the graph: which a site has, where they run, and what each waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.kolla.ceph import CEPH_HANDOVERS, SWITCHES
from groundplane.kolla.containers import flat_group
from groundplane.kolla.groups import kolla_groups
from groundplane.layers.model import Handover, Need, Step
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.kolla.switches import enabled_services, site_conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundplane.errors import Place
    from groundplane.site.kolla.catalogue import KollaCatalogue, KollaService
    from groundplane.site.site import Site

OF_THE_HOST = frozenset(
    {"common", "kolla_toolbox", "iscsi", "multipathd", "openvswitch", "ovs-dpdk", "ovn-controller", "hacluster"}
)
"""Services that others use on the same host: there alone they have to have succeeded. Others are asked over the net,
and so have to stand on all of their hosts."""
EACH_FOR_ITSELF = frozenset({"loadbalancer"})
"""Services that others ask over the net, and whose roles read the members of groups alone to write them down: a host
that is down mustn't keep the others' addresses from being put right."""
IMAGES = "groundplane_images"
"""What images.lock says of images: a plan with such a step verifies its signature."""
CEPH = "ceph"
DATABASE = "mariadb"
DESCRIPTIONS = {
    "aodh": "Alarms",
    "barbican": "Secrets and keys of the cloud's users",
    "blazar": "Reservations",
    "ceilometer": "Telemetry",
    "ceph-rgw": "The object store's place in the service catalogue",
    "cinder": "Volumes and their backups",
    "cloudkitty": "Rating",
    "collectd": "Collecting performance figures",
    "common": "Tools, log rotation and log collection on every host",
    "cron": "Log rotation on every host",
    "cyborg": "Accelerators",
    "designate": "DNS for the cloud's users",
    "etcd": "A key-value store for coordination",
    "fluentd": "Log collection on every host",
    "glance": "Images",
    "gnocchi": "Time series",
    "grafana": "Dashboards",
    "hacluster": "Pacemaker and Corosync",
    "heat": "Stacks of resources, from templates",
    "horizon": "The web interface",
    "influxdb": "Time series of performance figures",
    "ironic": "Bare metal",
    "iscsi": "iSCSI's initiator and target",
    "keystone": "Identity: users, projects, the service catalogue",
    "kolla_toolbox": "Kolla's tools and the folder for logs, on every host",
    "kuryr": "Networks of containers",
    "letsencrypt": "Certificates by ACME",
    "loadbalancer": "The virtual addresses, and HAProxy behind them",
    "magnum": "Kubernetes clusters",
    "manila": "Shared file systems",
    "mariadb": "The database cluster (Galera)",
    "masakari": "Servers brought back when a host fails",
    "memcached": "A cache for tokens",
    "mistral": "Workflows",
    "multipathd": "Several paths to one disk",
    "neutron": "Networks",
    "nova": "Compute: API and scheduler",
    "nova-cell": "Compute: conductors, consoles, hypervisors",
    "octavia": "Load balancers for the cloud's users",
    "opensearch": "Searchable logs",
    "openvswitch": "Open vSwitch",
    "ovn-controller": "OVN on each host that forwards",
    "ovn-db": "OVN's databases",
    "ovs-dpdk": "Open vSwitch with DPDK",
    "placement": "What resources there are, and who uses them",
    "prometheus": "Metrics",
    "prometheus-node-exporters": "Metrics of hosts and containers",
    "rabbitmq": "The message queue cluster",
    "redis": "A key-value store for coordination",
    "skyline": "The second web interface",
    "tacker": "Network functions",
    "telegraf": "Collecting performance figures",
    "trove": "Databases for the cloud's users",
    "valkey": "A key-value store for coordination",
    "venus": "Logs of services, by an API",
    "watcher": "Optimization of where servers run",
    "zun": "Containers for the cloud's users",
}


def service_steps(site: Site, *, layer: str, place: Place) -> tuple[Step, ...]:
    """The steps LAYER.SERVICE of all services that the site switches on and has hosts for, in Kolla's order.

    A need of a service that the site leaves out falls away.

    Args:
        layer: whose steps they are.
        place: where layers.yml asks for them.

    Raises:
        InputError: see `catalogue.enabled_services`.
    """
    catalogue = read_catalogue(site.release, site.content)
    found = {service.name: service for service in enabled_services(site) if groups_of(site, catalogue, service)}
    members = kolla_groups(site, catalogue)
    return tuple(
        Step(
            id=f"{layer}.{name}",
            layer=layer,
            name=name,
            description=DESCRIPTIONS.get(name, f"Kolla's {name}"),
            playbook=None,
            hosts=":".join(groups_of(site, catalogue, service)),
            place=place,
            needs=tuple(_needs(service, layer, found)),
            inputs=(IMAGES,) if service.containers else (),
            handovers=_handovers(site, catalogue, name),
            service=name,
            leader=leader_of(service, members),
        )
        for name, service in found.items()
    )


def leader_of(service: KollaService, members: Mapping[str, Sequence[str]]) -> str | None:
    """The host on which Kolla's plays do once what is for all of the service's: its database, the first of a cluster.

    Kolla's roles say so by `groups[...][0]`, of a group in which they play. None for a service that is made on each
    host for itself.

    Args:
        members: Kolla's groups to their hosts, in order.
    """
    if service.name in OF_THE_HOST or service.name in EACH_FOR_ITSELF:
        return None
    groups = [group for group in service.hosts if group in service.groups]
    if not groups and DATABASE in service.needs:
        groups = list(service.hosts)
    return next((members[group][0] for group in groups if members.get(group)), None)


def _needs(service: KollaService, layer: str, present: Iterable[str]) -> Iterable[Need]:
    known = frozenset(present)
    return (Need(f"{layer}.{name}", everywhere=name not in OF_THE_HOST) for name in service.needs if name in known)


def _handovers(site: Site, catalogue: KollaCatalogue, service: str) -> tuple[Handover, ...]:
    """What Ceph hands over to a service that keeps anything there."""
    if CEPH not in site.file.layers or service not in CEPH_HANDOVERS:
        return ()
    values = site_conditions(site, catalogue)
    if not any(values.is_true(f"{switch} | default(false) | bool") for switch in SWITCHES[service]):
        return ()
    return tuple(Handover(CEPH, name, named=True) for name in CEPH_HANDOVERS[service])


def groups_of(site: Site, catalogue: KollaCatalogue, service: KollaService) -> tuple[str, ...]:
    """The groups of the site's own inventory in which a service's plays run, those with hosts."""
    written = site.inventory.group_hosts
    return tuple(
        dict.fromkeys(
            leaf
            for group in service.hosts
            for leaf in flat_group(group, catalogue.groups, site.inventory.groups)
            if written.get(leaf)
        )
    )
