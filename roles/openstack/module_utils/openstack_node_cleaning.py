"""Kolla's containers and what belongs to them, taken off a host that leaves a cloud.

As kolla-ansible's tools/cleanup-containers and cleanup-host, but for images in local files, which are kept.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

try:
    from ansible.module_utils.openstack_node_running import NodeError, must
except ImportError:
    from openstack_node_running import NodeError, must

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

PROCESSES = Path("/proc")
UNITS = Path("/etc/systemd/system")
CONFIGURATION = Path("/etc/kolla")
DATAPATH = "groundplane-datapath.service"
KEPT = frozenset({"glance"})
"""Volumes with what users have brought."""


def virtual_machines(proc: Path = PROCESSES) -> int:
    """How many of QEMU's processes run."""
    found = 0
    for path in proc.glob("[0-9]*/comm"):
        try:
            found += path.read_text(encoding="utf-8", errors="replace").startswith("qemu-system")
        except OSError:
            continue
    return found


def clean(
    run: Run,
    engine: str,
    *,
    check: bool = False,
    units: Path = UNITS,
    configuration: Path = CONFIGURATION,
    machines: Callable[[], int] = virtual_machines,
) -> list[str]:
    """What was taken off, or would be, in sentences."""
    if machines():
        raise NodeError("virtual machines run here; groundplane openstack compute drain moves them")
    changes = []
    ids = must(run(engine, "ps", "--all", "--quiet", "--filter", "label=kolla_version"), "The engine").split()
    found = json.loads(must(run(engine, "container", "inspect", *ids), "The engine")) if ids else []
    names = sorted(one["Name"].lstrip("/") for one in found)
    volumes = sorted(
        {mount["Name"] for one in found for mount in one.get("Mounts", ()) if mount.get("Type") == "volume"} - KEPT
    )
    running = {one["Name"].lstrip("/") for one in found if one["State"]["Status"] == "running"}
    if (units / DATAPATH).exists():
        changes.append("the service for Open vSwitch in user space")
        stop_units(run, units, [] if check else [DATAPATH])
    if "openvswitch_vswitchd" in running:
        changes += _bridges(run, engine, check=check)
    written = sorted(path.name for path in units.glob("kolla-*-container.service"))
    if names:
        changes.append(f"containers: {', '.join(names)}")
    if volumes:
        changes.append(f"volumes: {', '.join(volumes)}")
    if configuration.is_dir() and any(configuration.iterdir()):
        changes.append(str(configuration))
    if not check:
        stop_units(run, units, written)
        if names:
            must(run(engine, "rm", "--force", *names), "The engine")
        for name in volumes:
            must(run(engine, "volume", "rm", "--force", name), f"The volume {name}")
        _empty(configuration)
    return changes


def stop_units(run: Run, units: Path, names: list[str]) -> None:
    """The units are stopped, and gone."""
    if not names:
        return
    must(run("systemctl", "disable", "--now", *names), "systemd")
    for name in names:
        (units / name).unlink(missing_ok=True)
    must(run("systemctl", "daemon-reload"), "systemd")


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _bridges(run: Run, engine: str, *, check: bool) -> list[str]:
    """They would go on forwarding without anybody who looks after them."""
    control = (engine, "exec", "openvswitch_vswitchd", "ovs-vsctl")
    bridges = must(run(*control, "list-br"), "Open vSwitch").split()
    for name in bridges if not check else ():
        must(run(*control, "--if-exists", "del-br", name), f"The bridge {name}")
    return [f"bridges: {', '.join(bridges)}"] if bridges else []
