"""The cluster's side of OSDs: which ones it knows, ids that killed runs left, their classes, and waiting for them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

try:
    from ansible.module_utils.ceph_session import CephError, Session
except ImportError:
    from ceph_session import CephError, Session

PAUSE_SECONDS = 0.5
HOLDING_FLAGS = {"noup": "no OSD may come up", "noin": "no new OSD gets data"}
UNBORN = "new"
"""The OSD map's word for an OSD that was registered and never ran (`ceph osd new`)."""


def known_osds(session: Session) -> list[dict[str, Any]]:
    """All OSDs of the cluster: id, uuid, up, in, unborn, destroyed, device_class, and the host where CRUSH has them."""
    nodes = session.call("osd tree")["nodes"]
    hosts = {child: node["name"] for node in nodes if node["type"] == "host" for child in node["children"]}
    classes = {node["id"]: node.get("device_class", "") for node in nodes if node["type"] == "osd"}
    return [
        {
            "id": osd["osd"],
            "uuid": osd["uuid"],
            "up": bool(osd["up"]),
            "in": bool(osd["in"]),
            "unborn": UNBORN in osd["state"],
            "destroyed": "destroyed" in osd["state"],
            "host": hosts.get(osd["osd"], ""),
            "device_class": classes.get(osd["osd"], ""),
        }
        for osd in session.call("osd dump")["osds"]
    ]


def leftovers(known: Sequence[dict[str, Any]], uuids: Sequence[str]) -> list[int]:
    """Ids that were registered, never ran, and of which no disk has a part."""
    return sorted(
        osd["id"]
        for osd in known
        if osd["unborn"] and not osd["up"] and not osd["destroyed"] and osd["uuid"] not in uuids
    )


def remove_leftovers(session: Session, osd_ids: Sequence[int]) -> list[str]:
    """Takes them out of the cluster; `osd purge-new` refuses OSDs that ever ran, so this can lose nothing."""
    for osd_id in osd_ids:
        session.text("osd purge-new", id=osd_id, yes_i_really_mean_it=True)
    return [f"osd.{osd_id}, which a run had registered and never made, was removed" for osd_id in osd_ids]


def class_changes(known: Sequence[dict[str, Any]], asked: Sequence[dict[str, Any]]) -> list[tuple[int, str, str]]:
    """OSDs whose class is another than their drive group's: id, from, to."""
    classes = {osd["id"]: osd["device_class"] for osd in known}
    return [
        (osd["id"], classes[osd["id"]], osd["device_class"])
        for osd in asked
        if osd["device_class"] and classes.get(osd["id"], osd["device_class"]) != osd["device_class"]
    ]


def set_classes(session: Session, changes: Sequence[tuple[int, str, str]]) -> list[str]:
    """Ceph sets a class only where there is none, so the old one is removed first (rados/operations/crush-map)."""
    for osd_id, old, new in changes:
        if old:
            session.text("osd crush rm-device-class", ids=[str(osd_id)])
        session.text("osd crush set-device-class", **{"class": new, "ids": [str(osd_id)]})
    return [f"osd.{osd_id} has the class {new} ({old or 'none'} before)" for osd_id, old, new in changes]


def wait_until_up(session: Session, osd_ids: Sequence[int], seconds: float) -> list[int]:
    """Waits until these OSDs are up; those that aren't when the time is over."""
    ends = time.monotonic() + seconds
    while True:
        up = {osd["osd"] for osd in session.call("osd dump")["osds"] if osd["up"]}
        missing = [osd_id for osd_id in osd_ids if osd_id not in up]
        if not missing or time.monotonic() > ends:
            return missing
        time.sleep(PAUSE_SECONDS)


def why_down(session: Session, missing: Sequence[int], hosts: dict[int, str], seconds: float) -> str:
    """A sentence about OSDs that didn't come up, with the cure."""
    flags = [
        f"the flag {flag} is set ({means}; ceph osd unset {flag})"
        for flag, means in HOLDING_FLAGS.items()
        if flag in session.call("osd dump")["flags_set"]
    ]
    names = ", ".join(f"osd.{osd_id} on {hosts.get(osd_id) or 'an unknown host'}" for osd_id in missing)
    first = missing[0]
    said = f"; {' and '.join(flags)}" if flags else ""
    return (
        f"Not up after {seconds:.0f} seconds: {names}{said}. Cure: see what the daemon says with"
        f" journalctl -u 'ceph-*@osd.{first}' on {hosts.get(first) or 'its host'}, then groundplane apply ceph.osds"
    )


def activate(session: Session, hosts: Sequence[str]) -> None:
    """Has the orchestrator start the daemons of OSDs that are prepared on these hosts."""
    for host in hosts:
        session.text("cephadm osd activate", target="mgr", host=[host], seconds=600)


def refresh_daemons(session: Session) -> None:
    """Tells the orchestrator to look for daemons again, so that it doesn't take new ones for strays."""
    try:
        session.call("orch ps", target="mgr", refresh=True, attempts=1)
    except CephError:
        # It looks by itself every ten minutes; that it stumbles now holds nothing up.
        return
