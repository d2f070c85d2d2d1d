"""The real cluster's answers as adopting asks for them: those of cluster_states.py, and what adopting asks besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.ceph.adopt.reading import Existing
from groundplane.ceph.understanding import understand

from ..cluster_states import FSID, answers  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Callable

USERS = (
    ("osd.0", {"mgr": "allow profile osd", "mon": "allow profile osd", "osd": "allow *"}),
    ("client.admin", {"mds": "allow *", "mgr": "allow *", "mon": "allow *", "osd": "allow *"}),
    ("client.bootstrap-osd", {"mon": "allow profile bootstrap-osd"}),
    ("client.crash.node1", {"mgr": "profile crash", "mon": "profile crash"}),
    ("client.rgw.main.node1.qgueqm", {"mgr": "allow rw", "mon": "allow *", "osd": "allow rwx tag rgw *=*"}),
    ("client.cinder", {"osd": "profile rbd pool=volumes", "mon": "profile rbd"}),
    ("client.backup-tool", {"mon": "allow r", "osd": "allow r pool=images"}),
)
CONFIG = (
    ("global", "public_network", "172.31.0.0/24"),
    ("osd", "osd_memory_target", "939524096"),
    ("osd", "osd_memory_target_autotune", "false"),
)


def setting(section: str, name: str, value: str) -> dict[str, str]:
    return {"section": section, "name": name, "value": value, "mask": ""}


def adopting_answers() -> dict[str, Any]:
    """A copy that may be changed."""
    found = answers()
    return {
        **found,
        "services": found["specifications"],
        "users": {"auth_dump": [{"entity": entity, "caps": caps} for entity, caps in USERS]},
        "config": [setting(*entry) for entry in CONFIG],
        "config_keys": ["mgr/cephadm/inventory"],
        "filesystem_map": {"filesystems": []},
        "account": "cephadm",
        "orchestrator": {"available": True, "backend": "cephadm", "paused": False},
    }


def existing(change: Callable[[dict[str, Any]], None] | None = None) -> Existing:
    """The cluster, perhaps changed, as node1 tells it."""
    raw = adopting_answers()
    if change is not None:
        change(raw)
    return Existing("node1", (FSID,), understand(raw, speaker="node1"), raw)
