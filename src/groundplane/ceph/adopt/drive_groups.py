"""The disks of a cluster that is adopted, as drive groups: just those that its OSDs have, each by its path.

No filter is taken over from the cluster's own OSD specifications: a filter also fits disks that are put in later, and
adopting must not be what makes an OSD of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.ceph.adopt.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundplane.ceph.adopt.part import Answers

LUKS_KEY = "dm-crypt/osd/"
"""`ceph config-key` where the passphrase of an encrypted OSD lies: dm-crypt/osd/UUID/luks (ceph-volume)."""


@dataclass(frozen=True, slots=True)
class ExistingOsd:
    """An OSD and its disks, by path."""

    id: int
    host: str
    data: tuple[str, ...]
    db: tuple[str, ...]
    wal: tuple[str, ...]
    device_class: str
    """Empty where Ceph found it out by itself."""
    method: str
    encrypted: bool
    specification: str
    """The OSD specification that made it; empty where it was made one by one."""


def existing_osds(answers: Answers) -> list[ExistingOsd]:
    """All OSDs that were ever up: those alone have said which disks they have (`ceph osd metadata`)."""
    uuids = {osd["osd"]: osd["uuid"] for osd in answers["osd_dump"]["osds"]}
    classes = {node["id"]: node.get("device_class", "") for node in answers["osd_tree"]["nodes"]}
    luks = {key.split("/")[2] for key in answers["config_keys"] if str(key).startswith(LUKS_KEY)}
    found = []
    for metadata in answers["osd_metadata"]:
        if not metadata.get("hostname"):
            continue
        number = int(metadata["id"])
        device_class = classes.get(number, "")
        found.append(
            ExistingOsd(
                id=number,
                host=str(metadata["hostname"]),
                data=_paths(metadata, "bluestore_bdev_devices"),
                db=_paths(metadata, "bluefs_db_devices") if metadata.get("bluefs_dedicated_db") == "1" else (),
                wal=_paths(metadata, "bluefs_wal_devices") if metadata.get("bluefs_dedicated_wal") == "1" else (),
                device_class="" if device_class == metadata.get("default_device_class") else device_class,
                method="lvm" if _is_mapped(str(metadata.get("bluestore_bdev_partition_path", ""))) else "raw",
                encrypted=uuids.get(number) in luks,
                specification=str(metadata.get("osdspec_affinity", "")),
            )
        )
    return sorted(found, key=lambda osd: osd.id)


def adopted_drive_groups(answers: Answers, osd_hosts: Iterable[str]) -> Part:
    """Drive groups for each of the hosts that may have OSDs; the same on all of them where that says the same."""
    by_host: dict[str, list[ExistingOsd]] = defaultdict(list)
    notes = []
    for osd in existing_osds(answers):
        if osd.data:
            by_host[osd.host].append(osd)
        else:
            notes.append(f"osd.{osd.id} on {osd.host} doesn't say which disk it has; no drive group names it.")
    silent = sorted({osd["osd"] for osd in answers["osd_dump"]["osds"]} - {o.id for o in existing_osds(answers)})
    notes += [f"osd.{number} was never up; no drive group names its disk." for number in silent]
    groups = {host: _groups(by_host.get(host, [])) for host in osd_hosts}
    written = list(groups.values())
    if written and all(group == written[0] for group in written):
        return Part({"ceph_osds": written[0]}, notes=tuple(notes))
    return Part(host_values={host: {"ceph_osds": found} for host, found in groups.items()}, notes=tuple(notes))


def _groups(osds: Sequence[ExistingOsd]) -> list[dict[str, Any]]:
    shared = Counter(path for osd in osds for path in osd.data)
    kinds: dict[tuple[Any, ...], list[ExistingOsd]] = defaultdict(list)
    for osd in osds:
        per_device = max(shared[path] for path in osd.data)
        kinds[osd.method, osd.encrypted, osd.device_class, osd.db, osd.wal, per_device].append(osd)
    found: list[dict[str, Any]] = []
    for kind in sorted(kinds, key=lambda kind: min(osd.id for osd in kinds[kind])):
        method, encrypted, device_class, db, wal, per_device = kind
        group: dict[str, Any] = {"name": _name(kinds[kind], [str(one["name"]) for one in found])}
        group["data_devices"] = {"paths": sorted({path for osd in kinds[kind] for path in osd.data})}
        if db:
            group["db_devices"] = {"paths": list(db)}
        if wal:
            group["wal_devices"] = {"paths": list(wal)}
        if encrypted:
            group["encrypted"] = True
        if device_class:
            group["device_class"] = device_class
        if per_device > 1:
            group["osds_per_device"] = per_device
        if method != "lvm":
            group["method"] = method
        found.append(group)
    return found


def _name(osds: Sequence[ExistingOsd], taken: Sequence[str]) -> str:
    specifications = {osd.specification for osd in osds} - {""}
    name = specifications.pop() if len(specifications) == 1 else "disks"
    if name not in taken:
        return name
    return next(f"{name}-{number}" for number in range(2, len(taken) + 3) if f"{name}-{number}" not in taken)


def _paths(metadata: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """By the path that doesn't change when disks are added, where the host has one (`device_paths`)."""
    lasting = dict(entry.split("=", 1) for entry in str(metadata.get("device_paths", "")).split(",") if "=" in entry)
    names = [name for name in str(metadata.get(key, "")).split(",") if name]
    return tuple(lasting.get(name, f"/dev/{name}") for name in names)


def _is_mapped(partition: str) -> bool:
    return partition.startswith(("/dev/dm-", "/dev/mapper/"))
