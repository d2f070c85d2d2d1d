"""From a cluster's raw answers to its state: what each part means, and what is missing where nobody answered.

The shapes are those of Ceph 18's own answers (`ceph COMMAND --format json`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from groundplane.ceph.state import (
    CLUSTER_FLAGS,
    OSD_FLAGS,
    Capacity,
    CephHost,
    ClusterState,
    Daemon,
    Health,
    Mon,
    Osd,
    Pool,
    Service,
    Upgrade,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_REPLICATED, _ERASURE = 1, 3


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
