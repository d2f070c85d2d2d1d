"""Service specifications of the orchestrator: compared with what it has before it is asked for anything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_session import CephError
    from ansible.module_utils.ceph_texts import documents
except ImportError:
    from ceph_session import CephError
    from ceph_texts import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ceph_session import Session

UNNAMED = ("mon", "mgr", "crash")
"""Types of which there is one service, so that they have no id (cephadm/services)."""
PLACE_SECONDS = 300
SEEN_SECONDS = 180
PAUSE_SECONDS = 0.5


def service_name(specification: Mapping[str, object]) -> str:
    """For example "mon", "rgw.main"."""
    kind, identity = str(specification.get("service_type", "")), str(specification.get("service_id") or "")
    return f"{kind}.{identity}" if identity and kind not in UNNAMED else kind


def read_services(session: Session) -> dict[str, dict[str, object]]:
    """A service's name to its specification, as the orchestrator has it."""
    found = session.call("orch ls", target="mgr", export=True)
    return {service_name(entry): entry for entry in found if isinstance(entry, dict)} if isinstance(found, list) else {}


def differs(asked: Mapping[str, object], present: Mapping[str, object] | None) -> bool:
    """Whether a specification asks for something that the orchestrator's own doesn't say.

    What is asked for is compared alone: the orchestrator adds its defaults to what it was given. A placement is
    compared as a whole, for what it lacks is part of what it says.
    """
    if present is None:
        return True
    if dict(asked.get("placement") or {}) != dict(present.get("placement") or {}):
        return True
    if bool(asked.get("unmanaged", False)) != bool(present.get("unmanaged", False)):
        return True
    rest = {key: value for key, value in asked.items() if key not in ("placement", "unmanaged")}
    return not _within(rest, present)


def _within(asked: object, present: object) -> bool:
    if isinstance(asked, dict):
        have = present if isinstance(present, dict) else {}
        return all(_within(value, have.get(key)) for key, value in asked.items())
    if asked in (None, False, [], {}, "") and present in (None, False, [], {}, ""):
        return True
    return asked == present


def place_at_once(
    session: Session, specifications: Iterable[Mapping[str, object]], hosts: Mapping[str, Sequence[str]]
) -> list[str]:
    """Places the daemons of services that the orchestrator doesn't know yet, on all hosts of each side by side.

    Its own loop would look through one host after another first and place one daemon after another: minutes, where
    this takes seconds. Until it is given the specification itself it leaves such a service alone (unmanaged).

    Args:
        hosts: a service's name to the hosts that are to run it; services that aren't here are left to the loop.

    Raises:
        CephError: a daemon can't be placed.
    """
    present = read_services(session)
    fresh = [
        specification
        for specification in specifications
        # A service that it only knows by daemons that run is listed too, as one that it leaves alone.
        if service_name(specification) in hosts
        and present.get(service_name(specification), {"unmanaged": True}).get("unmanaged")
    ]
    if not fresh:
        return []
    session.text("orch apply", target="mgr", data=documents({**one, "unmanaged": True} for one in fresh))
    there = {(entry["daemon_type"], entry["hostname"]) for entry in _daemons(session)}
    there |= {("mon", name) for name in _quorum(session)}
    there |= {("mgr", name) for name in _managers(session)}
    placed = []
    for specification in fresh:
        name = service_name(specification)
        missing = [host for host in hosts[name] if (name, host) not in there]
        if missing:
            session.text(
                "orch daemon add",
                target="mgr",
                daemon_type=name,
                placement=" ".join(missing),
                seconds=PLACE_SECONDS,
                attempts=1,
            )
            placed.append(f"{name} placed on {', '.join(missing)}")
    _wait_until_seen(session, {host for specification in fresh for host in hosts[service_name(specification)]})
    return placed


def _wait_until_seen(session: Session, hosts: set[str]) -> None:
    """Waits until the orchestrator has had a look at the hosts.

    Given the monitors' specification before it knows a host's networks, it would take the monitor there away again.
    It reads a host's networks right after its facts, and places daemons only when it is through with all hosts.
    """
    end = time.monotonic() + SEEN_SECONDS
    while True:
        found = session.call("orch host ls", target="mgr", detail=True)
        entries = found if isinstance(found, list) else []
        unseen = hosts - {str(entry["hostname"]) for entry in entries if entry.get("ram") not in (None, "", "N/A")}
        if not unseen:
            return
        if time.monotonic() > end:
            raise CephError(
                f"The orchestrator can't find out what {', '.join(sorted(unseen))} is made of. Cure: ceph health"
                " detail, on a monitor's host, says why; then groundplane apply --resume"
            )
        time.sleep(PAUSE_SECONDS)


def _daemons(session: Session) -> list[dict[str, str]]:
    found = session.call("orch ps", target="mgr")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _quorum(session: Session) -> list[str]:
    found = session.call("quorum_status")
    return [str(name) for name in found.get("quorum_names", ())] if isinstance(found, dict) else []


def _managers(session: Session) -> list[str]:
    """Hosts of the managers that the monitors know; the orchestrator's list may not have the first one yet."""
    found = session.call("mgr metadata")
    return [str(entry.get("hostname", "")) for entry in found] if isinstance(found, list) else []


def apply_services(session: Session, specifications: Iterable[Mapping[str, object]], *, check: bool) -> list[str]:
    """Gives the orchestrator the specifications that differ from its own; what was done, in words.

    Raises:
        CephError: the orchestrator refuses one.
    """
    present = read_services(session)
    differing = [
        specification
        for specification in specifications
        if differs(specification, present.get(service_name(specification)))
    ]
    if differing and not check:
        session.text("orch apply", target="mgr", data=documents(differing))
    return [
        f"service {service_name(specification)} "
        + ("changed" if service_name(specification) in present else "asked for")
        for specification in differing
    ]
