"""The platform layer's connection to the site's cloud: one login for all steps of a plan or a run."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from groundplane.errors import GroundplaneError
from groundplane.openstack.api import admin_login, open_connection, reachable_entrance, telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openstack.connection import Connection

    from groundplane.openstack.api import Entrance, Login
    from groundplane.site.site import Site

ASK_SECONDS = 20.0
"""One answer, while a plan waits."""
WORK_SECONDS = 120.0
REMEMBERED_SECONDS = 30.0
"""How long a cloud that can't be entered is taken for that: the steps of one plan don't wait one after another."""


class _Doors:
    """Who was let in, or refused, by site. Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[object, ...], tuple[Entrance, Login, Any]] = {}
        self._shut: dict[tuple[object, ...], tuple[float, GroundplaneError]] = {}

    def enter(self, site: Site) -> tuple[Entrance, Login, Any]:
        """Where the cloud is entered, as whom, and the login that all connections share."""
        login = admin_login(site)
        key = (site.path, login.user, login.password)
        with self._lock:
            shut = self._shut.get(key)
            if shut is not None and time.monotonic() - shut[0] < REMEMBERED_SECONDS:
                raise shut[1]
            found = self._open.get(key)
            if found is not None:
                return found
            try:
                where = reachable_entrance(site)
                connection = open_connection(where, login, seconds=ASK_SECONDS)
                with telling("The cloud can't be entered"):
                    connection.authorize()
            except GroundplaneError as error:
                self._shut[key] = (time.monotonic(), error)
                raise
            self._shut.pop(key, None)
            self._open[key] = (where, login, connection.session.auth)
            return self._open[key]

    def forget(self) -> None:
        with self._lock:
            self._open.clear()
            self._shut.clear()


_DOORS = _Doors()


@contextmanager
def cloud(site: Site, *, seconds: float = ASK_SECONDS) -> Iterator[Connection]:
    """A connection as the administrator; the SDK's complaints become ours.

    Raises:
        InputError: see `openstack.api.entrance`, `admin_login`.
        FailedError: the cloud can't be reached, refuses the login, or what is done inside fails.
    """
    where, login, auth = _DOORS.enter(site)
    connection = open_connection(where, login, seconds=seconds, auth=auth)
    try:
        with telling("The cloud refuses"):
            yield connection
    finally:
        connection.close()


def forget_logins() -> None:
    """For tests, and whoever changes the administrator's password."""
    _DOORS.forget()
