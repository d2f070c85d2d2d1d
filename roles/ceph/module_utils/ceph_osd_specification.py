"""Specifications of OSDs that others made: from their being set unmanaged on, the orchestrator makes no OSD by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ceph_session import Session


def set_unmanaged(session: Session, names: Sequence[str], *, check: bool) -> list[str]:
    """Sets those unmanaged that are there and aren't yet; says which in sentences (cephadm/services/osd).

    Raises:
        CephError: the orchestrator refuses.
    """
    found = session.call("orch ls", target="mgr", service_type="osd", export=True)
    managed = (
        {entry["service_name"] for entry in found if not entry.get("unmanaged")} if isinstance(found, list) else set()
    )
    changes = []
    for name in names:
        if name in managed:
            if not check:
                session.text("orch set-unmanaged", target="mgr", service_name=name)
            changes.append(f"set {name} unmanaged")
    return changes
