"""The platform layer's steps, as the engine runs them (see `layers.actions`): each reconciles one kind of objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.platform.cloud import WORK_SECONDS, cloud
from groundplane.platform.configuration import read_configuration
from groundplane.platform.flavors import Flavors
from groundplane.platform.images import Images, ImageWork
from groundplane.platform.networks import Networks
from groundplane.platform.projects import Projects
from groundplane.platform.reconcile import describe, reconcile
from groundplane.platform.rest import Rest
from groundplane.platform.scopes import Scopes
from groundplane.platform.security import DefaultRules
from groundplane.platform.services import Services
from groundplane.platform.volume_types import VolumeTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.layers.actions import ActionCall
    from groundplane.platform.reconcile import Kind
    from groundplane.site.site import Site

IMAGE_FOLDER = "images-of-the-cloud"
"""Below the cache: what was downloaded for Glance."""
PATIENCE_SECONDS = 90.0
"""For a service that has only just been deployed."""


@dataclass(frozen=True, slots=True)
class PlatformAction:
    """A step; `kind` gives what it reconciles in a cloud."""

    kind: Callable[[Site, Rest, ImageWork | None], Kind]

    def state(self, site: Site) -> dict[str, str]:
        """How each declared object stands right now.

        Raises:
            GroundplaneError: the cloud can't be asked.
        """
        with cloud(site) as connection:
            return describe(self.kind(site, Rest(connection), None))

    def carry_out(self, call: ActionCall) -> None:
        """Raises what `cloud` and `reconcile` raise, and InputError where the site's options are wrong."""
        work = ImageWork(cache=call.places.cache / IMAGE_FOLDER, stopped=call.stopped)
        with cloud(call.site, seconds=WORK_SECONDS) as connection:
            rest = Rest(connection, patience=PATIENCE_SECONDS, stopped=call.stopped)
            reconcile(call, self.kind(call.site, rest, work))


PROJECTS = PlatformAction(lambda site, rest, _: Projects(site, read_configuration(site), rest, Scopes(rest)))
FLAVORS = PlatformAction(lambda site, rest, _: Flavors(site, read_configuration(site), rest, Scopes(rest)))
IMAGES = PlatformAction(lambda site, rest, work: Images(site, read_configuration(site), rest, work))
VOLUME_TYPES = PlatformAction(lambda site, rest, _: VolumeTypes(site, read_configuration(site), rest, Scopes(rest)))
NETWORKS = PlatformAction(lambda site, rest, _: Networks(site, read_configuration(site), rest, Scopes(rest)))
SECURITY = PlatformAction(lambda site, rest, _: DefaultRules(site, read_configuration(site), rest))
SERVICES = PlatformAction(lambda site, rest, _: Services(site, read_configuration(site), rest))
BY_STEP = {
    "projects": PROJECTS,
    "flavors": FLAVORS,
    "images": IMAGES,
    "volume_types": VOLUME_TYPES,
    "networks": NETWORKS,
    "security": SECURITY,
    "services": SERVICES,
}
"""The layer's steps by their short names."""
