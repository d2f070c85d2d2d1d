"""A host that leaves the cluster, or begins to and stays after all (Ceph's documentation, cephadm/host-management)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    from ansible.module_utils.ceph_session import CephError, Session
except ImportError:
    from ceph_session import CephError, Session

DRAINING_LABELS = ("_no_schedule", "_no_conf_keyring")
"""What `ceph orch host drain` sets."""
PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 20.0
STALL_SECONDS = 1800.0
"""Without any placement group or object that moved, and any daemon that went."""
REFRESH_SECONDS = 15.0
"""The orchestrator's list of daemons is up to ten minutes old by itself."""


LOOKING_SECONDS = 60
REST_SECONDS = 3.0
"""What the orchestrator still does with what it saw."""
DYING_SECONDS = 8
TAKING_OVER_SECONDS = 60


class StalledError(Exception):
    """Nothing moves any more; the message says what is left and what Ceph says about it."""


def find_host(session: Session, host: str) -> dict | None:
    """The host as the orchestrator knows it."""
    return next((entry for entry in session.call("orch host ls", target="mgr") if entry["hostname"] == host), None)


def osds_of(session: Session, host: str) -> list[int]:
    """The OSDs below the host's bucket in the CRUSH map."""
    nodes = session.call("osd tree")["nodes"]
    return sorted(
        child for node in nodes if node["type"] == "host" and node["name"] == host for child in node.get("children", [])
    )


def begin_drain(session: Session, host: str, *, check: bool) -> list[str]:
    """Tells the orchestrator; says what changed in sentences.

    OSDs that the orchestrator's list of daemons misses (it is up to ten minutes old) are told to go one by one.

    Raises:
        CephError: the cluster doesn't know the host, or refuses.
    """
    known = find_host(session, host)
    if known is None:
        raise CephError(f"the orchestrator has no host {host}")
    osds = osds_of(session, host)
    going = {int(entry["osd_id"]) for entry in removals(session)}
    begun = all(label in known.get("labels", []) for label in DRAINING_LABELS)
    if begun and going >= set(osds):
        return []
    if not check:
        # force: specifications may name the host; what that would mean was looked at before.
        session.text("orch host drain", target="mgr", hostname=host, force=True)
        going = {int(entry["osd_id"]) for entry in removals(session)}
        for osd in osds:
            if osd not in going:
                session.text("orch osd rm", target="mgr", osd_id=[str(osd)])
    return [f"drain {host}" + (f", OSDs {', '.join(map(str, osds))}" if osds else "")]


def removals(session: Session) -> list[dict]:
    """OSDs that are on their way out; a sentence where there are none."""
    found = session.call("orch osd rm status", target="mgr")
    return found if isinstance(found, list) else []


class Rest:
    """What a host that is drained still has; equal where nothing moved."""

    def __init__(self, osds: dict[int, int], daemons: list[str], misplaced: int) -> None:
        self.osds = osds
        """OSD to its placement groups."""
        self.daemons = daemons
        self.misplaced = misplaced

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rest) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.osds or self.daemons)

    def sentence(self) -> str:
        parts = [f"osd.{osd} holds {groups} placement groups" for osd, groups in sorted(self.osds.items())]
        parts += [f"{name} is still there" for name in self.daemons]
        return "; ".join(parts)


def rest_of(session: Session, host: str, *, refresh: bool) -> Rest:
    """What is left on the host.

    Raises:
        CephError: the cluster doesn't answer.
    """
    osds = osds_of(session, host)
    groups = {}
    if osds:
        usage = {node["id"]: node.get("pgs", 0) for node in session.call("osd df", target="mgr")["nodes"]}
        groups = {osd: usage.get(osd, 0) for osd in osds}
    asked: dict[str, object] = {"refresh": True} if refresh else {}
    daemons = session.call("orch ps", target="mgr", hostname=host, **asked)
    names = sorted(daemon["daemon_name"] for daemon in daemons if daemon["daemon_type"] != "osd" or not osds)
    misplaced = session.call("status").get("pgmap", {}).get("misplaced_objects", 0)
    return Rest(groups, names, misplaced)


