"""How a host stands before anything is done to it, and what of that keeps Ceph from working there.

The limits are those of cephadm's documentation (cephadm/install, cephadm/host-management): a host's name is the one
that the orchestrator knows it by, clocks are kept by a service, the container engine runs.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import socket
from pathlib import Path

try:
    from ansible.module_utils.ceph_session import CephError, clusters_here, find_cluster, run
except ImportError:
    from ceph_session import CephError, clusters_here, find_cluster, run

NOTES = Path("/var/lib/groundplane/ceph")
"""What the toolkit remembers on a host: cluster.json of a member, bootstrap.json of a bootstrap under way."""
MEMBER_NOTE = "cluster.json"
BOOTSTRAP_NOTE = "bootstrap.json"
LOCK = "bootstrap.lock"
TIME_UNITS = ("chrony", "chronyd", "systemd-timesyncd", "ntpsec", "ntp", "ntpd", "openntpd")
FURTHEST_CLOCK_SECONDS = 1.0
"""Beyond it chrony would take minutes to slew a clock, and monitors want 0.05 s (mon_clock_drift_allowed)."""


def read_note(name: str, folder: Path = NOTES) -> dict[str, str]:
    """A note, empty where there is none or it was cut off while being written."""
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def write_note(name: str, content: dict[str, str], folder: Path = NOTES) -> bool:
    """Writes a note, whole or not at all; False where it says so already."""
    if read_note(name, folder) == content:
        return False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = folder / f".{name}.new"
    with half.open("w", encoding="utf-8") as file:
        json.dump(content, file, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    half.replace(folder / name)
    return True


def cluster_state(account: str = "") -> dict[str, object]:
    """Which clusters this host has to do with, and its memory; quick, it only reads files.

    `clusters` have daemons here, `administers` is the one whose administrator's key lies here, `member` the one that
    the toolkit made this host a member of, `bootstrap` one whose bootstrap began here and wasn't seen to end. `home` is
    the account's home, empty where the host doesn't know it.
    """
    cluster = find_cluster()
    return {
        "clusters": clusters_here(),
        "administers": cluster.fsid if cluster else "",
        "member": read_note(MEMBER_NOTE).get("fsid", ""),
        "bootstrap": read_note(BOOTSTRAP_NOTE).get("fsid", ""),
        "memory_mb": _memory_mb(Path("/proc/meminfo").read_text(encoding="ascii")),
        "home": home_of(account),
    }


def home_of(account: str) -> str:
    """An account's home; empty where the host doesn't know the account."""
    try:
        return pwd.getpwnam(account).pw_dir
    except KeyError:
        return ""


def host_state(image: str, account: str = "") -> dict[str, object]:
    """All that `host_problems` looks at.

    Raises:
        CephError: a program took too long.
    """
    return {
        **cluster_state(account),
        "hostname": socket.gethostname(),
        "addresses": _addresses(),
        "clock": clock_problem(),
        "engine": engine_problem(image),
        "groups_let_in": _groups_let_in(),
    }


def host_problems(
    state: dict[str, object],
    *,
    name: str,
    fsid: str = "",
    minimum_memory_mb: int = 0,
    addresses: dict[str, str] | None = None,
    account: str = "cephadm",
) -> list[str]:
    """What would keep Ceph from working on the host, a sentence with its cure each; empty where nothing does.

    `addresses` are those that the site gives the host in Ceph's networks, by the networks' names.
    """
    found = []
    if state["hostname"] != name:
        found.append(
            f"the host calls itself {state['hostname']}, and Ceph's orchestrator finds hosts by their names"
            " (groundplane apply bootstrap.naming)"
        )
    memory = int(str(state["memory_mb"]))
    if memory < minimum_memory_mb:
        found.append(
            f"it has {memory} MiB of memory, less than ceph_minimum_memory_mb ({minimum_memory_mb});"
            " take it out of Ceph's groups, or give it more"
        )
    known = {fsid, state["member"], state["bootstrap"]} - {""}
    foreign = sorted({*_strings(state["clusters"]), str(state["administers"])} - known - {""})
    if foreign:
        found.append(
            f"it belongs to the Ceph cluster {', '.join(foreign)}, which isn't this site's (groundplane ceph adopt"
            " takes a cluster over; cephadm rm-cluster --force --fsid ID, on the host, destroys one with its data)"
        )
    present = _strings(state["addresses"])
    found += [
        f"its address {address} in the network {network} is on none of its interfaces"
        " (groundplane apply bootstrap.network)"
        for network, address in sorted((addresses or {}).items())
        if address not in present
    ]
    groups = _strings(state["groups_let_in"])
    if groups and account not in groups:
        found.append(
            f"sshd lets in only members of {', '.join(groups)}; add {account} to access_ssh_allow_groups"
            " (groundplane apply bootstrap.access)"
        )
    found += [str(state[key]) for key in ("clock", "engine") if state[key]]
    return found


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def _memory_mb(meminfo: str) -> int:
    found = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(found.group(1)) // 1024 if found else 0


def _addresses() -> list[str]:
    shown = run(["ip", "-json", "address"], seconds=20).stdout or "[]"
    return sorted(
        info["local"] for link in json.loads(shown) for info in link.get("addr_info", ()) if info.get("local")
    )


def clock_problem() -> str:
    """What is wrong with the host's clock, in a part of a sentence; empty where nothing is."""
    units = run(["systemctl", "is-active", *(f"{unit}.service" for unit in TIME_UNITS)], seconds=20).stdout.split()
    if "active" not in units:
        return "no time service runs, and monitors need clocks that agree (groundplane apply bootstrap.time)"
    try:
        tracking = run(["chronyc", "-n", "tracking"], seconds=20).stdout
    except CephError:
        return ""
    return tracking_problem(tracking)


def tracking_problem(tracking: str) -> str:
    """The same, from what chrony says of itself."""
    if re.search(r"^Leap status\s*: Not synchronised", tracking, re.MULTILINE):
        return "its clock is not synchronised yet (groundplane verify bootstrap; chronyc sources, on the host)"
    away = re.search(r"^System time\s*: ([\d.]+) seconds (slow|fast)", tracking, re.MULTILINE)
    if away and float(away.group(1)) > FURTHEST_CLOCK_SECONDS:
        return f"its clock is {away.group(1)} s {away.group(2)} (chronyc makestep, on the host, sets it at once)"
    return ""


def engine_problem(image: str) -> str:
    """What is wrong with the container engine or the image; empty where nothing is."""
    try:
        done = run(["docker", "image", "inspect", "--format", "{{.Id}}", image], seconds=30)
    except CephError as error:
        return f"{error} (groundplane apply bootstrap.docker)"
    if done.returncode == 0:
        return ""
    if "No such image" in done.stderr:
        return f"the image {image} isn't on the host (groundplane apply supply.pull)"
    return f"the container engine doesn't answer: {done.stderr.strip()} (groundplane apply bootstrap.docker)"


def _groups_let_in() -> list[str]:
    """AllowGroups of sshd; empty where everybody may come in."""
    try:
        settings = run(["/usr/sbin/sshd", "-T"], seconds=20).stdout
    except CephError:
        return []
    return [line.split(None, 1)[1] for line in settings.splitlines() if line.startswith("allowgroups ")]
