"""A loaded site: what every later part of the engine starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.site.state import state_folder

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.errors import Problem
    from groundplane.site.environments import Environments
    from groundplane.site.inventory import Inventory
    from groundplane.site.layer_facts import Facts
    from groundplane.site.model import SiteFile
    from groundplane.site.networks import NetworkPlan
    from groundplane.site.release import Release
    from groundplane.site.source import Source
    from groundplane.site.variables import Variables


@dataclass(frozen=True, slots=True)
class Site:
    """A loaded site. Never changes."""

    path: Path
    file: SiteFile
    source: Source
    """site.yml with its lines."""
    release: Release
    inventory: Inventory
    variables: Variables
    networks: NetworkPlan
    environments: Environments
    facts: Facts
    content: Content
    secrets_loaded: bool = False
    problems: tuple[Problem, ...] = ()
    """What is wrong with it; empty unless it was loaded with strict=False."""

    @property
    def state(self) -> Path:
        """Journal, logs, reports, lock; never in git."""
        return state_folder(self.path)

    @property
    def known_hosts(self) -> Path:
        return self.path / "inventory" / "known_hosts"

    @property
    def secrets_file(self) -> Path:
        return self.path / "secrets.yml"
