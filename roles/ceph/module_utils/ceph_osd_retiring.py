"""Taking an OSD out of service so that a new disk gets its id (Ceph's documentation: rados/operations/add-or-rm-osds,
"Replacing an OSD").
"""

from __future__ import annotations

import time

try:
    from ansible.module_utils.ceph_session import CephError, Session
except ImportError:
    from ceph_session import CephError, Session

PAUSE_SECONDS = 5.0
DOWN_SECONDS = 60.0


def hindrance(session: Session, osd_id: int) -> str:
    """Why the cluster can't do without the OSD now; empty where it can, and where it has to already."""
    osd = entry(session, osd_id)
    if not osd["up"]:
        inactive = _inactive(session)
        if inactive:
            return (
                f"{inactive} placement groups are not active, and osd.{osd_id} may hold the only copy of theirs."
                " Cure: bring it back; groundplane ceph status says which they are"
            )
        return ""
    try:
        session.call("osd ok-to-stop", target="mgr", ids=[str(osd_id)], attempts=3)
    except CephError as error:
        return (
            f"The cluster can't do without osd.{osd_id} now ({error}). Cure: wait until groundplane ceph status shows"
            " all placement groups active and clean"
        )
    return ""


def drain(session: Session, osd_id: int, *, stalled: float, dry: bool) -> list[str]:
    """Moves the OSD's data to others and waits until nothing is lost without it.

    Raises:
        CephError: nothing has moved for `stalled` seconds.
    """
    changes = []
    if entry(session, osd_id)["in"]:
        changes.append(f"osd.{osd_id} was marked out, so that its data moves to others")
        if dry:
            return changes
        session.text("osd out", ids=[str(osd_id)])
    least, since = -1, time.monotonic()
    while not dry:
        try:
            session.call("osd safe-to-destroy", target="mgr", ids=[str(osd_id)], attempts=1)
        except CephError as error:
            left = _groups_of(session, osd_id)
            if least < 0 or left < least:
                least, since = left, time.monotonic()
            if time.monotonic() - since > stalled:
                raise CephError(
                    f"osd.{osd_id} still holds {left} placement groups, and none has left it for {stalled:.0f} seconds"
                    f" ({error})"
                ) from error
            time.sleep(PAUSE_SECONDS)
        else:
            break
    return changes


def destroy(session: Session, osd_id: int, *, dry: bool) -> list[str]:
    """Marks it destroyed: its id stays, its keys go (`ceph osd destroy`).

    Raises:
        CephError: it is still up.
    """
    osd = entry(session, osd_id)
    if "destroyed" in osd["state"]:
        return []
    if not dry:
        if osd["up"]:
            session.text("osd down", ids=[str(osd_id)])
            _wait_until_down(session, osd_id)
        # Without force it waits for an OSD that is empty, as three hosts with three copies never have one.
        session.text("osd destroy", target="mgr", id=osd_id, force=True, yes_i_really_mean_it=True)
    return [f"osd.{osd_id} was marked destroyed; its id waits for a new disk"]


def entry(session: Session, osd_id: int) -> dict:
    """An OSD's entry in the map.

    Raises:
        CephError: the cluster doesn't have it.
    """
    for osd in session.call("osd dump")["osds"]:
        if osd["osd"] == osd_id:
            return osd
    raise CephError(f"The cluster has no osd.{osd_id}")


def _inactive(session: Session) -> int:
    states = session.call("status")["pgmap"].get("pgs_by_state", [])
    return sum(state["count"] for state in states if "active" not in state["state_name"].split("+"))


def _groups_of(session: Session, osd_id: int) -> int:
    nodes = session.call("osd df", target="mgr")["nodes"]
    return next((int(node["pgs"]) for node in nodes if node["id"] == osd_id), 0)


def _wait_until_down(session: Session, osd_id: int) -> None:
    ends = time.monotonic() + DOWN_SECONDS
    while entry(session, osd_id)["up"]:
        if time.monotonic() > ends:
            raise CephError(f"osd.{osd_id} is still up, {DOWN_SECONDS:.0f} seconds after its daemon was to stop")
        time.sleep(1)
