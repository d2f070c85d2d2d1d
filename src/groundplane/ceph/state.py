"""A cluster as it is: what its monitors and managers answered, as plain values.

The shapes are those of Ceph 18's own answers (`ceph COMMAND --format json`). A question that the cluster couldn't
answer is in `ClusterState.unanswered` with the reason, and what it would have told is empty.
"""

from __future__ import annotations

from collections import Counter
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
CLEAN = "active+clean"
RUNNING = "running"

_REPLICATED, _ERASURE = 1, 3


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


def understand(
    raw: Mapping[str, Any], *, unanswered: Mapping[str, str] | None = None, speaker: str = ""
) -> ClusterState:
    """The state from Ceph's answers, keyed as in `groundplane.ceph.asking.QUESTIONS`; missing ones leave gaps."""
    status = _mapping(raw.get("status"))
    osd_dump = _mapping(raw.get("osd_dump"))
    mgr = _mapping(raw.get("mgr"))
    tree = _Tree(_mapping(raw.get("osd_tree")))
    capacity = _mapping(_mapping(raw.get("df")).get("stats"))
    events = _mapping(status.get("progress_events"))
    return ClusterState(
        fsid=str(status.get("fsid", "")),
        health=_health(_mapping(raw.get("health"))),
        mons=_mons(_mapping(raw.get("mons")), frozenset(status.get("quorum_names", ()))),
        mgr_active=str(mgr.get("active_name", "")) if mgr.get("available", True) else "",
        mgr_standbys=tuple(str(entry["name"]) for entry in mgr.get("standbys", ())),
        osds=_osds(raw, osd_dump, tree),
        hosts=tuple(
            CephHost(
                name=entry["hostname"],
                address=entry["addr"],
                labels=frozenset(entry.get("labels", ())),
                status=str(entry.get("status", "")).lower(),
                location=tree.location(entry["hostname"]),
            )
            for entry in _list(raw.get("hosts"))
        ),
        daemons=_daemons(_list(raw.get("daemons"))),
        services=_services(_list(raw.get("services"))),
        pools=_pools(raw),
        pg_states={
            entry["state_name"]: entry["count"] for entry in _mapping(status.get("pgmap")).get("pgs_by_state", ())
        },
        flags=_flags(osd_dump),
        host_flags={
            host: frozenset(flags) for host, flags in _mapping(osd_dump.get("crush_node_flags")).items() if flags
        },
        versions=_versions(_mapping(raw.get("versions"))),
        upgrade=_upgrade(_mapping(raw.get("upgrade"))),
        capacity=Capacity(
            total=int(capacity.get("total_bytes", 0)),
            used=int(capacity.get("total_used_raw_bytes", 0)),
            available=int(capacity.get("total_avail_bytes", 0)),
        ),
        speaker=speaker,
        crashes=tuple(str(entry["crash_id"]) for entry in _list(raw.get("crashes"))),
        progress=tuple(
            f"{event.get('message', '')} ({float(event.get('progress', 0)):.0%})" for event in events.values()
        ),
        markers={str(key): str(value) for key, value in _mapping(raw.get("markers")).items()},
        unanswered=dict(unanswered or {}),
        raw=raw,
    )


