"""Asks the monitors and the orchestrator for all that is judged of a cluster, in some milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

try:
    from ansible.module_utils.ceph_judging import Seen
    from ansible.module_utils.ceph_session import CephError, Session
except ImportError:
    from ceph_judging import Seen
    from ceph_session import CephError, Session

REPORTING = ("mon", "mgr", "osd", "mds")
MANAGER_SECONDS = 5
"""A manager that is about to fail over may say nothing for as long as it is asked."""
CHECK_SECONDS = 30


def look(session: Session) -> Seen:
    """All answers of one moment.

    Raises:
        CephError: the monitors don't answer. A manager that doesn't is no error here, it is judged.
    """
    mgr = _dict(session.call("mgr dump"))
    osds = _dict(session.call("osd dump"))
    up = {str(osd["osd"]) for osd in _rows(osds.get("osds")) if osd.get("up")}
    seen = Seen(
        status=_dict(session.call("status")),
        health=_dict(session.call("health", detail="detail")),
        quorum=_dict(session.call("quorum_status")),
        mgr=mgr,
        osd_map=osds,
        clocks=_dict(session.call("time-sync-status")),
        daemons=_daemons(session, up),
    )
    if not mgr.get("available"):
        return seen
    try:
        orchestrator = _dict(_ask_manager(session, "orch status"))
        seen = seen._replace(orchestrator=orchestrator, crashes=_rows(_ask_manager(session, "crash ls-new")))
        if orchestrator.get("available"):
            members, upgrade = _ask_manager(session, "orch host ls"), _ask_manager(session, "orch upgrade status")
            seen = seen._replace(members=_rows(members), upgrade=_dict(upgrade))
    except CephError as error:
        return seen._replace(orchestrator={"available": False, "reason": str(error)})
    return seen


def look_again(session: Session, reached: Collection[str]) -> list[str]:
    """Has the orchestrator look at hosts that it takes for offline and that are `reached`; by itself it does so every
    ten minutes. Returns their names.
    """
    there = {host.partition(".")[0].lower() for host in reached}
    looked = []
    try:
        for row in _rows(_ask_manager(session, "orch host ls")):
            name = str(row.get("hostname", ""))
            if str(row.get("status", "")).lower() == "offline" and name.partition(".")[0].lower() in there:
                session.call("cephadm check-host", target="mgr", host=name, seconds=CHECK_SECONDS, attempts=1)
                looked.append(name)
    except CephError:
        # Whatever keeps it from looking is judged with the rest.
        return looked
    return looked


def _ask_manager(session: Session, prefix: str) -> object:
    return session.call(prefix, target="mgr", seconds=MANAGER_SECONDS, attempts=1)


def _daemons(session: Session, up: set[str]) -> list[dict[str, str]]:
    """Name, type, host, image and version of daemons that report; of OSDs, those that are up."""
    found = []
    for kind in REPORTING:
        for row in _rows(session.call(f"{kind} metadata")):
            number = str(row.get("name", row.get("id", "")))
            if kind != "osd" or number in up:
                found.append(_daemon(kind, number, cast("Mapping[str, object]", row)))
            else:
                # Where it was, for the sentence about it; what it ran is over.
                found.append({**_daemon(kind, number, cast("Mapping[str, object]", row)), "image": "", "version": ""})
    services = _dict(_dict(session.call("service dump")).get("services"))
    youngest: dict[str, dict[str, object]] = {}
    for row in _dict(_dict(services.get("rgw")).get("daemons")).values():
        about = _dict(row)
        name = str(_dict(about.get("metadata")).get("id", ""))
        if name and str(about.get("start_stamp")) >= str(youngest.get(name, {}).get("start_stamp", "")):
            youngest[name] = about
    return found + [_daemon("rgw", name, _dict(about.get("metadata"))) for name, about in youngest.items()]


def _daemon(kind: str, name: str, about: Mapping[str, object]) -> dict[str, str]:
    return {
        "name": f"{kind}.{name}",
        "type": kind,
        "host": str(about.get("hostname", "")),
        "image": str(about.get("container_image", "")),
        "version": str(about.get("ceph_version_short", "")),
    }


def _dict(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _rows(value: object) -> list[dict[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
