"""What the Sovereign Cloud Stack's standards say of flavors, images and volume types (SCS-compatible IaaS v5.1).

Sources: SCS-0100 v3.1 (flavor naming), SCS-0102 v1 (image metadata), SCS-0103 v1 (standard flavors), SCS-0114 v1
(volume type standard).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MANDATORY_FLAVORS = (
    "SCS-1V-4",
    "SCS-2V-8",
    "SCS-4V-16",
    "SCS-8V-32",
    "SCS-1V-2",
    "SCS-2V-4",
    "SCS-4V-8",
    "SCS-8V-16",
    "SCS-16V-32",
    "SCS-1V-8",
    "SCS-2V-16",
    "SCS-4V-32",
    "SCS-1L-1",
    "SCS-2V-4-20s",
    "SCS-4V-16-100s",
)
"""Of SCS-0103."""
PREFIX = "SCS-"
MIB_PER_GIB = 1024
_CPU = {"C": "dedicated-core", "T": "dedicated-thread", "V": "shared-core", "L": "crowded-core"}
_DISK = {"": "network", "n": "network", "h": "hdd", "s": "ssd", "p": "nvme"}
_NAME = re.compile(
    r"""SCS-(?P<cpus>[1-9]\d*)(?P<cpu>[CTVL])i?
    -(?P<ram>[1-9]\d*(?:\.5)?|0\.5)u?o?
    (?:-(?P<disks>[1-9]\d*x)?(?P<disk>[1-9]\d*)(?P<kind>[nhsp]?))?
    (?P<more>(?:_[A-Za-z0-9-]+)*)""",
    re.VERBOSE,
)
_DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
IMAGE_PROPERTIES: Mapping[str, re.Pattern[str]] = {
    "architecture": re.compile(r"[a-z0-9_]+"),
    "os_distro": re.compile(r"[a-z0-9]+"),
    "os_version": re.compile(r"\S+"),
    "hw_disk_bus": re.compile(r"virtio|scsi"),
    "image_build_date": re.compile(rf"{_DATE}(?:[ T]\d{{2}}:\d{{2}}(?::\d{{2}})?Z?)?"),
    "image_original_user": re.compile(r"\S+"),
    "image_source": re.compile(r"private|https?://\S+"),
    "image_description": re.compile(r".+", re.DOTALL),
    "replace_frequency": re.compile(r"yearly|quarterly|monthly|weekly|daily|critical_bug|never"),
    "provided_until": re.compile(rf"none|notice|{_DATE}"),
    "uuid_validity": re.compile(rf"none|notice|forever|last-\d+|{_DATE}"),
}
"""What SCS-0102 asks of every public or community image besides min_disk and min_ram, and how it is written."""
ASPECTS = re.compile(r"\[scs:(?:encrypted|replicated|encrypted, ?replicated)\]")
"""How the description of a volume type begins that has aspects (SCS-0114)."""


@dataclass(frozen=True, slots=True)
class FlavorName:
    """What a flavor's name promises; `ram` in MiB, `disk` in GB."""

    vcpus: int
    ram: int
    disk: int
    extra_specs: Mapping[str, str]


def parse_flavor_name(name: str) -> FlavorName | None:
    """What a name that begins with SCS- promises; None where it isn't written as SCS-0100 says."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    specs = {
        "scs:cpu-type": _CPU[found["cpu"]],
        "scs:name-v1": "-".join(name.split("-", 2)[:2]) + "".join(f":{part}" for part in name.split("-")[2:]),
        "scs:name-v2": name,
    }
    if found["disk"]:
        specs["scs:disk0-type"] = _DISK[found["kind"]]
    return FlavorName(
        vcpus=int(found["cpus"]),
        ram=int(float(found["ram"]) * MIB_PER_GIB),
        disk=int(found["disk"] or 0),
        extra_specs=specs,
    )
