"""Whether a site is a lab's, and how many of the lab's nodes run: from files and the kernel, without asking podman."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

ROUTES = Path("/proc/net/route")
INTERFACES = Path("/sys/class/net")
_INTERFACE, _DESTINATION, _MASK = 0, 1, 7


@dataclass(frozen=True, slots=True)
class LabLook:
    """The lab whose site this is; `running` is None where nobody can tell without podman."""

    name: str
    nodes: int
    running: int | None


def look_at_lab(site: Path, *, routes: Path = ROUTES, interfaces: Path = INTERFACES) -> LabLook | None:
    """The lab of LABS/NAME/site; None for any other site."""
    file = site.parent / "lab.json"
    if site.name != "site" or site.parent.parent.name != "labs" or not file.is_file():
        return None
    try:
        lab = json.loads(file.read_text(encoding="utf-8"))
        name, nodes = str(lab["name"]), len(lab["nodes"])
        management = next(IPv4Network(one["cidr"]) for one in lab["networks"].values() if one["nat"])
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return LabLook(site.parent.name, 0, None)
    return LabLook(name, nodes, _ports(management, routes, interfaces))


def lab_sites(state: Path) -> dict[str, Path]:
    """The labs of this machine with their sites' folders; `state` is Settings.state."""
    return {file.parent.name: file.parent / "site" for file in sorted((state / "labs").glob("*/lab.json"))}


def lab_nodes(state: Path, name: str) -> tuple[str, ...]:
    """The names of a lab's nodes; none where there is no such lab."""
    try:
        lab = json.loads((state / "labs" / name / "lab.json").read_text(encoding="utf-8"))
        return tuple(str(node["name"]) for node in lab["nodes"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _ports(network: IPv4Network, routes: Path, interfaces: Path) -> int | None:
    """How many nodes are plugged into the bridge of a lab's network; podman takes the bridge away with the last one."""
    try:
        lines = [line.split() for line in routes.read_text(encoding="ascii").splitlines()[1:]]
    except (OSError, UnicodeDecodeError):
        return None
    wanted = (_kernels(network.network_address), _kernels(network.netmask))
    bridge = next((line[_INTERFACE] for line in lines if (line[_DESTINATION], line[_MASK]) == wanted), None)
    if bridge is None:
        return 0
    try:
        return sum(1 for _ in (interfaces / bridge / "brif").iterdir())
    except OSError:
        return None


def _kernels(address: IPv4Address) -> str:
    """As /proc/net/route writes it: the address's four bytes as one number of this machine's, in hexadecimal."""
    return f"{int.from_bytes(address.packed, sys.byteorder):08X}"
