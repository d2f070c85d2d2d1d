"""A way into the site's Keycloak: python-keycloak's administrator, and plain calls of the Admin REST API.

What is read of a realm is remembered until something is written into it, so that a plan asks for each list once.
Source: Keycloak's Admin REST API.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from http import HTTPStatus
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from groundplane.errors import FailedError, InputError
from groundplane.identity.configuration import MASTER, read_identity
from groundplane.openstack.api import REACH_SECONDS, SiteVariables, secret, short
from groundplane.supply.site_registry import site_authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from keycloak import KeycloakAdmin

    from groundplane.identity.keycloak.connection import VerifiedConnection
    from groundplane.site.site import Site

ADMIN_CLIENT = "groundplane"
"""The service account by which realms are kept."""
BOOTSTRAP_CLIENT = "groundplane-bootstrap"
"""The temporary one that `kc.sh bootstrap-admin` makes; it makes the other one and goes."""
ADMIN_SECRET = "keycloak_admin_client_secret"  # noqa: S105 - the variable's name
ASK_SECONDS = 20.0
"""One answer, while a plan waits."""
WORK_SECONDS = 60.0
PAUSE_SECONDS = 2.0
STICKY_COOKIE = "AUTH_SESSION_ID"
"""Keycloak's own, by which load balancers choose a member."""
_AWAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
_NO_ANSWER = "groundplane status identity shows what runs; groundplane plan identity says what is missing."


class RefusedError(FailedError):
    """Keycloak doesn't do what it is asked; `status` is HTTP's."""

    def __init__(self, what: str, *, why: str, status: int, cure: str = "") -> None:
        super().__init__(what, why=why, cure=cure)
        self.status = status


