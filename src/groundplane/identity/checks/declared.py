"""The layer identity's check: every declared realm and customer is there, and is as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import CancelledError
from groundplane.identity.configuration import read_identity
from groundplane.identity.keycloak.realms import Realms
from groundplane.identity.keycloak.session import keycloak
from groundplane.identity.openstack.customers import Customers
from groundplane.platform.cloud import cloud
from groundplane.platform.reconcile import departures
from groundplane.platform.rest import Rest

if TYPE_CHECKING:
    from groundplane.checks.engine_checks import CheckCall, CheckTask

REALMS, CUSTOMERS = "realms", "customers"


def check(call: CheckCall) -> None:
    """Compares Keycloak and Keystone with what the site declares; changes nothing.

    Raises:
        InputError: the site's options or realm files are wrong.
        FailedError: Keycloak or Keystone can't be asked.
        CancelledError: stopped.
    """
    if not call.steps or REALMS in call.steps:
        with call.task("Realms, and what is in them") as task, keycloak(call.site) as session:
            _compare(task, Realms(call.site, read_identity(call.site), session))
    if call.stopped():
        raise CancelledError("stopped before everything was compared")
    if not call.steps or CUSTOMERS in call.steps:
        with call.task("Customers' domains, projects, groups and roles") as task, cloud(call.site) as connection:
            _compare(task, Customers(call.site, read_identity(call.site), Rest(connection)))


def _compare(task: CheckTask, kind: Realms | Customers) -> None:
    for what in departures(kind):
        task.wrong(None, what)
