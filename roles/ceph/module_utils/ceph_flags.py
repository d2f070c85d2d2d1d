"""Flags left set on a cluster, and who set them: noout and the like keep it from mending itself.

Who set one is in the monitors' audit log; for maintenance by Groundplane it is in the cluster's own store.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HARMLESS = {"sortbitwise", "recovery_deletes", "purged_snapdirs", "pglog_hardlimit"}
"""Always set since Luminous."""
EFFECTS = {
    "noout": "OSDs that are down stay in, and nothing is copied elsewhere",
    "noin": "OSDs that come back stay out",
    "noup": "OSDs that start aren't let up",
    "nodown": "OSDs that fail aren't noticed",
    "norebalance": "data isn't moved",
    "nobackfill": "data isn't moved",
    "norecover": "what is missing isn't copied",
    "noscrub": "data isn't checked",
    "nodeep-scrub": "data isn't checked",
    "nosnaptrim": "snapshots aren't cleared away",
    "notieragent": "cache tiers aren't cleared",
    "pauserd": "nothing can be read",
    "pausewr": "nothing can be written",
}
COMMAND = re.compile(r"cmd=.?(\[\{.*\}\])")
SENDER = re.compile(r"from='(\S*) ?(\S*)' entity='([^']*)'")
MAINTENANCE = "groundplane/maintenance/"


class Setter(NamedTuple):
    """Who set a flag, and when (as the log writes it, UTC)."""

    entity: str
    address: str
    at: str


def flags_set(osd_dump: Mapping[str, object]) -> list[tuple[str, str]]:
    """Flag and where: "" for the whole cluster, else a host, a device class, or osd.N."""
    found = [(str(flag), "") for flag in _list(osd_dump.get("flags_set")) if flag not in HARMLESS]
    for key in ("crush_node_flags", "device_class_flags"):
        nodes = osd_dump.get(key)
        for node, flags in nodes.items() if isinstance(nodes, dict) else ():
            found += [(str(flag), str(node)) for flag in _list(flags)]
    for osd in _list(osd_dump.get("osds")):
        state = osd.get("state") if isinstance(osd, dict) else None
        found += [(flag, f"osd.{osd['osd']}") for flag in _list(state) if flag in ("noout", "noin", "noup", "nodown")]
    return found


def who_set(flag: str, place: str, log: Sequence[Mapping[str, object]]) -> Setter | None:
    """The last one in the audit log who set the flag; None where the log doesn't go back that far."""
    for entry in reversed(log):
        message = str(entry.get("message", ""))
        sender, command = SENDER.search(message), COMMAND.search(message)
        if sender is None or command is None or not _sets(command.group(1), flag, place):
            continue
        address = sender.group(2).partition("/")[0].rpartition(":")[0]
        # A monitor that only passes a command on doesn't know where it came from.
        if address:
            return Setter(sender.group(3), address.strip("[]"), str(entry.get("stamp", ""))[:19])
    return None


def _sets(text: str, flag: str, place: str) -> bool:
    try:
        command = json.loads(text)[0]
    except (ValueError, IndexError):
        return False
    prefix = command.get("prefix")
    if not place:
        return prefix == "osd set" and (
            command.get("key") == flag or (command.get("key") == "pause" and "pause" in flag)
        )
    if prefix == "osd set-group":
        return flag in str(command.get("flags", "")).split(",") and place in _list(command.get("who"))
    return prefix == f"osd add-{flag}" and place.removeprefix("osd.") in map(str, _list(command.get("ids")))


def sentence(
    flag: str, place: str, setter: Setter | None, marker: Mapping[str, object] | None, hosts: Mapping[str, str]
) -> str:
    """What is set, what it does, since when and by whom, and the cure.

    Args:
        marker: what maintenance by Groundplane left in the store (since, by, run).
        hosts: address to host name.
    """
    name = "pause" if flag in ("pauserd", "pausewr") else flag
    where = f" for {place}" if place else ""
    effect = f" ({EFFECTS[flag]})" if flag in EFFECTS else ""
    by = ""
    if marker:
        why = [str(marker["reason"])] if marker.get("reason") else []
        why += [f"run {marker['run']}"] if marker.get("run") else []
        by = f" since {marker.get('since')} by {marker.get('by')}" + (f" ({', '.join(why)})" if why else "")
    elif setter:
        by = f" since {setter.at}Z by {setter.entity} from {hosts.get(setter.address, setter.address)}"
    if marker or place in hosts.values():
        cure = f"groundplane ceph maintenance clear {place}"
    elif place and not place.startswith("osd."):
        cure = f"ceph osd unset-group {name} {place}, in cephadm shell"
    elif place:
        cure = f"ceph osd rm-{name} {place.removeprefix('osd.')}, in cephadm shell"
    else:
        cure = f"ceph osd unset {name}, in cephadm shell"
    return f"{name} is set{where}{effect}{by}. Cure: {cure}"


def _list(value: object) -> list:
    return value if isinstance(value, list) else []
