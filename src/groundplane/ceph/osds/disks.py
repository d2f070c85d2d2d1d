"""Asks hosts for their disks: what is on each, and what the drive groups would make of it.

The answer comes from the role's own code, sent over ssh, so that a plan and what Ansible then does can't differ.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.ceph.asking import ask_cluster
from groundplane.errors import FailedError, InputError
from groundplane.ssh.asking import ask_hosts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.ceph.configuration import CephConfiguration, DriveGroup
    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site
    from groundplane.ssh.asking import HostAnswer
    from groundplane.ssh.connection import SshConnection

MARKER = "groundplane_disks"
SOURCES = (
    "ceph_session",
    "ceph_bluestore",
    "ceph_disks",
    "ceph_drive_groups",
    "ceph_disk_wiping",
    "ceph_osd_making",
    "ceph_osd_host",
)
"""Files of the role's module_utils, each after those that it imports."""
UNBORN = "new"
"""The OSD map's word for an OSD that was registered and never ran."""

_SCRIPT = """
import json, socket, sys, types

for _name, _text in json.loads(SOURCES):
    _module = types.ModuleType(_name)
    sys.modules[_name] = _module
    exec(compile(_text, _name, "exec"), _module.__dict__)

import ceph_disk_wiping
import ceph_osd_host
from ceph_drive_groups import DriveGroupError


def _look(given):
    host = ceph_osd_host.OsdHost(given["groups"], given["fsid"], given["known"], socket.gethostname())
    try:
        found = host.look(tuple(given["also"]))
    except DriveGroupError as error:
        return {"error": str(error)}
    survey = found.survey.as_data()
    for disk in survey["disks"]:
        one = found.survey.disks[disk["path"]]
        disk.update(
            contents=ceph_disk_wiping.contents(one), busy=ceph_disk_wiping.busy(one), described=one.described()
        )
    return {**found.as_data(), **survey, "replaceable": host.replaceable()}


print(json.dumps({"groundplane_disks": 1, **_look(json.loads(GIVEN))}))
"""


@dataclass(frozen=True, slots=True)
class DiskOsd:
    """A part of an OSD on a disk; `role` is block, db or wal. Another cluster's has another fsid."""

    osd_id: int | None
    uuid: str
    fsid: str
    role: str
    finished: bool


@dataclass(frozen=True, slots=True)
class DiskView:
    """A disk of a host.

    Attributes:
        described: for people, "/dev/sdb (SAMSUNG MZ7, 960 GB)".
        aliases: links to it that stay the same.
        size: bytes.
        contents: all that is on it, in words that compare.
        empty: whether an OSD could be made of it.
        busy: why it couldn't be wiped now; empty where it could.
    """

    path: str
    described: str
    aliases: tuple[str, ...] = ()
    size: int = 0
    rotational: bool = False
    osds: tuple[DiskOsd, ...] = ()
    contents: tuple[str, ...] = ()
    empty: bool = False
    busy: str = ""


@dataclass(frozen=True, slots=True)
class NewOsd:
    """A disk of which the drive group `group` would make OSDs."""

    path: str
    described: str
    group: str


