"""What disks a host has and what is on them. Only reads; standard library alone (Python 3.9 and later), root.

Ansible's modules of this role use it, and the engine sends it to hosts over ssh.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    from ansible.module_utils.ceph_bluestore import LABEL_BYTES, read_label
except ImportError:
    from ceph_bluestore import LABEL_BYTES, read_label

SECONDS = 60
COLUMNS = "NAME,KNAME,PATH,TYPE,SIZE,ROTA,RO,MODEL,VENDOR,SERIAL,WWN,FSTYPE,PTTYPE,MOUNTPOINT"
WHOLE = ("disk", "mpath", "loop")
"""lsblk's types of what an OSD may be made of."""
VIRTUAL = re.compile(r"^(loop|zram|ram|rbd|nbd|drbd|zd|sr|fd|md|dm-)\d*")
"""Never found by a filter: these have to be named. Multipath devices are found, though they are dm-N."""
ALIASES = ("/dev/disk/by-id", "/dev/disk/by-path", "/dev/mapper")
SIGNATURES = {
    "LVM2_member": "a physical volume of LVM",
    "ceph_bluestore": "an OSD",
    "crypto_LUKS": "an encrypted volume (LUKS)",
    "linux_raid_member": "a part of a RAID",
    "swap": "swap space",
    "zfs_member": "a part of a ZFS pool",
}


@dataclass(frozen=True)
class OsdPart:
    """A part of an OSD on a disk: block, db or wal; `lv` is the logical volume, empty where it is the bare disk."""

    osd_id: int | None
    uuid: str
    fsid: str
    role: str
    finished: bool
    lv: str = ""

    def named(self) -> str:
        """For people: "osd.3"; "an unfinished OSD" where its making was cut short."""
        number = f"osd.{self.osd_id}" if self.osd_id is not None else "an OSD"
        number = number if self.finished else "an unfinished OSD"
        return number if self.role == "block" else f"the {self.role} of {number}"


@dataclass(frozen=True)
class Disk:
    """A disk.

    Attributes:
        path: the kernel's own name for it now, /dev/sda.
        aliases: links to it that stay the same, best first.
        size: in bytes.
        identity: tells it from other disks, also when names change; empty where nothing does.
        holds: what is on it, as parts of a sentence, parts of OSDs excepted; empty for an empty disk.
        osds: parts of OSDs, of whatever cluster.
        claimed: the kernel has it in use: mounted, part of a volume group, or opened by a daemon.
        groups: volume groups that lie on it.
    """

    path: str
    kind: str = "disk"
    aliases: tuple[str, ...] = ()
    size: int = 0
    rotational: bool = False
    read_only: bool = False
    model: str = ""
    vendor: str = ""
    serial: str = ""
    identity: str = ""
    holds: tuple[str, ...] = ()
    osds: tuple[OsdPart, ...] = ()
    claimed: bool = False
    groups: tuple[str, ...] = ()

    def empty(self) -> bool:
        return not (self.holds or self.osds or self.claimed or self.read_only)

    def described(self) -> str:
        """For people: "/dev/sdb (SAMSUNG MZ7, 960 GB)"."""
        return f"{self.path} ({', '.join(part for part in (self.model, human_size(self.size)) if part)})"


@dataclass(frozen=True)
class DiskSurvey:
    """All disks of a host, by the kernel's names, and which of the named paths lead to which of them."""

    disks: dict[str, Disk]
    named: dict[str, str] = field(default_factory=dict)
    """Path that was asked for → the kernel's name; lacks those that aren't there."""
    others: dict[str, str] = field(default_factory=dict)
    """Named paths that are there and can't be OSDs → why."""

    def as_data(self) -> dict[str, object]:
        return {
            "disks": [{**asdict(disk), "empty": disk.empty()} for disk in self.disks.values()],
            "named": self.named,
            "others": self.others,
        }


