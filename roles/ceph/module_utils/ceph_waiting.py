"""What a cluster still lacks of a state that is waited for, and the waiting itself.

The questions are answered by the daemons' own reports to the monitors (the OSD map, the quorum, metadata), which are
true at once; the orchestrator's list of daemons is up to ten minutes old and is only asked about daemons that report
nowhere else, with a refresh.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

try:
    from ansible.module_utils.ceph_session import CephError, Session
except ImportError:
    from ceph_session import CephError, Session

PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0
REFRESH_SECONDS = 10.0
REPORTING = {"mon": "mon", "mgr": "mgr", "osd": "osd", "mds": "mds"}
"""Types of daemons whose metadata the monitors keep, with their own container's image."""
UNCLEAN = {"stale", "inconsistent", "down", "incomplete", "unknown", "peering", "activating", "laggy"}
"""Beside `clean`, these still mean that something is wrong (rados/operations/pg-states)."""


class Wanted:
    """A state to wait for; what is empty or None isn't asked for.

    `daemons` are names as `ceph orch ps` has them (osd.3, mgr.node1.abcdef); with `image` they also have to run it.
    `osds_up` are ids. `health` is the worst that is allowed: HEALTH_OK or HEALTH_WARN; `ignore_checks` are names of
    health checks that don't count.
    `stoppable` are daemons that may stop without anything becoming unavailable, by Ceph's own account.
    """

    def __init__(
        self,
        *,
        quorum: Sequence[str] = (),
        quorum_size: int = 0,
        mgr_active: bool = False,
        mgr_standbys: int = 0,
        osds_up: Sequence[int] = (),
        osds_in: Sequence[int] = (),
        all_osds_up: bool = False,
        pgs_clean: bool = False,
        daemons: Sequence[str] = (),
        image: str = "",
        health: str = "",
        ignore_checks: Sequence[str] = (),
        orchestrator: bool = False,
        stoppable: Sequence[str] = (),
    ) -> None:
        self.quorum = list(quorum)
        self.quorum_size = quorum_size
        self.mgr_active = mgr_active
        self.mgr_standbys = mgr_standbys
        self.osds_up = list(osds_up)
        self.osds_in = list(osds_in)
        self.all_osds_up = all_osds_up
        self.pgs_clean = pgs_clean
        self.daemons = list(daemons)
        self.image = image
        self.health = health
        self.ignore_checks = list(ignore_checks)
        self.orchestrator = orchestrator
        self.stoppable = list(stoppable)


def still_missing(session: Session, wanted: Wanted, *, refresh: bool = False) -> list[str]:
    """What the cluster lacks, each a part of a sentence ("node3 isn't in the quorum"); empty where it lacks nothing.

    Raises:
        CephError: the cluster doesn't answer.
    """
    status = session.call("status")
    missing = _quorum_missing(status, wanted)
    if wanted.mgr_active or wanted.mgr_standbys:
        missing += _mgrs_missing(session, wanted)
    if wanted.osds_up or wanted.osds_in or wanted.all_osds_up:
        missing += _osds_missing(session, wanted)
    if wanted.pgs_clean:
        missing += unclean_groups(status)
    if wanted.daemons:
        missing += _daemons_missing(session, wanted, refresh=refresh)
    if wanted.health:
        missing += _health_missing(status, wanted)
    if wanted.orchestrator and not missing:
        missing += _orchestrator_missing(session)
    if wanted.stoppable and not missing:
        missing += _unstoppable(session, wanted.stoppable)
    return missing


def _quorum_missing(status: dict, wanted: Wanted) -> list[str]:
    there = set(status.get("quorum_names", []))
    missing = [f"the monitor {name} isn't in the quorum" for name in wanted.quorum if name not in there]
    if wanted.quorum_size and len(there) < wanted.quorum_size:
        missing.append(f"{len(there)} of {wanted.quorum_size} monitors are in the quorum")
    return missing


def _mgrs_missing(session: Session, wanted: Wanted) -> list[str]:
    active, standbys = managers(session)
    missing = [] if active else ["no manager is active"]
    if len(standbys) < wanted.mgr_standbys:
        missing.append(f"{len(standbys)} of {wanted.mgr_standbys} managers stand by")
    return missing


def managers(session: Session) -> tuple[str, list[str]]:
    """The active manager's name, empty where none is available, and the standbys' names."""
    dump = session.call("mgr dump")
    active = dump["active_name"] if dump.get("available") else ""
    return active, sorted(standby["name"] for standby in dump.get("standbys", []))


def _osds_missing(session: Session, wanted: Wanted) -> list[str]:
    osds = {osd["osd"]: osd for osd in session.call("osd dump")["osds"]}
    up = sorted(set(wanted.osds_up) | (set(osds) if wanted.all_osds_up else set()))
    missing = [f"osd.{id_} isn't up" for id_ in up if not osds.get(id_, {}).get("up")]
    missing += [f"osd.{id_} isn't in" for id_ in wanted.osds_in if not osds.get(id_, {}).get("in")]
    return missing


def unclean_groups(status: dict) -> list[str]:
    """Placement groups of `ceph status` that aren't active+clean, by state."""
    missing = []
    for entry in status.get("pgmap", {}).get("pgs_by_state", []):
        states = set(entry["state_name"].split("+"))
        if not {"active", "clean"} <= states or states & UNCLEAN:
            missing.append(f"{entry['count']} placement groups are {entry['state_name']}")
    return missing


