"""Which containers a name means, and where below Kolla's volume of logs they write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.kolla.containers import KollaContainer

FILES: Mapping[str, tuple[str, ...]] = {
    "nova_libvirt": ("libvirt/*.log",),
    "openvswitch_db": ("openvswitch/ovsdb-server.log",),
    "openvswitch_vswitchd": ("openvswitch/ovs-vswitchd.log",),
    "ovn_controller": ("openvswitch/ovn-controller.log",),
    "ovn_northd": ("openvswitch/ovn-northd.log",),
    "ovn_nb_db": ("openvswitch/ovn-nb-db.log",),
    "ovn_sb_db": ("openvswitch/ovn-sb-db.log",),
    "ovn_sb_db_relay": ("openvswitch/ovn-sb-relay*.log",),
    "rabbitmq": ("rabbitmq/rabbit*.log",),
    "horizon": ("horizon/*.log",),
    "keystone": ("keystone/keystone.log", "keystone/keystone-*.log"),
    "kolla_toolbox": ("ansible.log",),
    "cron": (),
    "nova_ssh": (),
    "keystone_ssh": (),
    "haproxy_ssh": (),
}
"""Where the name of the file isn't the container's, with a dash for each underscore, in its project's folder."""


def patterns(container: str) -> tuple[str, ...]:
    """Globs of its files."""
    if container in FILES:
        return FILES[container]
    project, stem = container.split("_", maxsplit=1)[0], container.replace("_", "-")
    return (f"{project}/{stem}.log", f"{project}/{stem}-*.log")


def choose(wanted: Sequence[KollaContainer], names: Sequence[str]) -> tuple[KollaContainer, ...]:
    """The containers that are named: one of them (nova_compute), a service (nova-cell), or a project (nova).

    All of them where nothing is named.

    Raises:
        InputError: names that mean nothing, with the nearest known.
    """
    if not names:
        return tuple(wanted)
    chosen: dict[str, KollaContainer] = {}
    unknown = []
    for name in names:
        plain = name.replace("-", "_")
        meant = [
            one
            for one in wanted
            if name == one.service or plain == one.name or plain in (_project(one.name), _project(one.service))
        ]
        if not meant:
            unknown.append(name)
        chosen.update({one.name: one for one in meant})
    if unknown:
        known = {word for one in wanted for word in (one.service, one.name, _project(one.name))}
        raise InputError(
            f"No service or container of this site is called {', '.join(unknown)}",
            cure=suggest(unknown[0], sorted(known), "groundplane openstack status shows services."),
        )
    return tuple(chosen.values())


def _project(name: str) -> str:
    return name.replace("-", "_").split("_")[0]
