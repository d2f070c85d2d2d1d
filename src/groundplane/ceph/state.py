"""A cluster as it is: what its monitors and managers answered, as plain values.

`understanding` makes them of the answers. A question that the cluster couldn't answer is in `ClusterState.unanswered`
with the reason, and what it would have told is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

OSD_FLAGS = frozenset({"noup", "nodown", "noin", "noout"})
"""What can be set for a single OSD, a host or a device class."""
CLUSTER_FLAGS = OSD_FLAGS | {
    "full",
    "nobackfill",
    "nodeep-scrub",
    "norebalance",
    "norecover",
    "noscrub",
    "nosnaptrim",
    "notieragent",
    "pauserd",
    "pausewr",
}
"""Flags that keep a cluster from doing what it otherwise would; the others only say what it is capable of."""
RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is HEALTH_OK, HEALTH_WARN or HEALTH_ERR; `checks` code to summary, `detail` code to its lines."""

    status: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)
    detail: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mon:
    """A monitor; `address` is an IP address. Its name is its host's short name."""

    name: str
    in_quorum: bool
    address: str


@dataclass(frozen=True, slots=True)
class Osd:
    """An OSD.

    Attributes:
        host: short name, by the CRUSH map, else by what it said when it last booted; empty where nobody knows.
        weight: its CRUSH weight (TiB by Ceph's custom); `reweight` is 0 where it is out.
        uuid: its own id, which its disk carries too.
        devices: the disks below it, by path, as they were when it last booted.
        flags: of OSD_FLAGS, set for it alone.
        size, used: bytes.
    """

    id: int
    host: str
    up: bool
    in_: bool
    device_class: str = ""
    weight: float = 0.0
    destroyed: bool = False
    uuid: str = ""
    devices: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    reweight: float = 1.0
    size: int = 0
    used: int = 0
    pgs: int = 0

    @property
    def name(self) -> str:
        return f"osd.{self.id}"


@dataclass(frozen=True, slots=True)
class CephHost:
    """A host as the orchestrator knows it; `status` is empty where all is well, else offline or maintenance.

    `location` is where it stands by the CRUSH map: type to name, the biggest part first, without the host itself.
    """

    name: str
    address: str
    labels: frozenset[str] = frozenset()
    status: str = ""
    location: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon; `name` is TYPE.ID, `status` running, stopped, error, starting or unknown.

    `image` is what it was started from, `digests` all that this image is called (REPOSITORY@sha256:…).
    """

    name: str
    type: str
    id: str
    host: str
    status: str
    version: str = ""
    image: str = ""
    image_id: str = ""
    digests: tuple[str, ...] = ()
    service: str = ""
    active: bool = False
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """A service specification and how many of its daemons run; `size` is how many there should be."""

    name: str
    type: str
    placement: Mapping[str, Any] = field(default_factory=dict)
    running: int = 0
    size: int = 0
    unmanaged: bool = False
    spec: Mapping[str, Any] = field(default_factory=dict)
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool. `type` is replicated or erasure; `application` has the names joined by commas.

    `stored` are the clients' bytes, `used` what they take on the disks, `available` how many more a client could write.
    """

    id: int
    name: str
    type: str
    size: int
    min_size: int
    pg_num: int
    application: str = ""
    crush_rule: str = ""
    erasure_profile: str = ""
    autoscale: str = ""
    stored: int = 0
    used: int = 0
    available: int = 0
    objects: int = 0


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An upgrade by the orchestrator; `target` is an image, `progress` as Ceph says it ("3/15 daemons upgraded")."""

    in_progress: bool = False
    target: str = ""
    services_complete: tuple[str, ...] = ()
    progress: str = ""
    message: str = ""
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Capacity:
    """Bytes on all OSDs' disks."""

    total: int = 0
    used: int = 0
    available: int = 0


@dataclass(frozen=True, slots=True)
class ClusterState:
    """All of it, at one moment.

    Attributes:
        speaker: the host that was asked.
        pg_states: state to number of placement groups.
        flags: of CLUSTER_FLAGS, those that are set for the whole cluster.
        host_flags: host to the flags that are set for its OSDs (`ceph osd set-group`).
        versions: daemon type to version ("18.2.7") to number of daemons.
        markers: what Groundplane left in the cluster's own store, groundplane/… to text.
        unanswered: a question's name (a key of `raw`) to why there is no answer.
        raw: a question's name to Ceph's own answer.
    """

    fsid: str
    health: Health = Health()
    mons: tuple[Mon, ...] = ()
    mgr_active: str = ""
    mgr_standbys: tuple[str, ...] = ()
    osds: tuple[Osd, ...] = ()
    hosts: tuple[CephHost, ...] = ()
    daemons: tuple[Daemon, ...] = ()
    services: tuple[Service, ...] = ()
    pools: tuple[Pool, ...] = ()
    pg_states: Mapping[str, int] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    host_flags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    versions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    upgrade: Upgrade = Upgrade()
    capacity: Capacity = Capacity()
    speaker: str = ""
    crashes: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    markers: Mapping[str, str] = field(default_factory=dict)
    unanswered: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether all placement groups are active and clean; scrubbing counts as that."""
        return all(is_clean(state) for state in self.pg_states)

    @property
    def quorum(self) -> tuple[str, ...]:
        return tuple(mon.name for mon in self.mons if mon.in_quorum)

    def osd(self, id_: int) -> Osd | None:
        return next((osd for osd in self.osds if osd.id == id_), None)

    def host(self, name: str) -> CephHost | None:
        return next((host for host in self.hosts if host.name == name), None)

    def osds_of(self, host: str) -> tuple[Osd, ...]:
        return tuple(osd for osd in self.osds if osd.host == host)

    def daemons_of(self, host: str) -> tuple[Daemon, ...]:
        return tuple(daemon for daemon in self.daemons if daemon.host == host)


def as_data(state: ClusterState) -> dict[str, Any]:
    """For programs: everything but Ceph's own answers."""
    found = {}
    for one in fields(state):
        if one.name != "raw":
            found[one.name.rstrip("_")] = _plain(getattr(state, one.name))
    return found


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name.rstrip("_"): _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return sorted(value) if isinstance(value, frozenset) else value


def is_clean(pg_state: str) -> bool:
    """Whether placement groups in this state have all copies: active+clean, perhaps scrubbing or trimming."""
    return {"active", "clean"} <= set(pg_state.split("+"))