def _daemons_missing(session: Session, wanted: Wanted, *, refresh: bool) -> list[str]:
    images = running_images(session, wanted.daemons, refresh=refresh)
    missing = []
    for name in wanted.daemons:
        if name not in images:
            missing.append(f"{name} doesn't run")
        elif wanted.image and not same_image(images[name], wanted.image):
            missing.append(f"{name} runs {images[name] or 'an unknown image'}")
    return missing


def same_image(one: str, other: str) -> bool:
    """Whether two references name the same image: the same text, or the same digest in whatever registry."""
    return one == other or ("@" in one and one.rpartition("@")[2] == other.rpartition("@")[2])


def running_images(session: Session, names: Sequence[str], *, refresh: bool = False) -> dict[str, str]:
    """The image that each of these daemons runs, by name; those that don't run are left out.

    Daemons that report to the monitors are looked up there; the others in the orchestrator's list.
    """
    images: dict[str, str] = {}
    types = {name.split(".", 1)[0] for name in names}
    for type_ in sorted(types & set(REPORTING)):
        alive = _alive(session, type_)
        for entry in session.call(f"{type_} metadata"):
            id_ = str(entry.get("id", entry.get("name", "")))
            if id_ in alive:
                images[f"{type_}.{id_}"] = str(entry.get("container_image", ""))
    if types - set(REPORTING):
        asked = {"refresh": True} if refresh else {}
        for daemon in session.call("orch ps", target="mgr", **asked):
            if daemon["daemon_type"] not in REPORTING and daemon.get("status") == 1:
                images[daemon["daemon_name"]] = str(daemon.get("container_image_name", ""))
    return {name: images[name] for name in names if name in images}


def _alive(session: Session, type_: str) -> set[str]:
    """Ids of the daemons of a type that are at work or stand by now; metadata outlives the daemon."""
    if type_ == "mon":
        return set(session.call("quorum_status")["quorum_names"])
    if type_ == "mgr":
        active, standbys = managers(session)
        return {active, *standbys}
    if type_ == "osd":
        return {str(osd["osd"]) for osd in session.call("osd dump")["osds"] if osd["up"]}
    dump = session.call("fs dump")
    found = {standby["name"] for standby in dump.get("standbys", [])}
    for filesystem in dump.get("filesystems", []):
        found |= {info["name"] for info in filesystem["mdsmap"]["info"].values()}
    return found


def _health_missing(status: dict, wanted: Wanted) -> list[str]:
    ranks = {"HEALTH_OK": 0, "HEALTH_WARN": 1, "HEALTH_ERR": 2}
    missing = []
    for name, check in status.get("health", {}).get("checks", {}).items():
        worse = ranks.get(check.get("severity", ""), 2) > ranks.get(wanted.health, 0)
        if worse and name not in wanted.ignore_checks:
            missing.append(f"{name}: {check.get('summary', {}).get('message', '')}")
    return missing


def _orchestrator_missing(session: Session) -> list[str]:
    try:
        answer = session.call("orch status", target="mgr", attempts=1, seconds=20)
    except CephError as error:
        return [f"the orchestrator doesn't answer ({error})"]
    return [] if answer.get("available") else ["the orchestrator isn't available"]


def _unstoppable(session: Session, names: Sequence[str]) -> list[str]:
    """Daemons that may not stop now, with Ceph's reason; types that Ceph has no opinion of may."""
    missing = []
    for type_ in ("osd", "mon", "mds"):
        ids = [name.split(".", 1)[1] for name in names if name.startswith(f"{type_}.")]
        if not ids:
            continue
        target = "mgr" if type_ == "osd" else "mon"
        try:
            session.text(f"{type_} ok-to-stop", target=target, attempts=1, ids=ids)
        except CephError as error:
            reason = str(error).rpartition(": ")[2]
            missing.append(f"{', '.join(f'{type_}.{id_}' for id_ in ids)} may not stop ({reason})")
    return missing


class Waited:
    """How a wait ended: what was still missing (nothing where the state was reached), and its seconds."""

    def __init__(self, missing: list[str], seconds: float) -> None:
        self.missing = missing
        self.seconds = seconds

    def sentence(self) -> str:
        """For people, where something is missing."""
        more = len(self.missing) - 5
        said = "; ".join(self.missing[:5]) + (f"; and {more} more" if more > 0 else "")
        return f"After {self.seconds:.0f} seconds {said}"


def wait_for(
    open_session: Callable[[], Session],
    wanted: Wanted,
    *,
    seconds: float,
    steady_seconds: float = 0,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Waited:
    """Asks again and again until nothing is missing any more, and for `steady_seconds` on end, or time is up.

    The session is made again where it broke: the monitor that it goes through may be the very daemon that restarts.
    OSDs report placement groups every 5 seconds (mgr_stats_period), so after an OSD restarted only a state that held
    longer than that can be believed. Looks once at least, whatever `seconds` is.
    """
    started = last_refresh = now()
    steady_since: float | None = None
    session: Session | None = None
    pause = PAUSE_SECONDS
    try:
        while True:
            refresh = now() - last_refresh >= REFRESH_SECONDS
            try:
                if session is None:
                    session = open_session().__enter__()
                missing = still_missing(session, wanted, refresh=refresh)
            except CephError as error:
                missing = [str(error)]
                if session is not None:
                    session.close()
                    session = None
            last_refresh = now() if refresh else last_refresh
            if missing:
                steady_since = None
            else:
                steady_since = now() if steady_since is None else steady_since
                if now() - steady_since >= steady_seconds:
                    return Waited([], now() - started)
            if now() - started >= seconds:
                return Waited(missing or ["the state didn't last"], now() - started)
            sleep(pause)
            pause = min(pause * 1.3, LONGEST_PAUSE_SECONDS) if missing else PAUSE_SECONDS
    finally:
        if session is not None:
            session.close()
