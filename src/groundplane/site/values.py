"""A variable's value, where it was written, and which level it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundplane.errors import Place


class Level(IntEnum):
    """Precedence, weakest first: Ansible's own order, with the environment below every group."""

    DEFAULT = 10
    """environments/LAYER/defaults.yml of the toolkit."""
    DERIVED = 20
    """Computed from site.yml (addresses, the list of hosts, time servers)."""
    ENVIRONMENT = 30
    """environments/LAYER/configuration.yml of the site."""
    SECRET = 40
    """secrets.yml of the site."""
    GROUP = 50
    """Group variables; among groups Ansible's own order holds (depth, priority, name)."""
    HOST = 60
    """Host variables."""
    COMMAND_LINE = 70
    """-e on the command line."""


@dataclass(frozen=True, slots=True)
class Value:
    """One place that sets a variable.

    `value` is plain data as YAML gives it; Jinja expressions are kept as written. `source` names the
    level's member: the layer, the group or the host.
    """

    value: Any
    level: Level
    place: Place
    source: str
    secret: bool = False