def wait_until_empty(
    open_session: Callable[[], Session],
    host: str,
    *,
    stall_seconds: float = STALL_SECONDS,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> float:
    """Until the host has neither OSDs nor daemons; returns the seconds that it took.

    The session is made again where it breaks: managers and monitors may move meanwhile.

    Raises:
        StalledError: nothing moved for `stall_seconds`.
        CephError: the cluster didn't answer for as long.
    """
    started = moved = refreshed = now()
    before: Rest | None = None
    session: Session | None = None
    pause = PAUSE_SECONDS
    try:
        while True:
            refresh = now() - refreshed >= REFRESH_SECONDS
            trouble = ""
            try:
                if session is None:
                    session = open_session().__enter__()
                rest = rest_of(session, host, refresh=refresh)
                refreshed = now() if refresh else refreshed
                if not rest:
                    return now() - started
                if rest != before:
                    before, moved, pause = rest, now(), PAUSE_SECONDS
            except CephError as error:
                trouble = str(error)
                if session is not None:
                    session.close()
                    session = None
            if now() - moved >= stall_seconds:
                if trouble:
                    raise CephError(f"the cluster hasn't answered for {stall_seconds / 60:.0f} minutes: {trouble}")
                why = "; ".join(_health(session)) if session is not None else ""
                left = before.sentence() if before is not None else ""
                raise StalledError(
                    f"nothing has moved off {host} for {stall_seconds / 60:.0f} minutes: {left}"
                    + (f". Ceph says: {why}" if why else "")
                )
            sleep(pause)
            pause = min(pause * 1.2, LONGEST_PAUSE_SECONDS)
    finally:
        if session is not None:
            session.close()


def _health(session: Session) -> list[str]:
    checks = session.call("health").get("checks", {})
    return [f"{name}: {check.get('summary', {}).get('message', '')}" for name, check in checks.items()]


def take_back_drain(session: Session, host: str, *, check: bool) -> list[str]:
    """Stops what a drain has begun: OSDs that still exist get their weight back, daemons may be started again.

    Raises:
        CephError: the cluster doesn't know the host, or refuses.
    """
    known = find_host(session, host)
    if known is None:
        raise CephError(f"the orchestrator has no host {host}")
    changes = []
    here = set(osds_of(session, host))
    going = [str(entry["osd_id"]) for entry in removals(session) if int(entry["osd_id"]) in here]
    if going:
        if not check:
            session.text("orch osd rm stop", target="mgr", osd_id=going)
        changes.append(f"keep OSDs {', '.join(going)} of {host}")
    for label in DRAINING_LABELS:
        if label in known.get("labels", []):
            if not check:
                session.text("orch host label rm", target="mgr", hostname=host, label=label)
            changes.append(f"take the label {label} off {host}")
    return changes


def remove_host(
    session: Session,
    host: str,
    *,
    offline: bool,
    check: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Takes the host out of the orchestrator's hosts and the CRUSH map; OSDs too where it is gone for good.

    The orchestrator's module dies of a host that is removed while it looks at all hosts (KeyError, Ceph 18.2.7), so it
    is let come to rest before, and a standby takes over where that wasn't enough.

    Raises:
        CephError: daemons or OSDs are on a host that isn't gone, or the cluster refuses.
    """
    known = find_host(session, host)
    changes = []
    if known is not None:
        crashed = _crashes(session)
        osds = osds_of(session, host)
        if osds and not offline:
            raise CephError(f"OSDs {', '.join(map(str, osds))} are still on {host}")
        if not check:
            if offline:
                session.text("orch host rm", target="mgr", hostname=host, offline=True, force=True)
            else:
                _look_around(session, sleep)
                _refuse_daemons(session, host)
                session.text("orch host rm", target="mgr", hostname=host, force=True)
        changes.append(f"take {host} out of the orchestrator's hosts")
        if offline and osds:
            changes.append(f"purge OSDs {', '.join(map(str, osds))}")
        if not check:
            changes += _revive(session, sleep, crashed)
    buckets = {node["name"] for node in session.call("osd tree")["nodes"] if node["type"] == "host"}
    if host in buckets:
        if not check:
            session.text("osd crush rm", name=host)
        changes.append(f"take {host} out of the CRUSH map")
    return changes


def _refuse_daemons(session: Session, host: str) -> None:
    """The last look: the orchestrator itself forgets daemons with force, and they would run on without an owner."""
    names = [daemon["daemon_name"] for daemon in session.call("orch ps", target="mgr", hostname=host)]
    if names:
        raise CephError(f"{', '.join(sorted(names))} still run on {host}")


def _look_around(session: Session, sleep: Callable[[float], None]) -> None:
    """Has the orchestrator look at all hosts, and waits until it is through; not for ever."""
    before = _last_looks(session, refresh=True)
    for _ in range(LOOKING_SECONDS):
        sleep(1.0)
        now = _last_looks(session)
        if all(now.get(name, "") != seen for name, seen in before.items()):
            break
    sleep(REST_SECONDS)


def _last_looks(session: Session, *, refresh: bool = False) -> dict[str, str]:
    """Daemon to the time when the orchestrator last looked at it; `refresh` has it look again afterwards."""
    asked: dict[str, object] = {"refresh": True} if refresh else {}
    found = session.call("orch ps", target="mgr", **asked)
    return {daemon["daemon_name"]: str(daemon.get("last_refresh", "")) for daemon in found}


def _crashes(session: Session) -> set[str]:
    """Reports of modules' crashes that nobody has looked at."""
    found = session.call("crash ls-new", target="mgr")
    return {entry["crash_id"] for entry in found if entry.get("mgr_module")} if isinstance(found, list) else set()


def _revive(session: Session, sleep: Callable[[float], None], crashed: set[str]) -> list[str]:
    """Where the orchestrator's module has died, a standby takes over, and what it reported of that is archived."""
    for _ in range(DYING_SECONDS):
        sleep(1.0)
        failed = session.call("health").get("checks", {}).get("MGR_MODULE_ERROR", {})
        if "cephadm" in failed.get("summary", {}).get("message", ""):
            session.text("mgr fail", who=session.call("mgr dump")["active_name"])
            for _ in range(TAKING_OVER_SECONDS):
                sleep(1.0)
                if session.call("mgr dump").get("available"):
                    break
            session.call("orch status", target="mgr")
            for report in sorted(_crashes(session) - crashed):
                session.text("crash archive", target="mgr", id=report)
            return ["let a standby take over from the active manager, whose orchestrator had died of the removal"]
    return []
