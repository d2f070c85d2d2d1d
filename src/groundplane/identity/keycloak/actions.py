"""The step identity.realms, as the engine runs it (see `layers.actions`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.identity.configuration import read_identity
from groundplane.identity.keycloak.realms import Realms
from groundplane.identity.keycloak.session import WORK_SECONDS, keycloak
from groundplane.platform.reconcile import departures, describe, reconcile

if TYPE_CHECKING:
    from groundplane.layers.actions import ActionCall
    from groundplane.site.site import Site

PATIENCE_SECONDS = 120.0
"""For a Keycloak that has only just been started."""


@dataclass(frozen=True, slots=True)
class RealmsAction:
    """Realms as code."""

    def state(self, site: Site) -> dict[str, str]:
        """How each declared object stands right now.

        Raises:
            GroundplaneError: Keycloak can't be asked.
        """
        with keycloak(site) as session:
            return describe(Realms(site, read_identity(site), session))

    def departures(self, site: Site) -> list[str]:
        """A sentence for each declared object that isn't as declared. Raises as `state`."""
        with keycloak(site) as session:
            return departures(Realms(site, read_identity(site), session))

    def carry_out(self, call: ActionCall) -> None:
        """Raises what `keycloak` and `reconcile` raise, and InputError where the site's options are wrong."""
        asked = read_identity(call.site)
        with keycloak(
            call.site, seconds=WORK_SECONDS, patience=PATIENCE_SECONDS, stopped=call.stopped, bootstrap=True
        ) as session:
            reconcile(call, Realms(call.site, asked, session))


REALMS = RealmsAction()