class Session:
    """Calls of the Admin REST API. Not for several threads at once.

    Attributes:
        admin: python-keycloak's, for whoever needs a call of its own; `admin.change_current_realm` chooses the realm.
        client: the service account that is logged in.
    """

    def __init__(
        self,
        connect: Callable[[str], VerifiedConnection],
        client: str = ADMIN_CLIENT,
        *,
        patience: float = 0.0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._connect = connect
        self._patience = patience
        self._stopped = stopped
        self._seen: dict[str, dict[tuple[str, ...], Any]] = {}
        self.client = ""
        self.log_in(client)

    def log_in(self, client: str) -> None:
        """As another service account, with the same secret.

        Raises:
            RefusedError: Keycloak doesn't know it, or has another secret of it.
            FailedError: Keycloak can't be reached.
        """
        from keycloak import KeycloakAdmin  # noqa: PLC0415 - heavy

        connection = self._connect(client)
        self._patiently(lambda: self._authorize(connection, client), again=True)
        self.connection = connection
        self.admin: KeycloakAdmin = KeycloakAdmin(connection=connection)
        self.client = client

    def realm(self, name: str) -> RealmCalls:
        return RealmCalls(self, name)

    def call(
        self, method: str, path: str, *, body: Any = None, params: Mapping[str, str] | None = None
    ) -> tuple[Any, str]:
        """One call below /admin/realms: the answer's data, and the id of what was made.

        Raises:
            RefusedError: Keycloak answers with an error.
            FailedError: it can't be reached.
        """
        words = dict(params or {})
        where = f"admin/realms{path}"
        data = None if body is None else json.dumps(body)

        def once() -> Any:
            if method == "GET":
                return self.connection.raw_get(where, **words)
            if method == "DELETE":
                return self.connection.raw_delete(where, data, **words)
            send = self.connection.raw_post if method == "POST" else self.connection.raw_put
            return send(where, data=data or "", **words)

        response = self._patiently(lambda: self._answer(once), again=method == "GET")
        if response.status_code == HTTPStatus.FORBIDDEN:
            # A token doesn't yet speak for a realm that was made after it.
            self._authorize(self.connection, self.client)
            response = self._patiently(lambda: self._answer(once), again=method == "GET")
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(
                "Keycloak refuses what it is asked for",
                why=f"{_said(response)} ({method} {path})",
                status=response.status_code,
            )
        made = str(response.headers.get("Location", "")).rpartition("/")[2]
        return (response.json() if response.content else None), made

    def remembered(self, realm: str) -> dict[tuple[str, ...], Any]:
        """What was read of a realm since something was written into it."""
        return self._seen.setdefault(realm, {})

    def forget(self, realm: str) -> None:
        self._seen.pop(realm, None)

    def _answer(self, once: Callable[[], Any]) -> Any:
        response = once()
        if response.status_code in _AWAY:
            raise _AwayError(response.status_code)
        return response

    def _authorize(self, connection: VerifiedConnection, client: str) -> None:
        from keycloak.exceptions import KeycloakAuthenticationError  # noqa: PLC0415 - heavy

        try:
            connection.get_token()
        except KeycloakAuthenticationError as error:
            raise RefusedError(
                f"Keycloak refuses the login of its service account {client}",
                why=str(error.error_message),
                cure="groundplane apply identity.keycloak makes the account anew with the secret of secrets.yml "
                f"({ADMIN_SECRET}).",
                status=HTTPStatus.UNAUTHORIZED,
            ) from error

    def _patiently(self, work: Callable[[], Any], *, again: bool) -> Any:
        """Waits for a Keycloak that is only just starting: HAProxy's answer instead of it did nothing."""
        from keycloak.exceptions import KeycloakConnectionError  # noqa: PLC0415 - heavy

        until = time.monotonic() + self._patience
        while True:
            over = time.monotonic() > until or self._stopped()
            try:
                return work()
            except _AwayError as error:
                if over:
                    raise FailedError(
                        "Keycloak isn't there",
                        why=f"the load balancer answers {error.status} instead of it",
                        cure=_NO_ANSWER,
                    ) from error
            except KeycloakConnectionError as error:
                away = error.response_code in _AWAY
                if over or not (again or away):
                    raise FailedError("Keycloak can't be asked", why=short(error), cure=_NO_ANSWER) from error
            time.sleep(PAUSE_SECONDS)


class _AwayError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class RealmCalls:
    """Calls within one realm; paths are relative to it, without a slash in front ("" is the realm itself)."""

    def __init__(self, session: Session, realm: str) -> None:
        self.session = session
        self.realm = realm

    def get(self, path: str = "", default: Any = None, **params: str) -> Any:
        """What is there, remembered; `default` where there is no such thing. Not to be changed by who gets it."""
        seen = self.session.remembered(self.realm)
        key = (path, *(f"{name}={value}" for name, value in sorted(params.items())))
        if key not in seen:
            try:
                seen[key] = self.session.call("GET", self._path(path), params=params)[0]
            except RefusedError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
                seen[key] = None
        found = seen[key]
        return default if found is None else found

    def all(self, path: str, **params: str) -> list[dict[str, Any]]:
        """A list; empty where the realm isn't there."""
        found = self.get(path, [], **params)
        return found if isinstance(found, list) else []

    def post(self, path: str, body: Any, **params: str) -> str:
        """The id of what was made, where Keycloak tells it."""
        return str(self._write("POST", path, body, params)[1])

    def ask(self, path: str, body: Any) -> Any:
        """A POST that answers with data."""
        return self._write("POST", path, body, {})[0]

    def put(self, path: str, body: Any = None, **params: str) -> None:
        self._write("PUT", path, body, params)

    def delete(self, path: str, body: Any = None) -> None:
        self._write("DELETE", path, body, {})

    def make(self, body: Mapping[str, Any]) -> None:
        """Makes the realm itself."""
        self.session.forget(self.realm)
        self.session.call("POST", "", body=dict(body))

    def _write(self, method: str, path: str, body: Any, params: Mapping[str, str]) -> tuple[Any, str]:
        self.session.forget(self.realm)
        return self.session.call(method, self._path(path), body=body, params=params)

    def _path(self, path: str) -> str:
        return f"/{quote(self.realm, safe='')}{f'/{path}' if path else ''}"


def part(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")


@contextmanager
def keycloak(
    site: Site,
    *,
    seconds: float = ASK_SECONDS,
    patience: float = 0.0,
    stopped: Callable[[], bool] = lambda: False,
    bootstrap: bool = False,
) -> Iterator[Session]:
    """The site's Keycloak, entered as its service account; TLS is verified with the site's authority.

    Args:
        patience: seconds to wait for one that is only just starting.
        bootstrap: where the account isn't there yet, enter by the temporary one that makes it.

    Raises:
        InputError: the site's options are wrong, or the secrets are closed.
        RefusedError: the login is refused.
        FailedError: Keycloak can't be reached.
    """
    from groundplane.identity.keycloak.connection import VerifiedConnection  # noqa: PLC0415 - heavy
    from groundplane.openstack.transport import https_session  # noqa: PLC0415 - requests is heavy

    url = read_identity(site).url
    word = secret(site, ADMIN_SECRET)
    https = https_session(site_authority(site), addresses(site, url))
    # The load balancer keeps a login's cookie with one member: what is written by one is at once read from the same.
    https.headers["Cookie"] = f"{STICKY_COOKIE}=groundplane-{token_hex(8)}"

    def connect(client: str) -> VerifiedConnection:
        return VerifiedConnection(url, client, word, https=https, seconds=seconds)

    try:
        try:
            session = Session(connect, patience=patience, stopped=stopped)
        except RefusedError:
            if not bootstrap:
                raise
            session = Session(connect, BOOTSTRAP_CLIENT, patience=patience, stopped=stopped)
        yield session
    finally:
        https.close()


def addresses(site: Site, url: str) -> dict[str, str]:
    """Keycloak's name, led to the virtual address that takes connections; nothing where only DNS can tell.

    The machine's DNS may not know the name yet, and a manager may reach the internal address alone.
    """
    from groundplane.openstack.transport import answers  # noqa: PLC0415 - requests is heavy

    where = urlsplit(url)
    variables = SiteVariables(site)
    for kind in ("external", "internal"):
        try:
            address = variables.text(f"kolla_{kind}_vip_address")
        except InputError:
            continue
        if answers(address, where.port or 443, seconds=REACH_SECONDS):
            return {str(where.hostname): address} if address != where.hostname else {}
    return {}


def _said(response: Any) -> str:
    """What Keycloak answered, on one line."""
    try:
        told = response.json()
    except ValueError:
        return f"HTTP {response.status_code}"
    if not isinstance(told, dict):
        return f"HTTP {response.status_code}"
    texts = [str(told[key]) for key in ("errorMessage", "error_description", "error") if told.get(key)]
    several = [str(one.get("errorMessage", one)) for one in told.get("errors") or () if isinstance(one, dict)]
    field = f" (field {told['field']})" if told.get("field") else ""
    return "; ".join(several or texts[:1]) + field or f"HTTP {response.status_code}"


__all__ = ["ADMIN_CLIENT", "BOOTSTRAP_CLIENT", "MASTER", "RealmCalls", "RefusedError", "Session", "keycloak", "part"]
