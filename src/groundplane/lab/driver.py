"""What a lab asks of whatever makes its nodes: podman here, virtual machines elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.lab.model import Lab, LabNode


class NodeState(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node as the driver finds it. `disks` are device names as the node sees them."""

    node: str
    state: NodeState
    addresses: Mapping[str, str]
    disks: tuple[str, ...] = ()


class LabDriver(Protocol):
    """Makes, starts, stops and removes the nodes of one lab. Every call may be repeated and then changes nothing."""

    def check_names(self, lab: Lab) -> None:
        """Refuses names that belong to something else on this machine.

        Raises:
            InputError: names what is in the way.
        """
        ...

    def ensure_networks(self, lab: Lab) -> list[str]:
        """Makes the lab's networks; the names of those that were missing."""
        ...

    def ensure_nodes(self, lab: Lab) -> list[str]:
        """Makes nodes that are missing and starts those that stand still, with their disks; their names."""
        ...

    def start(self, lab: Lab, node: LabNode) -> bool:
        """Starts a node with the addresses and disks that it had; False where it was running."""
        ...

    def stop(self, lab: Lab, node: LabNode, *, kill: bool = False) -> bool:
        """Shuts a node down, or takes its power away; False where it stood still."""
        ...

    def wait_for_ssh(self, lab: Lab, nodes: Sequence[LabNode]) -> None:
        """
        Raises:
            FailedError: a node does not come up.
        """
        ...

    def status(self, lab: Lab) -> list[NodeStatus]: ...

    def memory_folders(self, lab: Lab) -> Mapping[str, Path]:
        """Node to the folder in which the kernel keeps account of its memory, of those that run (see `memory_use`)."""
        ...

    def run(self, lab: Lab, node: LabNode, *words: str, stdin: str | None = None) -> str:
        """Runs a command in the node as root, not over the network."""
        ...

    def console_words(self, lab: Lab, node: LabNode, words: Sequence[str] = (), *, terminal: bool = True) -> list[str]:
        """The command that runs `words`, or a shell, in the node as root, not over the network."""
        ...

    def remove(self) -> list[str]:
        """Removes everything that belongs to the lab, found by its labels; what it was, in words."""
        ...
