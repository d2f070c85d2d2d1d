"""Actions: steps that the engine does itself, because the work is between it and the outside, not on a host.

An action is a module with two functions, or an object of a module's with two such methods. It is imported when it is
needed, so that whoever plans doesn't carry what only the work needs:

    def state(site: Site) -> Mapping[str, str]
        What the action set up, as it is right now: item to value, short and made for people. Plans compare it with what
        the step left. What can be wrong outside is an item, too; raises a GroundplaneError where nobody can be asked:
        a plan tells that, and takes everything else as it was.
    def carry_out(call: ActionCall) -> None
        Does the work, or only says what it would do (`call.check`). Raises a GroundplaneError where it fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from groundplane.site.site import Site

_PLATFORM = "groundplane.platform.actions"
ACTIONS = {
    "push_images": "groundplane.supply.push_action",
    "push_ceph_images": "groundplane.supply.push_action:CEPH",
    "build_images": "groundplane.supply.build_action:REST",
    "build_ceph_images": "groundplane.supply.build_action:CEPH",
    "kolla_prechecks": "groundplane.run.kolla_prechecks",
    "platform_projects": f"{_PLATFORM}:PROJECTS",
    "platform_flavors": f"{_PLATFORM}:FLAVORS",
    "platform_images": f"{_PLATFORM}:IMAGES",
    "platform_volume_types": f"{_PLATFORM}:VOLUME_TYPES",
    "platform_networks": f"{_PLATFORM}:NETWORKS",
    "platform_security": f"{_PLATFORM}:SECURITY",
    "platform_services": f"{_PLATFORM}:SERVICES",
    "identity_realms": "groundplane.identity.keycloak.actions:REALMS",
    "identity_customers": "groundplane.identity.openstack.customers:CUSTOMERS",
}
"""What layers.yml may name, and its module, or MODULE:OBJECT."""


@dataclass(frozen=True, slots=True)
class ActionPlaces:
    """Where an action may work: `cache` is Settings.cache, `memory` a private folder in memory for secrets."""

    cache: Path
    memory: Path


class Report(Protocol):
    """Tells one piece of work that has ended."""

    def __call__(self, task: str, *, status: str, seconds: float = 0.0, reason: str = "") -> None:
        """`status` is ok, changed, skipped or failed; `reason` is one line."""


@dataclass(frozen=True, slots=True)
class ActionCall:
    """What an action gets.

    Attributes:
        hosts: those that the step is planned on; the work is done once for all of them.
        check: say what would change, change nothing.
        begin: tells a piece of work that begins, by its name; `report` its end. Pieces may run side by side.
        say: a line for the step's log.
        stopped: asked several times a second; True means that the run was cancelled or that time is up.
        alone: whether no step works on hosts right now, so that this machine's processors are free.
    """

    site: Site
    hosts: tuple[str, ...]
    places: ActionPlaces
    check: bool
    begin: Callable[[str], None]
    report: Report
    say: Callable[[str], None]
    stopped: Callable[[], bool]
    alone: Callable[[], bool] = lambda: True


class Action(Protocol):
    """The module of an action, or its object."""

    def state(self, site: Site) -> Mapping[str, str]: ...

    def carry_out(self, call: ActionCall) -> None: ...


def find_action(name: str) -> Action:
    """The action of that name; `layers.loading` has checked that there is one."""
    module, _, attribute = ACTIONS[name].partition(":")
    found = import_module(module)
    return cast("Action", getattr(found, attribute) if attribute else found)