def human_size(size: int) -> str:
    """In decimal units, as disks are sold: 960 GB."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":  # noqa: PLR2004
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"  # noqa: PLR2004
        amount /= 1000
    return ""


def survey_disks(named: list[str] | None = None, run: Callable[[list[str]], str] | None = None) -> DiskSurvey:
    """Reads all disks and the paths that are named besides.

    Args:
        run: for tests; takes a list of words and returns what the program printed.
    """
    ask = run or _run
    nodes = {str(node["path"]): node for node in _flat(json.loads(ask(_lsblk())).get("blockdevices", []))}
    asked = {path: os.path.realpath(path) for path in named or [] if Path(path).is_block_device()}
    wanted = set(asked.values())
    volumes = _volumes(ask)
    aliases = _aliases()
    disks, others = {}, {}
    for path, node in nodes.items():
        virtual = VIRTUAL.match(str(node["name"])) and node["type"] != "mpath"
        if node["type"] not in WHOLE or (virtual and path not in wanted) or not Path(path).is_block_device():
            continue
        disks[path] = _disk(node, volumes, aliases.get(path, ()), ask)
    for name, path in asked.items():
        if path not in disks:
            kind = str(nodes.get(path, {}).get("type", "no disk"))
            others[name] = {"part": "a partition", "lvm": "a logical volume", "rom": "a CD drive"}.get(kind, kind)
    return DiskSurvey(disks, {name: path for name, path in asked.items() if path in disks}, others)


def _lsblk() -> list[str]:
    return ["lsblk", "--json", "--bytes", "--output", COLUMNS]


def _flat(nodes: list[dict[str, object]]) -> list[dict[str, object]]:
    found = []
    for node in nodes:
        found += [node, *_flat(node.get("children") or [])]
    return found


def _disk(
    node: dict[str, object],
    volumes: dict[str, list[dict[str, str]]],
    aliases: tuple[str, ...],
    ask: Callable[[list[str]], str],
) -> Disk:
    path = str(node["path"])
    size = int(node["size"] or 0)
    serial = str(node.get("serial") or "").strip()
    model = str(node.get("model") or "").strip()
    on_it = [volume for volume in volumes.get(path, []) if volume["lv_name"]]
    osds = [part for part in map(_lvm_part, on_it) if part]
    label = read_label(_head(path))
    if label:
        osds.append(OsdPart(label.osd_id, label.uuid, label.fsid, label.role, label.finished))
    return Disk(
        path=path,
        kind=str(node["type"]),
        aliases=aliases,
        size=size,
        rotational=str(node.get("rota")) in ("1", "True"),
        read_only=str(node.get("ro")) in ("1", "True"),
        model=model,
        vendor=str(node.get("vendor") or "").strip(),
        serial=serial,
        identity=_identity(node, path, serial, size),
        holds=tuple(_holds(node, path, volumes.get(path, []), bool(osds), ask)),
        osds=tuple(osds),
        claimed=_claimed(path),
        groups=tuple(sorted({volume["vg_name"] for volume in volumes.get(path, []) if volume["vg_name"]})),
    )


def _identity(node: dict[str, object], path: str, serial: str, size: int) -> str:
    known = str(node.get("wwn") or "").strip() or serial
    backing = Path(f"/sys/class/block/{Path(path).name}/loop/backing_file")
    if not known and backing.exists():
        known = backing.read_text(encoding="utf-8", errors="replace").strip()
    return f"{known} {size}" if known else ""


def _holds(
    node: dict[str, object],
    path: str,
    volumes: list[dict[str, str]],
    osds: bool,
    ask: Callable[[list[str]], str],
) -> list[str]:
    held = []
    below = _flat(node.get("children") or [])
    partitions = [child for child in below if child["type"] == "part"]
    mounts = [str(child["mountpoint"]) for child in [node, *below] if child.get("mountpoint")]
    signatures = [
        entry["type"] for entry in json.loads(ask(["wipefs", "--json", "--no-act", path]) or "{}").get("signatures", [])
    ]
    if node.get("pttype") or partitions:
        count = f"{len(partitions)} partition{'s' * (len(partitions) != 1)}"
        held.append(f"a partition table ({node.get('pttype') or 'unknown'}) with {count}")
    groups = sorted({volume["vg_name"] for volume in volumes if volume["vg_name"]})
    strangers = [volume["lv_name"] for volume in volumes if volume["lv_name"] and not _lvm_part(volume)]
    if strangers or (groups and not osds):
        held.append(f"the volume group {', '.join(groups)}" + (f" with {', '.join(strangers)}" if strangers else ""))
    for kind in dict.fromkeys(signatures):
        if kind in ("dos", "gpt", "PMBR", node.get("pttype")):
            if not held:
                held.append(f"a partition table ({kind})")
        elif (kind == "LVM2_member" and groups) or (kind == "ceph_bluestore" and osds):
            continue
        else:
            held.append(SIGNATURES.get(str(kind), f"a file system ({kind})"))
    held += [f"what is mounted at {mount}" for mount in mounts]
    return held


def _lvm_part(volume: dict[str, str]) -> OsdPart | None:
    """ceph-volume keeps what an OSD's volume is in tags of LVM (ceph-volume's lvm/api: parse_tags)."""
    tags = dict(tag.partition("=")[::2] for tag in volume.get("lv_tags", "").split(",") if tag.startswith("ceph."))
    if "ceph.osd_fsid" not in tags:
        return None
    number = tags.get("ceph.osd_id", "")
    return OsdPart(
        int(number) if number.isdigit() else None,
        tags["ceph.osd_fsid"],
        tags.get("ceph.cluster_fsid", ""),
        tags.get("ceph.type", "block"),
        number.isdigit(),
        f"{volume['vg_name']}/{volume['lv_name']}",
    )


def _volumes(ask: Callable[[list[str]], str]) -> dict[str, list[dict[str, str]]]:
    """By physical volume, the logical volumes on it. Without LVM there are none."""
    try:
        said = json.loads(
            ask(["pvs", "--reportformat", "json", "--readonly", "-o", "pv_name,vg_name,lv_name,lv_tags"]) or "{}"
        )
    except (ValueError, OSError):
        return {}
    found: dict[str, list[dict[str, str]]] = {}
    for report in said.get("report", []):
        for volume in report.get("pv", []):
            rows = found.setdefault(os.path.realpath(volume["pv_name"]), [])
            if volume not in rows:
                rows.append(volume)
    return found


def _head(path: str) -> bytes:
    try:
        with Path(path).open("rb") as device:
            return device.read(LABEL_BYTES)
    except OSError:
        return b""


def _claimed(path: str) -> bool:
    """Whether the kernel has it for somebody's own: opening with O_EXCL is then refused (open(2))."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
    except OSError:
        return True
    return False


def _aliases() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for folder in ALIASES:
        if Path(folder).is_dir():
            for link in sorted(Path(folder).iterdir()):
                if link.is_symlink():
                    found.setdefault(os.path.realpath(link), []).append(str(link))
    return {path: tuple(links) for path, links in found.items()}


def _run(words: list[str]) -> str:
    """What a program prints, whatever its exit code; empty where it isn't installed."""
    try:
        done = subprocess.run(
            words, capture_output=True, encoding="utf-8", errors="replace", timeout=SECONDS, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
