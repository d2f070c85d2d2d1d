"""The login test as a check: a customer for it, the course, and the removal of everything, whatever happened."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.identity.checks.course import Course, check_provider
from groundplane.identity.checks.customer import new_customer
from groundplane.identity.checks.doors import doors_of
from groundplane.identity.checks.making import Maker
from groundplane.identity.configuration import read_identity
from groundplane.identity.keycloak.realms import Realms
from groundplane.identity.keycloak.session import WORK_SECONDS, keycloak
from groundplane.identity.openstack.customers import Customers
from groundplane.openstack.api import telling
from groundplane.openstack.smoke.marks import description, new_name
from groundplane.openstack.smoke.waiting import Patience
from groundplane.platform.cloud import WORK_SECONDS as CLOUD_SECONDS
from groundplane.platform.cloud import cloud
from groundplane.platform.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from groundplane.checks.engine_checks import CheckCall
    from groundplane.identity.checks.doors import Doors
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.platform.reconcile import Thing

COMMAND = "identity smoke"
PATIENCE_SECONDS = 180.0
"""A member of a small machine takes so long to come back."""


def check(call: CheckCall) -> None:
    """The test as part of `groundplane verify`.

    Raises:
        InputError, FailedError, CancelledError: as `smoke`.
    """
    smoke(call)


def smoke(call: CheckCall, *, only_clean: bool = False) -> None:
    """Makes the test; with `only_clean` it only removes what earlier ones left.

    What this one makes is removed at the end, also where it failed or was stopped.

    Raises:
        InputError: the site's options are wrong, or the secrets are closed.
        FailedError: nobody can log in at all, the customer can't be made, or something couldn't be removed.
        CancelledError: stopped.
    """
    configuration = read_identity(call.site)
    doors = doors_of(call.site)
    if not only_clean:
        check_provider(call, doors, tuple(realm.name for realm in configuration.customers if realm.enabled))
    with _maker(call, doors, configuration) as maker:
        _clean_left_over(call, maker, all_=only_clean)
        if not only_clean:
            _test(call, maker)


@contextmanager
def _maker(call: CheckCall, doors: Doors, configuration: IdentityConfiguration) -> Iterator[Maker]:
    """Both sides entered as their administrators.

    What was made mustn't be left because Keycloak is away for a moment: it is waited for, until a person insists.
    """
    site = call.site
    with (
        keycloak(site, seconds=WORK_SECONDS, patience=PATIENCE_SECONDS, stopped=call.insisted) as session,
        cloud(site, seconds=CLOUD_SECONDS) as connection,
    ):
        rest = Rest(connection)

        def things(asked: IdentityConfiguration) -> Iterator[Thing]:
            yield from Realms(site, asked, session).things()
            yield from Customers(site, asked, rest).things()

        yield Maker(session, connection, doors, configuration, things, call.say, call.insisted)


def _test(call: CheckCall, maker: Maker) -> None:
    customer = new_customer(new_name(datetime.now(UTC)), maker.configuration.defaults)
    call.hide(customer.passwords())
    failed = True
    try:
        with call.task("Make a customer: a realm with people, a domain with a project") as task:
            maker.make(customer, description(call.holder, COMMAND))
            task.note(customer.name)
        Course(
            call=call,
            doors=maker.doors,
            customer=customer,
            patience=Patience(call.stopped),
            session_count=lambda: maker.session_count(customer),
        ).run()
        failed = False
    finally:
        _remove(call, maker, customer.name, customer.seen, failed=failed)


def _remove(call: CheckCall, maker: Maker, name: str, seen: Iterable[str], *, failed: bool) -> None:
    """What can't be removed fails a test that went well; else what failed first counts."""
    try:
        with call.task("Remove all that the test made"):
            maker.remove(name, seen)
    except FailedError:
        if not failed:
            raise


def _clean_left_over(call: CheckCall, maker: Maker, *, all_: bool) -> None:
    with telling("What earlier tests left can't be looked for"):
        names = maker.left_over(holder=call.holder, now=datetime.now(UTC), all_=all_)
    if not names and not all_:
        return
    with call.task("Remove what earlier tests left") as task:
        for name in names:
            maker.remove(name)
        task.note(", ".join(names) or "there is nothing")