@dataclass(frozen=True, slots=True)
class HostDisks:
    """A host's disks.

    Attributes:
        named: path that was asked for → the kernel's path; lacks those that aren't there.
        others: named paths that can't be OSDs → why.
        new: disks that would become OSDs.
        refusal: why disks that the site names can't be used; empty where all can.
        replaceable: ids of destroyed OSDs, which new disks get.
        error: why the host couldn't be asked; all else is empty then.
    """

    host: str
    disks: tuple[DiskView, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    new: tuple[NewOsd, ...] = ()
    refusal: str = ""
    intended: tuple[str, ...] = ()
    replaceable: tuple[int, ...] = ()
    error: str = ""

    def disk(self, path: str) -> DiskView | None:
        """The disk that a path leads to: one that was asked for, the kernel's, or an alias."""
        real = self.named.get(path, path)
        return next((disk for disk in self.disks if real == disk.path or path in disk.aliases), None)

    def disks_of(self, osd_id: int, fsid: str) -> tuple[DiskView, ...]:
        """The disks that hold a part of this cluster's OSD."""
        uuids = {part.uuid for disk in self.disks for part in disk.osds if part.osd_id == osd_id and part.fsid == fsid}
        return tuple(disk for disk in self.disks if uuids & {part.uuid for part in disk.osds})


def ask_disks(
    site: Site,
    connection: SshConnection,
    groups: Mapping[str, Sequence[DriveGroup]],
    *,
    state: ClusterState | None,
    also: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, HostDisks]:
    """The disks of these hosts; a host that can't be asked is in the result too, with `error`.

    Args:
        groups: host to its drive groups, as `CephConfiguration.drive_groups`.
        state: the cluster's; None where there is none yet, so that each OSD on a disk is a stranger's.
        also: host to paths that are looked at besides those that drive groups name.
    """
    sources = sources_of(site.content.roles)

    def script(host: str) -> bytes:
        return question(sources, groups[host], state, (also or {}).get(host, ()))

    answers = ask_hosts(site, tuple(groups), connection, marker=MARKER, script=script)
    return {host: understand_disks(host, answer) for host, answer in answers.items()}


def ask_host_disks(
    site: Site,
    connection: SshConnection,
    host: str,
    groups: Sequence[DriveGroup],
    *,
    state: ClusterState | None,
    also: Sequence[str] = (),
) -> HostDisks:
    """The disks of one host.

    Raises:
        FailedError: it can't be asked.
    """
    found = ask_disks(site, connection, {host: groups}, state=state, also={host: also})[host]
    if found.error:
        raise FailedError(
            f"{host} can't be asked for its disks", why=found.error, cure=f"groundplane status --limit {host}"
        )
    return found


def ask_if_there(site: Site, connection: SshConnection, configuration: CephConfiguration) -> ClusterState | None:
    """The cluster's state; None where the site has no cluster yet.

    Raises:
        InputError: the hosts have another cluster than the site's.
        FailedError: there is a cluster, and nobody can speak for it.
    """
    try:
        return ask_cluster(site, connection)
    except InputError:
        if configuration.fsid:
            raise
        return None


def sources_of(roles: Path) -> str:
    """The role's code for the script, as JSON."""
    folder = roles / "ceph" / "module_utils"
    return json.dumps([(name, (folder / f"{name}.py").read_text(encoding="utf-8")) for name in SOURCES])


def question(sources: str, groups: Sequence[DriveGroup], state: ClusterState | None, also: Sequence[str]) -> bytes:
    """The script for a host."""
    given = json.dumps(
        {
            "groups": [group.model_dump(mode="json") for group in groups],
            "fsid": state.fsid if state is not None else "",
            "known": known_osds(state) if state is not None else [],
            "also": list(also),
        }
    )
    return f"SOURCES = {sources!r}\nGIVEN = {given!r}\n{_SCRIPT}".encode()


def known_osds(state: ClusterState) -> list[dict[str, Any]]:
    """The cluster's OSDs, as the role's module ceph_osd_cluster tells them."""
    states = {entry["osd"]: entry.get("state", ()) for entry in state.raw.get("osd_dump", {}).get("osds", ())}
    return [
        {
            "id": osd.id,
            "uuid": osd.uuid,
            "up": osd.up,
            "in": osd.in_,
            "unborn": UNBORN in states.get(osd.id, ()),
            "destroyed": osd.destroyed,
            "host": osd.host,
            "device_class": osd.device_class,
        }
        for osd in state.osds
    ]


def understand_disks(host: str, answer: HostAnswer) -> HostDisks:
    """A host's answer, as values."""
    data = answer.data
    error = answer.error or str(data.get("error", ""))
    if error or "disks" not in data:
        return HostDisks(host, error=error or "it gave no answer")
    return HostDisks(
        host,
        disks=tuple(_disk(disk) for disk in data["disks"]),
        named=dict(data["named"]),
        others=dict(data["others"]),
        new=tuple(NewOsd(each["path"], each["described"], each["group"]) for each in data["new"]),
        refusal=str(data["refusal"]),
        intended=tuple(data["intended"]),
        replaceable=tuple(data["replaceable"]),
    )


def _disk(data: Mapping[str, Any]) -> DiskView:
    return DiskView(
        path=data["path"],
        described=data["described"],
        aliases=tuple(data["aliases"]),
        size=int(data["size"]),
        rotational=bool(data["rotational"]),
        osds=tuple(
            DiskOsd(part["osd_id"], part["uuid"], part["fsid"], part["role"], part["finished"]) for part in data["osds"]
        ),
        contents=tuple(data["contents"]),
        empty=bool(data["empty"]),
        busy=str(data["busy"]),
    )
