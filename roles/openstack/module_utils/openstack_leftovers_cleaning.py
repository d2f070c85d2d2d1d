"""Single containers of Kolla's taken off a host that stays, with what is theirs alone; data stay."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    from ansible.module_utils.openstack_node_cleaning import CONFIGURATION, UNITS, stop_units, virtual_machines
    from ansible.module_utils.openstack_node_running import NodeError, must
except ImportError:
    from openstack_node_cleaning import CONFIGURATION, UNITS, stop_units, virtual_machines
    from openstack_node_running import NodeError, must

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

WATCH = Path("/var/lib/groundplane/watch")
HYPERVISOR = "nova_libvirt"
LABEL = "kolla_version"


def clean_leftovers(
    run: Run,
    engine: str,
    names: list[str],
    steps: list[str],
    *,
    check: bool = False,
    units: Path = UNITS,
    configuration: Path = CONFIGURATION,
    watch: Path = WATCH,
    machines: Callable[[], int] = virtual_machines,
) -> tuple[list[str], list[str]]:
    """What was taken off, or would be, in sentences; and the volumes that stay.

    Args:
        names: containers; those that are gone already are passed over.
        steps: those that the host doesn't have any more: their watch lists go too.
    """
    ids = must(run(engine, "ps", "--all", "--quiet"), "The engine").split()
    every = json.loads(must(run(engine, "container", "inspect", *ids), "The engine")) if ids else []
    here = [one for one in every if one["Name"].lstrip("/") in names]
    strange = sorted(one["Name"].lstrip("/") for one in here if LABEL not in (one["Config"].get("Labels") or {}))
    if strange:
        raise NodeError(f"{', '.join(strange)} is not of an image of Kolla's")
    if any(one["Name"].lstrip("/") == HYPERVISOR for one in here) and machines():
        raise NodeError("virtual machines run here; groundplane openstack compute drain moves them")
    others = [one for one in every if one not in here]
    # Another container may mount the same folder: it goes on needing it.
    folders = sorted(_folders(here, configuration) - _folders(others, configuration))
    there = sorted(one["Name"].lstrip("/") for one in here)
    volumes = sorted({mount["Name"] for one in here for mount in one.get("Mounts", ()) if mount["Type"] == "volume"})
    kept = [name for name in volumes if name != "kolla_logs"]
    lists = [path for step in steps if (path := watch / f"{step}.json").is_file()]
    changes = [f"containers: {', '.join(there)}"] if there else []
    changes += [str(configuration / name) for name in folders]
    changes += [str(path) for path in lists]
    if not check:
        stop_units(
            run, units, [unit for name in names if (units / (unit := f"kolla-{name}-container.service")).exists()]
        )
        if there:
            must(run(engine, "rm", "--force", *there), "The engine")
        for name in folders:
            shutil.rmtree(configuration / name)
        for path in lists:
            path.unlink()
    return changes, kept


def _folders(containers: list[dict[str, Any]], configuration: Path) -> set[str]:
    """Folders right below the configuration's that are mounted, and that are there."""
    sources = [Path(mount.get("Source", "")) for one in containers for mount in one.get("Mounts", ())]
    return {path.name for path in sources if path.parent == configuration and path.is_dir()}
