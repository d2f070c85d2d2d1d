"""Service specifications of the orchestrator: compared with what it has before it is asked for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_session import Session
    from ansible.module_utils.ceph_texts import documents
except ImportError:
    from ceph_session import Session
    from ceph_texts import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNNAMED = ("mon", "mgr", "crash")
"""Types of which there is one service, so that they have no id (cephadm/services)."""


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
