"""Layers and steps, as the rest of the engine sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.errors import Place


@dataclass(frozen=True, slots=True)
class Need:
    """A step that must have succeeded first.

    With `everywhere` it must have succeeded on all of its hosts; otherwise on the same host, so that
    one host's failure holds back that host alone.
    """

    step: str
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class StepRole:
    """A role, or one entry point of it (tasks/ENTRY.yml) where a role serves several steps."""

    path: Path
    entry: str = "main"


@dataclass(frozen=True, slots=True)
class Handover:
    """What a layer keeps for a service is handed over to a step's playbook."""

    layer: str
    service: str
    named: bool = False
    """Whether layers.yml names the service; otherwise it is the step's own name, and there may be nothing for it."""

    def __str__(self) -> str:
        return f"{self.layer}:{self.service}"


@dataclass(frozen=True, slots=True)
class Step:
    """One playbook on some hosts, one action of the engine's for them, or a service of Kolla's. `id` is LAYER.NAME."""

    id: str
    layer: str
    name: str
    description: str
    playbook: Path | None
    """None where `action` or `service` says what is done."""
    hosts: str
    """An Ansible host pattern over the inventory's groups and hosts."""
    place: Place
    needs: tuple[Need, ...] = ()
    roles: tuple[StepRole, ...] = ()
    """The roles whose argument_specs name the step's inputs and whose files are its content."""
    inputs: tuple[str, ...] = ()
    """Variables that count as inputs: the roles' options and those that layers.yml names besides."""
    timeout_minutes: int = 60
    action: str | None = None
    """A name in `actions.ACTIONS`."""
    handovers: tuple[Handover, ...] = ()
    service: str | None = None
    """A service of the release's kolla-ansible, by Kolla's name: its own plays are run."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """For the playbook; they beat all others."""
    beside: bool = False
    """Work of this machine alone: one such step at a time runs beside the others, and takes no place among them."""
    leader: str | None = None
    """The host on which what is done once for all of the step's hosts is done; without it none of them can go on."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of the cloud with an order."""

    name: str
    description: str
    place: Place
    needs: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    verify: Path | None = None
    """The playbook that checks the layer on the hosts for itself."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The graph of a site: `order` is a topological order of step ids, stable between runs."""

    layers: Mapping[str, Layer]
    steps: Mapping[str, Step]
    order: tuple[str, ...]
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Step id to the hosts that its pattern matches, sorted as the inventory has them."""
