"""How much memory the OSDs of an adopted cluster may take: no more than before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.ceph.adopt.part import Part

if TYPE_CHECKING:
    from groundplane.ceph.adopt.part import Answers

MIB = 1 << 20
DEFAULT_TARGET = 4 << 30
"""osd_memory_target's own default, in bytes."""
TARGET, AUTOTUNE = "osd_memory_target", "osd_memory_target_autotune"


def adopted_memory(answers: Answers) -> Part:
    """An upper bound for the layer's own reckoning, which gives OSDs a share of their host's memory."""
    entries = [entry for entry in answers["config"] if entry["section"] in ("global", "osd")]
    tuned = any(entry["name"] == AUTOTUNE and str(entry["value"]) == "true" for entry in entries)
    if tuned:
        note = (
            "The orchestrator tunes the OSDs' memory by itself. The layer gives them a share of their host's memory "
            "instead: ceph_osd_memory_share."
        )
        return Part(notes=(note,))
    targets = [int(entry["value"]) for entry in entries if entry["name"] == TARGET and str(entry["value"]).isdigit()]
    return Part({"ceph_osd_memory_maximum_mb": max(targets, default=DEFAULT_TARGET) // MIB})