class _Tree:
    """`ceph osd tree`: who stands where."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        nodes = _list(answer.get("nodes"))
        self.by_id = {node["id"]: node for node in nodes}
        self._parents = {child: node["id"] for node in nodes for child in node.get("children", ())}
        self._by_name = {node["name"]: node["id"] for node in nodes}

    def host_of(self, osd: int) -> str:
        node = self._parents.get(osd)
        while node is not None:
            if self.by_id[node]["type"] == "host":
                return str(self.by_id[node]["name"])
            node = self._parents.get(node)
        return ""

    def location(self, host: str) -> dict[str, str]:
        """Type to name of all that contains the host, the biggest first."""
        found: list[tuple[str, str]] = []
        node = self._parents.get(self._by_name[host]) if host in self._by_name else None
        while node is not None:
            found.append((str(self.by_id[node]["type"]), str(self.by_id[node]["name"])))
            node = self._parents.get(node)
        return dict(reversed(found))


def _health(answer: Mapping[str, Any]) -> Health:
    checks = _mapping(answer.get("checks"))
    return Health(
        status=str(answer.get("status", "")),
        checks={code: str(_mapping(check.get("summary")).get("message", "")) for code, check in checks.items()},
        detail={
            code: tuple(str(line.get("message", "")).strip() for line in check.get("detail", ()))
            for code, check in checks.items()
        },
        severities={code: str(check.get("severity", "")) for code, check in checks.items()},
        muted=frozenset(str(mute["code"]) for mute in _list(answer.get("mutes"))),
    )


def _mons(answer: Mapping[str, Any], quorum: frozenset[str]) -> tuple[Mon, ...]:
    return tuple(
        Mon(mon["name"], mon["name"] in quorum, str(mon.get("public_addr", "")).rpartition(":")[0].strip("[]"))
        for mon in _list(answer.get("mons"))
    )


def _osds(raw: Mapping[str, Any], dump: Mapping[str, Any], tree: _Tree) -> tuple[Osd, ...]:
    metadata = {entry["id"]: entry for entry in _list(raw.get("osd_metadata"))}
    usage = {entry["id"]: entry for entry in _mapping(raw.get("osd_df")).get("nodes", ())}
    found = []
    for entry in _list(dump.get("osds")):
        id_ = int(entry["osd"])
        states, node, told = set(entry.get("state", ())), tree.by_id.get(id_, {}), metadata.get(id_, {})
        used = usage.get(id_, {})
        names = [name for name in str(told.get("devices", "")).split(",") if name]
        found.append(
            Osd(
                id=id_,
                host=tree.host_of(id_) or str(told.get("hostname", "")),
                up=bool(entry["up"]),
                in_=bool(entry["in"]),
                device_class=str(node.get("device_class", "")),
                weight=float(node.get("crush_weight", 0.0)),
                destroyed="destroyed" in states or node.get("status") == "destroyed",
                uuid=str(entry.get("uuid", "")),
                devices=tuple(f"/dev/{name}" for name in names),
                flags=frozenset(states & OSD_FLAGS),
                reweight=float(entry.get("weight", 1.0)),
                size=int(used.get("kb", 0)) * 1024,
                used=int(used.get("kb_used", 0)) * 1024,
                pgs=int(used.get("pgs", 0)),
            )
        )
    return tuple(found)


def _daemons(answer: list[Any]) -> tuple[Daemon, ...]:
    return tuple(
        Daemon(
            name=str(entry.get("daemon_name") or f"{entry['daemon_type']}.{entry['daemon_id']}"),
            type=str(entry["daemon_type"]),
            id=str(entry["daemon_id"]),
            host=str(entry.get("hostname", "")),
            status=str(entry.get("status_desc", "")),
            version=str(entry.get("version") or ""),
            image=str(entry.get("container_image_name") or ""),
            image_id=str(entry.get("container_image_id") or ""),
            digests=tuple(entry.get("container_image_digests") or ()),
            service=str(entry.get("service_name") or ""),
            active=bool(entry.get("is_active")),
            memory=int(entry.get("memory_usage") or 0),
        )
        for entry in answer
    )


def _services(answer: list[Any]) -> tuple[Service, ...]:
    return tuple(
        Service(
            name=str(entry["service_name"]),
            type=str(entry["service_type"]),
            placement=_mapping(entry.get("placement")),
            running=int(_mapping(entry.get("status")).get("running", 0)),
            size=int(_mapping(entry.get("status")).get("size", 0)),
            unmanaged=bool(entry.get("unmanaged", False)),
            spec=_mapping(entry.get("spec")),
            ports=tuple(_mapping(entry.get("status")).get("ports") or ()),
        )
        for entry in answer
    )


def _pools(raw: Mapping[str, Any]) -> tuple[Pool, ...]:
    rules = {entry["rule_id"]: str(entry["rule_name"]) for entry in _list(raw.get("crush_rules"))}
    usage = {entry["id"]: _mapping(entry.get("stats")) for entry in _mapping(raw.get("df")).get("pools", ())}
    found = []
    for entry in _list(raw.get("pools")):
        id_ = int(entry["pool_id"])
        used = usage.get(id_, {})
        found.append(
            Pool(
                id=id_,
                name=str(entry["pool_name"]),
                type={_REPLICATED: "replicated", _ERASURE: "erasure"}.get(entry["type"], str(entry["type"])),
                size=int(entry["size"]),
                min_size=int(entry["min_size"]),
                pg_num=int(entry["pg_num"]),
                application=",".join(_mapping(entry.get("application_metadata"))),
                crush_rule=rules.get(entry.get("crush_rule"), ""),
                erasure_profile=str(entry.get("erasure_code_profile", "")),
                autoscale=str(entry.get("pg_autoscale_mode", "")),
                stored=int(used.get("stored", 0)),
                used=int(used.get("bytes_used", 0)),
                available=int(used.get("max_avail", 0)),
                objects=int(used.get("objects", 0)),
            )
        )
    return tuple(found)


def _flags(dump: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(_list(dump.get("flags_set")) or str(dump.get("flags", "")).split(",")) & CLUSTER_FLAGS


def _versions(answer: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """`ceph version 18.2.7 (…) reef (stable)` is said as 18.2.7."""
    found: dict[str, dict[str, int]] = {}
    for type_, counts in answer.items():
        if type_ == "overall":
            continue
        numbers: Counter[str] = Counter()
        for text, count in _mapping(counts).items():
            words = str(text).split()
            numbers[words[2] if len(words) > 2 else str(text)] += int(count)  # noqa: PLR2004 - "ceph version NUMBER"
        found[type_] = dict(numbers)
    return found


def _upgrade(answer: Mapping[str, Any]) -> Upgrade:
    return Upgrade(
        in_progress=bool(answer.get("in_progress", False)),
        target=str(answer.get("target_image") or ""),
        services_complete=tuple(answer.get("services_complete") or ()),
        progress=str(answer.get("progress") or ""),
        message=str(answer.get("message") or ""),
        paused=bool(answer.get("is_paused", False)),
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
