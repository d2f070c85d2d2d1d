"""How a host stands before OpenStack's containers come to it.

Everything is read; the neighbour's entry of a virtual address is forgotten and asked for anew.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

SECONDS = 30
NEIGHBOUR_SECONDS = 1.5
DISCARD_PORT = 9
MISSING_IMAGE = re.compile(r"[Nn]o such image: (\S+)")


def run(*words: str, seconds: int = SECONDS) -> tuple[int, str, str]:
    """A program's exit code, output and errors; -1 where it isn't there or took too long."""
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=seconds)
    except FileNotFoundError:
        return -1, "", f"{words[0]} isn't installed"
    except subprocess.TimeoutExpired:
        return -1, "", f"{words[0]} took longer than {seconds} s"
    return done.returncode, done.stdout, done.stderr.strip()


def host_state(
    *, vips: dict[str, dict[str, str]], images: list[str], ceph: bool, folders: list[str]
) -> dict[str, object]:
    """All that the judging looks at.

    `vips` are virtual addresses by name, each with its `address` and the `interface` that is to have it. `ceph` asks
    the monitor that runs here how the cluster is.
    """
    links = interfaces()
    return {
        "links": links,
        "memory_mb": memory_mb(Path("/proc/meminfo").read_text(encoding="ascii")),
        "free_mb": {folder: free_mb(folder) for folder in folders},
        "clock": time.time(),
        "shared": shares_mounts(Path("/proc/self/mountinfo").read_text(encoding="utf-8")),
        "kvm": Path("/dev/kvm").exists(),
        "containers": containers(),
        "missing_images": missing_images(images),
        "vips": {
            name: vip_answer(vip["address"], vip["interface"], links)
            for name, vip in vips.items()
            if vip["interface"] in links
        },
        "ceph": ceph_health() if ceph else None,
    }


def interfaces() -> dict[str, dict[str, object]]:
    """Interface to whether it is up, its MAC and its addresses."""
    shown = run("ip", "-json", "address", "show")[1] or "[]"
    return {
        link["ifname"]: {
            "up": "UP" in link.get("flags", ()) and link.get("operstate") != "DOWN",
            "mac": link.get("address", ""),
            "addresses": [info["local"] for info in link.get("addr_info", ()) if info.get("local")],
        }
        for link in json.loads(shown)
    }


def memory_mb(meminfo: str) -> int:
    """MemTotal in MiB."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(found.group(1)) // 1024 if found else 0


def free_mb(folder: str) -> int:
    """MiB that are free where the folder is, or is going to be."""
    path = Path(folder)
    while not path.exists() and path != path.parent:
        path = path.parent
    there = os.statvfs(path)
    return there.f_bavail * there.f_frsize // 1024**2


def shares_mounts(mountinfo: str) -> bool:
    """Whether the root's mounts are shared: Kolla's containers are given /run with what is mounted there later."""
    roots = [line for line in mountinfo.splitlines() if line.split(" ")[4:5] == ["/"]]
    return bool(roots) and " shared:" in roots[-1].partition(" - ")[0]


def containers() -> dict[str, object]:
    """Names of the running containers, or what keeps the engine from answering."""
    code, out, err = run("docker", "ps", "--format", "{{.Names}}")
    return {"problem": "" if code == 0 else err or "docker failed", "names": sorted(out.split()) if code == 0 else []}


def missing_images(images: list[str]) -> list[str]:
    """Those of the images that the host lacks."""
    if not images:
        return []
    _, _, err = run("docker", "image", "inspect", "--format", "{{.Id}}", *images, seconds=120)
    lacking = set(MISSING_IMAGE.findall(err))
    return [image for image in images if image in lacking]


def vip_answer(address: str, interface: str, links: dict[str, dict[str, object]]) -> dict[str, object]:
    """Whether the address is on this host, and which MAC answers for it in the network; empty where nobody does."""
    here = [name for name, link in links.items() if address in _strings(link["addresses"])]
    return {"here": here[0] if here else "", "mac": "" if here else neighbour(address, interface)}


def neighbour(address: str, interface: str) -> str:
    """The MAC that has the address in the interface's network, as the kernel finds it (ARP or neighbour discovery)."""
    run("ip", "neighbour", "del", address, "dev", interface)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        try:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            asking.sendto(b"", (address, DISCARD_PORT))
        except OSError:
            return ""
    end = time.monotonic() + NEIGHBOUR_SECONDS
    while time.monotonic() < end:
        time.sleep(0.1)
        for entry in json.loads(run("ip", "-json", "neighbour", "show", "to", address, "dev", interface)[1] or "[]"):
            if entry.get("lladdr"):
                return str(entry["lladdr"])
    return ""


def ceph_health() -> dict[str, object]:
    """The cluster's health as the monitor in a container here says it: `status`, `checks` with their sentences."""
    names = run("docker", "ps", "--format", "{{.Names}}", "--filter", "name=^ceph-.*-mon[-.]")[1].split()
    if not names:
        return {"status": "", "problem": "no monitor of the cluster runs here", "checks": {}}
    # The monitor's own key: the administrator's need not be on this host.
    ask = "exec ceph -n mon. -k /var/lib/ceph/mon/*/keyring --connect-timeout 15 health --format json"
    code, out, err = run("docker", "exec", names[0], "sh", "-c", ask)
    if code != 0:
        return {"status": "", "problem": err.splitlines()[-1] if err else "it doesn't answer", "checks": {}}
    return read_health(out)


def read_health(text: str) -> dict[str, object]:
    """`ceph health --format json`."""
    found = json.loads(text)
    checks = {name: check["summary"]["message"] for name, check in found.get("checks", {}).items()}
    return {"status": str(found["status"]), "problem": "", "checks": checks}


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []
