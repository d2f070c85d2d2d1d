"""How much memory each OSD of a host may take (osd_memory_target).

The rule is that of Ceph's documentation (cephadm/services/osd, "Automatically tuning OSD memory"): a part of the
host's memory, divided by its OSDs; the orchestrator's own autotuning doesn't know what else a hyperconverged host runs,
nor does it keep to a maximum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_settings import apply_settings, recall, remember
except ImportError:
    from ceph_settings import apply_settings, recall, remember

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ceph_session import Session

MIB = 1 << 20
HOSTS_KEY = "groundplane/host_memory"
TARGETS_KEY = "groundplane/osd_memory_targets"


class HostMemory:
    """A host's memory in MiB, its OSDs' share of it (0 to 1), and the bounds of a target in MiB."""

    def __init__(self, *, memory_mb: int, share: float, minimum_mb: int, maximum_mb: int) -> None:
        self.memory_mb = int(memory_mb)
        self.share = float(share)
        self.minimum_mb = int(minimum_mb)
        self.maximum_mb = int(maximum_mb)


def target_bytes(host: HostMemory, osds: int) -> int:
    """The target of each of a host's OSDs, in whole MiB."""
    even = int(host.memory_mb * host.share) // osds
    return max(min(even, host.maximum_mb), host.minimum_mb) * MIB


def count_osds(session: Session) -> dict[str, int]:
    """Host to the number of its OSDs."""
    found = session.call("osd tree")
    nodes = found["nodes"] if isinstance(found, dict) else []
    return {
        node["name"]: sum(child >= 0 for child in node.get("children", ())) for node in nodes if node["type"] == "host"
    }


def note_memory(session: Session, hosts: Mapping[str, HostMemory]) -> None:
    """Keeps in the cluster what the targets are computed from, for those who make or remove OSDs later."""
    before = recall(session, HOSTS_KEY)
    now = {**before, **{name: vars(host) for name, host in hosts.items()}}
    if now != before:
        remember(session, HOSTS_KEY, now)


def apply_memory(session: Session, *, check: bool = False) -> list[str]:
    """Sets the target of each host's OSDs by their number now; to be called whenever that number may have changed.

    Hosts that were never noted are left alone, as are those without OSDs.

    Raises:
        CephError: the cluster doesn't answer.
    """
    noted = recall(session, HOSTS_KEY)
    asked = {}
    for name, count in count_osds(session).items():
        numbers = noted.get(name)
        if count and isinstance(numbers, dict):
            asked[f"osd/host:{name}"] = {"osd_memory_target": target_bytes(HostMemory(**numbers), count)}
    return apply_settings(session, asked, check=check, key=TARGETS_KEY, prune=False)
