"""Plans to empty a disk for good: one that the site names for it, and that a person confirms with what is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.osds.disks import DiskView, HostDisks
    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site

COMMAND = "ceph osd wipe"


def check_named(configuration: CephConfiguration, host: str, device: str) -> None:
    """Refuses what the site doesn't name.

    Raises:
        InputError: the host has no OSDs by the site, or ceph_wipe_devices doesn't name the disk.
    """
    if host not in configuration.osd_hosts:
        raise InputError(
            f"The site has no OSDs on {host}",
            cure=f"Hosts with OSDs are {', '.join(configuration.osd_hosts) or 'none'} (the group of ceph_osd_group).",
        )
    named = configuration.wipe_devices.get(host, ())
    if device not in named:
        raise InputError(
            f"The site doesn't name {device} of {host} for wiping",
            why=f"ceph_wipe_devices has {', '.join(named)} there" if named else "ceph_wipe_devices is empty there",
            cure=f"Write into inventory/host_vars/{host}.yml: ceph_wipe_devices: [{device}]. Nothing was changed.",
        )


def plan_wipe(site: Site, state: ClusterState | None, disks: HostDisks, device: str) -> Operation:
    """Says what is on the disk and what it takes to confirm it.

    Args:
        state: the cluster's; None where the site has none yet.
        disks: what the host has, asked a moment ago.

    Raises:
        InputError: the disk isn't there, is in use, or holds an OSD that the cluster still has.
    """
    host = disks.host
    disk = disks.disk(device)
    if disk is None:
        why = f"it is {disks.others[device]}" if device in disks.others else "it isn't there"
        raise InputError(
            f"{device} of {host} can't be wiped", why=why, cure=f"groundplane ceph osd list {host} shows its disks."
        )
    title = f"Wipe {disk.described} of {host}"
    if disk.empty:
        return Operation(f"{COMMAND} {host} {device}", title, nothing="it is empty")
    _refuse_living(state, disk, host)
    if disk.busy:
        raise InputError(f"{device} of {host} can't be wiped now", why=disk.busy, cure="Nothing was changed.")
    held = "; ".join(disk.contents)
    return Operation(
        f"{COMMAND} {host} {device}",
        title,
        lines=(f"It holds {held}", "All of it is removed: volume groups, signatures, both ends of the disk"),
        stages=(
            Stage(
                "ceph.disk_wipe",
                f"{device} of {host} is emptied",
                site.content.playbooks / "ceph" / "operations" / "disk_wipe.yml",
                (host,),
                {"ceph_wiped_disk": device, "ceph_wiped_contents": list(disk.contents)},
                timeout_minutes=30,
            ),
        ),
        danger=f"{held}, on {device} of {host}, can't be brought back",
        confirm=f"{host}:{device}",
    )


def _refuse_living(state: ClusterState | None, disk: DiskView, host: str) -> None:
    if state is None:
        return
    living = {osd.uuid: osd for osd in state.osds if not osd.destroyed}
    for part in disk.osds:
        osd = living.get(part.uuid)
        if osd is not None and part.fsid in ("", state.fsid):
            raise InputError(
                f"{disk.path} of {host} holds {osd.name}, which belongs to the cluster",
                cure=f"groundplane ceph osd replace {osd.name} gives it another disk, and wipes this one; groundplane"
                f" ceph host drain {host} empties all of the host's.",
            )
