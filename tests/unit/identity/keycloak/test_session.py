"""Calls of Keycloak's API: what is remembered, what is tried again, what is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from keycloak import KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError
from requests import Response

from groundplane.errors import FailedError, InputError
from groundplane.identity.keycloak import session as module
from groundplane.identity.keycloak.session import ADMIN_CLIENT, RefusedError, Session, addresses, keycloak

from .conftest import Office  # noqa: TC001

if TYPE_CHECKING:
    from groundplane.identity.keycloak.connection import VerifiedConnection


def answer(status: int, data: Any = None, **headers: str) -> Response:
    made = Response()
    made.status_code = status
    made._content = b"" if data is None else json.dumps(data).encode()
    made.headers.update(headers)
    return made


class Wire(KeycloakOpenIDConnection):
    """Answers one after another; the last one for good."""

    def __init__(self, *answers: Response | Exception, refused: tuple[str, ...] = ()) -> None:
        super().__init__("https://sso/", client_id=ADMIN_CLIENT, client_secret_key="s")
        self.answers = list(answers)
        self.asked: list[str] = []
        self.logins: list[str] = []
        self.refused = refused

    def connect(self, client: str) -> VerifiedConnection:
        self.client = client
        return self  # type: ignore[return-value]

    def get_token(self) -> None:
        if self.client in self.refused:
            raise KeycloakAuthenticationError("Invalid client", 401)
        self.logins.append(self.client)

    def _next(self, method: str, path: str) -> Response:
        self.asked.append(f"{method} {path}")
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def raw_get(self, path: str, **_: Any) -> Response:
        return self._next("GET", path)

    def raw_post(self, path: str, data: Any, **_: Any) -> Response:
        return self._next("POST", path)

    def raw_put(self, path: str, data: Any, **_: Any) -> Response:
        return self._next("PUT", path)

    def raw_delete(self, path: str, data: Any = None, **_: Any) -> Response:
        return self._next("DELETE", path)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)


def test_a_list_is_asked_for_once_until_something_is_written() -> None:
    wire = Wire(answer(200, [{"name": "a"}]), answer(201, Location="https://sso/x/clients/17"), answer(200, []))
    realm = Session(wire.connect).realm("acme corp")
    assert realm.all("clients") == realm.all("clients") == [{"name": "a"}]
    assert realm.post("clients", {}) == "17"
    assert realm.all("clients") == []
    assert wire.asked == [f"{method} admin/realms/acme%20corp/clients" for method in ("GET", "POST", "GET")]


def test_what_isnt_there_is_nothing_and_not_an_error() -> None:
    wire = Wire(answer(404, {"error": "Realm not found."}))
    realm = Session(wire.connect).realm("acme")
    assert realm.get() is None
    assert realm.all("clients") == []
    assert len(wire.asked) == 2


def test_what_keycloak_says_is_told() -> None:
    wire = Wire(answer(400, {"errors": [{"errorMessage": "too short"}, {"errorMessage": "no digit"}]}))
    with pytest.raises(RefusedError) as caught:
        Session(wire.connect).realm("acme").put("users/1", {})
    assert caught.value.why == "too short; no digit (PUT /acme/users/1)"
    wire = Wire(answer(409, {"errorMessage": "User exists with same email", "field": "email"}))
    with pytest.raises(RefusedError, match="refuses") as caught:
        Session(wire.connect).realm("acme").post("users", {})
    assert caught.value.why == "User exists with same email (field email) (POST /acme/users)"


def test_a_realm_that_is_younger_than_the_token_needs_another_one() -> None:
    wire = Wire(answer(403, {"error": "HTTP 403 Forbidden"}), answer(200, {"realm": "acme"}))
    session = Session(wire.connect)
    assert session.realm("acme").get() == {"realm": "acme"}
    assert wire.logins == [ADMIN_CLIENT, ADMIN_CLIENT]


def test_the_load_balancers_answer_is_waited_out_and_then_told() -> None:
    wire = Wire(answer(503), answer(200, []))
    assert Session(wire.connect, patience=5).realm("acme").all("clients") == []
    with pytest.raises(FailedError, match="isn't there") as caught:
        Session(Wire(answer(503)).connect).realm("acme").all("clients")
    assert "503" in caught.value.why
    assert "groundplane" in caught.value.cure


def test_what_may_have_been_done_is_not_done_again() -> None:
    gone = KeycloakConnectionError("Can't connect to server (reset)")
    wire = Wire(gone, answer(201))
    with pytest.raises(FailedError, match="can't be asked"):
        Session(wire.connect, patience=5).realm("acme").post("clients", {})
    assert Session(Wire(gone, answer(200, [])).connect, patience=5).realm("acme").all("clients") == []


def test_a_login_that_is_refused_names_the_account_and_the_cure() -> None:
    wire = Wire(answer(200), refused=(ADMIN_CLIENT,))
    with pytest.raises(RefusedError, match="refuses the login of its service account groundplane") as caught:
        Session(wire.connect)
    assert "groundplane apply identity.keycloak" in caught.value.cure


def test_the_temporary_account_is_entered_by_where_it_may_be(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(answer(200, []), refused=(ADMIN_CLIENT,))
    from groundplane.identity.keycloak import connection  # noqa: PLC0415

    cookies: list[str] = []

    def connected(_: str, client: str, *__: object, https: Any, **___: object) -> VerifiedConnection:
        cookies.append(https.headers["Cookie"])
        return wire.connect(client)

    monkeypatch.setattr(connection, "VerifiedConnection", connected)
    monkeypatch.setattr(module, "addresses", lambda *_: {})
    with keycloak(office.site, bootstrap=True) as session:
        assert session.client == "groundplane-bootstrap"
    assert len({*cookies}) == 1
    assert cookies[0].startswith("AUTH_SESSION_ID=")
    with pytest.raises(RefusedError), keycloak(office.site):
        pass
    office.secrets.pop("keycloak_admin_client_secret")
    with pytest.raises(InputError, match="keycloak_admin_client_secret"), keycloak(office.site):
        pass


def test_names_lead_to_the_virtual_address_that_answers(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from groundplane.openstack import transport  # noqa: PLC0415

    there = ["172.31.0.6"]
    monkeypatch.setattr(transport, "answers", lambda address, port, **_: port == 8443 and address in there)
    assert addresses(office.site, "https://sso.example:8443") == {"sso.example": "172.31.0.6"}
    assert addresses(office.site, "https://172.31.0.6:8443") == {}
    there[:] = ["172.31.0.5"]
    assert addresses(office.site, "https://sso.example:8443") == {"sso.example": "172.31.0.5"}
    there.clear()
    assert addresses(office.site, "https://sso.example:8443") == {}
