"""A lab as a whole, for people and programs: nodes, ways in, times, memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.lab.driver import NodeState
from groundplane.lab.measured import Measured, read_measured
from groundplane.lab.memory_use import MemoryUse, read_use
from groundplane.lab.roles_in_words import roles_in_words
from groundplane.lab.times import Times, read_times
from groundplane.lab.ways_in import WaysIn, ways_in
from groundplane.run.lock import lock_holder
from groundplane.site.loading import load_site, read_site_file
from groundplane.site.state import state_folder

if TYPE_CHECKING:
    from groundplane.content import Content
    from groundplane.lab.service import LabStatus
    from groundplane.run.lock import Holder


@dataclass(frozen=True, slots=True)
class LabSummary:
    """A lab as it is now.

    Attributes:
        layers: those that its site has.
        applied: those of which something was applied.
        memory: now.
        at_work: who works on its site.
    """

    status: LabStatus
    layers: tuple[str, ...]
    applied: tuple[str, ...]
    ways: WaysIn
    times: Times
    memory: MemoryUse
    measured: Measured
    at_work: Holder | None = None

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Node to what runs there, in words."""
        return {node.name: roles_in_words(node.groups, self.applied) for node in self.status.lab.nodes}

    def as_data(self) -> dict[str, Any]:
        """For programs; memory in bytes, times in seconds."""
        status, lab = self.status, self.status.lab
        return {
            "name": lab.name,
            "running": status.running,
            "suite": lab.suite,
            "profile": lab.profile,
            "site": str(status.folder.site),
            "networks": {name: network.cidr for name, network in lab.networks.items()},
            "apt_proxy": lab.apt_proxy,
            "layers": list(self.layers),
            "applied": list(self.applied),
            "verified": dict(self.times.verified),
            "nodes": [
                {
                    "name": node.node,
                    "state": node.state.value,
                    "groups": list(lab.node(node.node).groups),
                    "roles": list(self.roles[node.node]),
                    "addresses": dict(node.addresses),
                    "disks": list(node.disks),
                    "memory": self.memory.nodes.get(node.node),
                }
                for node in status.nodes
            ],
            "ways_in": self.ways.as_data(),
            "times": self.times.as_data(),
            "phases": self.measured.as_data()["phases"],
            "memory": {"now": self.memory.as_data(), "highest": self.measured.memory.as_data()},
            "at_work": self.at_work.run if self.at_work is not None else None,
        }


def summarize(status: LabStatus, content: Content) -> LabSummary:
    """Reads the lab's site, its journal and the kernel's accounts; asks no node. What can't be read is left out."""
    site = status.folder.site
    layers: tuple[str, ...] = ()
    times, ways = Times(), WaysIn()
    try:
        file = read_site_file(site)
        layers, times = file.layers, read_times(site, file.name).in_order(file.layers)
        applied = tuple(layer for layer in layers if layer in times.applied)
        ways = ways_in(load_site(site, content=content, strict=False), status.lab, applied)
    except InputError as error:
        applied = tuple(layer for layer in layers if layer in times.applied)
        ways = WaysIn(trouble=error.what)
    running = any(node.state is NodeState.RUNNING for node in status.nodes)
    return LabSummary(
        status,
        layers,
        applied,
        ways,
        times,
        read_use(status.memory_folders) if running else MemoryUse(),
        read_measured(status.folder),
        lock_holder(state_folder(site)),
    )
