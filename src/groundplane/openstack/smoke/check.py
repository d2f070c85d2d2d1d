"""The smoke test as a check: an account for it, the course, and the removal of everything, whatever happened."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.openstack.api import admin_login, open_connection, reachable_entrance, telling
from groundplane.openstack.smoke.account import find_account, keep_account, left_over_accounts, make_account
from groundplane.openstack.smoke.cleaning import clean
from groundplane.openstack.smoke.course import Course, Made
from groundplane.openstack.smoke.marks import new_name
from groundplane.openstack.smoke.options import SmokeOptions, options_of
from groundplane.openstack.smoke.reaching import temporary_key
from groundplane.openstack.smoke.waiting import Patience

if TYPE_CHECKING:
    from openstack.connection import Connection

    from groundplane.checks.engine_checks import CheckCall
    from groundplane.openstack.api import Entrance
    from groundplane.openstack.smoke.account import Account

CLEAN = "groundplane openstack smoke --clean"
ATTEMPTS, PAUSE_SECONDS = 12, 5.0


def check(call: CheckCall) -> None:
    """The test with the site's own options, as part of `groundplane verify`.

    Raises:
        InputError, FailedError, CancelledError: as `smoke`.
    """
    smoke(call, options_of(call.site))


def smoke(call: CheckCall, options: SmokeOptions) -> Made | None:
    """Makes the test. None where there was only something to clean.

    What earlier tests left is removed first, and what this one made at the end: also where it failed or was stopped,
    unless a person asks twice.

    Raises:
        InputError: the site or the cloud lacks what the test needs.
        FailedError: a part of it failed, or something couldn't be removed.
        CancelledError: stopped.
    """
    with call.task("Log in as the administrator") as task:
        where = reachable_entrance(call.site)
        admin = open_connection(where, admin_login(call.site))
        with telling("The administrator can't log in"):
            admin.authorize()
        task.note(where.auth_url)
    with closing(admin):
        _clean_left_over(call, admin, all_=options.clean)
        return None if options.clean else _test(call, options, admin, where)


def _test(call: CheckCall, options: SmokeOptions, admin: Connection, where: Entrance) -> Made:
    name = new_name(datetime.now(UTC))
    made = Made()
    failed = True
    try:
        with call.task("Make a project with an ordinary user") as task, telling("No user for the test can be made"):
            _, login = make_account(admin, name, holder=call.holder)
            call.hide([login.password])
            task.note(name)
        with temporary_key(call.memory) as key, closing(open_connection(where, login)) as user:
            Course(
                user=user,
                name=name,
                key=key,
                options=options,
                patience=Patience(call.stopped),
                task=call.task,
                now=call.now,
                say=call.say,
                made=made,
            ).run()
        failed = False
    finally:
        if options.keep:
            with telling("What was made can't be marked as kept: the next test removes it"):
                keep_account(admin, name, holder=call.holder)
            call.say(f"Everything was kept, in the project {name}; it is removed by: {CLEAN}")
        else:
            _clean(call, admin, name, failed=failed)
    return made


def _clean(call: CheckCall, admin: Connection, name: str, *, failed: bool) -> None:
    """Removes what this test made. What can't be removed fails a test that went well; else what failed first counts."""
    try:
        with call.task("Remove all that the test made"):
            account = _find(call, admin, name)
            if account is not None:
                _remove(call, admin, account)
    except FailedError:
        if not failed:
            raise


def _find(call: CheckCall, admin: Connection, name: str) -> Account | None:
    """The test's project; an API that is away for a moment is asked again, for what was made mustn't be left.

    Raises:
        FailedError: it stays away, or a person insists.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with telling("What the test made can't be looked for", cure=f"Later: {CLEAN}"):
                return find_account(admin, name)
        except FailedError as error:
            if attempt == ATTEMPTS or call.insisted():
                raise
            call.say(f"asked again after {error.why}")
            time.sleep(PAUSE_SECONDS)
    return None


def _clean_left_over(call: CheckCall, admin: Connection, *, all_: bool) -> None:
    with telling("What earlier tests left can't be looked for"):
        accounts = left_over_accounts(admin, holder=call.holder, now=datetime.now(UTC), all_=all_)
    if not accounts and not all_:
        return
    with call.task("Remove what earlier tests left") as task:
        for account in accounts:
            _remove(call, admin, account)
        task.note(", ".join(account.name for account in accounts) or "there is nothing")


def _remove(call: CheckCall, admin: Connection, account: Account) -> None:
    """Raises FailedError: something is left."""
    remains = clean(admin, account, say=call.say, insisted=call.insisted)
    if remains.lines:
        raise FailedError(
            f"Not everything in the project {account.name} could be removed",
            why="; ".join(remains.lines),
            cure=f"Call later: {CLEAN}",
        )
