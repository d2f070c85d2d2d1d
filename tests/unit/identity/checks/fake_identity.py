"""A Keycloak with a proxy realm and a customer's, a Keystone and a Horizon, as far as a login test asks them.

What goes wrong is chosen by `faults`, names of which are in `FAULTS`.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from groundplane.identity.checks.doors import Doors
from groundplane.identity.login.grants import DEVICE
from tests.unit.identity.login.fake_web import Asked, FakeWeb, Said, leads_to
from tests.unit.identity.login.signing import key_set, token

if TYPE_CHECKING:
    from groundplane.identity.checks.customer import SmokeCustomer
    from groundplane.identity.login.asking import Asker

KEYCLOAK, PROXY = "https://id.test:8443", "cloud"
AUTH, HORIZON = "https://cloud.test:5000/v3", "https://cloud.test/"
FAULTS = frozenset(
    {
        "any group",  # Keystone lets people without a group in
        "any realm",  # Keystone takes tokens of every realm
        "any password",  # Keycloak takes every password
        "no logout",  # sessions stay
        "half a logout",  # the customer's own realm keeps its session
        "other role",  # the mapping gives another role
        "other domain",  # the token says another domain
        "clock",  # Keycloak's is two minutes ahead
        "long",  # sessions of a week
        "no device",  # the provider doesn't offer the device grant
        "no horizon login",  # Keystone doesn't hand over to Horizon
    }
)


@dataclass(slots=True)
class FakeIdentity:
    customer: SmokeCustomer
    faults: set[str] = field(default_factory=set)
    web: FakeWeb = field(default_factory=FakeWeb)
    sessions: dict[str, str] = field(default_factory=dict)
    """Refresh token to who has it."""
    devices: dict[str, str] = field(default_factory=dict)
    """Device code to who let it in."""
    dashboard: str = ""
    """Who is logged in to Horizon."""
    left: bool = False
    """Whether somebody logged out there."""
    password_grant: bool = True
    unscoped: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        assert self.faults <= FAULTS
        for realm in (PROXY, self.customer.realm):
            self._realm(realm)
        self._keystone()
        self._horizon()

    def doors(self, *, horizon: bool = True) -> Doors:
        doors = Doors(
            keycloak=KEYCLOAK,
            proxy_realm=PROXY,
            auth_url=AUTH,
            provider="keycloak",
            dashboard=HORIZON if horizon else "",
            password_grant=self.password_grant,
        )
        web = self.web

        class Here(Doors):
            __slots__ = ()

            def asker(self) -> Asker:
                return web.asker()

        return Here(**{name: getattr(doors, name) for name in Doors.__dataclass_fields__})

    def session_count(self) -> int:
        # One in the proxy, one in the customer's own realm.
        return 2 * sum(who == self.customer.member.username for who in self.sessions.values())

    # Keycloak

    def _realm(self, realm: str) -> None:
        issuer = f"{KEYCLOAK}/realms/{realm}"
        base = f"{issuer}/protocol/openid-connect"
        grants = ["authorization_code", "password", "refresh_token"]
        document = {
            "issuer": issuer,
            "token_endpoint": f"{base}/token",
            "authorization_endpoint": f"{base}/auth",
            "device_authorization_endpoint": f"{base}/auth/device",
            "end_session_endpoint": f"{base}/logout",
            "jwks_uri": f"{base}/certs",
            "userinfo_endpoint": f"{base}/userinfo",
            "grant_types_supported": grants + ([] if "no device" in self.faults else [DEVICE]),
            "code_challenge_methods_supported": ["S256"],
        }
        on = self.web.on
        on[f"GET {issuer}/.well-known/openid-configuration"] = lambda _: Said(document)
        on[f"GET {base}/certs"] = lambda _: Said(key_set())
        on[f"POST {base}/token"] = lambda asked: self._token(realm, asked)
        on[f"POST {base}/logout"] = self._log_out
        on[f"POST {base}/auth/device"] = self._start_device
        on[f"GET {issuer}/device"] = lambda asked: self._first_page(f"device={asked.query['user_code']}")
        on[f"GET {base}/auth"] = lambda _: self._first_page("horizon=1")
        on[f"GET {issuer}/broker/{self.customer.realm}/login"] = lambda asked: leads_to(
            f"{KEYCLOAK}/realms/{self.customer.realm}/login?{asked.url.partition('?')[2]}"
        )(asked)
        on[f"GET {issuer}/login"] = self._customers_page
        on[f"POST {issuer}/login"] = self._typed

    def _first_page(self, what: str) -> Said:
        """The proxy realm's, on which the customer is hidden."""
        return Said(
            f'<h1>Sign in</h1><form id="kc-form-login" method="post" action="{KEYCLOAK}/realms/{PROXY}/login?{what}">'
            '<input name="username"><input name="password" type="password"></form>'
        )

    def _customers_page(self, asked: Asked) -> Said:
        if "half a logout" in self.faults and "horizon" in asked.query and self.left:
            return leads_to(HORIZON)(asked)
        return self._login_page(asked.url.partition("?")[2])

    def _login_page(self, what: str, more: str = "") -> Said:
        return Said(
            f'<h1>Sign in</h1><form id="kc-form-login" method="post" '
            f'action="{KEYCLOAK}/realms/{self.customer.realm}/login?{what}"><input name="username">'
            f'<input name="password" type="password"></form>{more}'
        )

    def _typed(self, asked: Asked) -> Said:
        who, what = asked.fields["username"], asked.query
        if not self._knows(who, asked.fields["password"]):
            return self._login_page(asked.url.partition("?")[2], '<b id="input-error">Invalid password.</b>')
        if "device" in what:
            self.devices[what["device"]] = who
            return Said("<h1>Device Login Successful</h1>")
        if "no horizon login" in self.faults:
            return leads_to(f"{HORIZON}auth/login/")(asked)
        self.dashboard = who
        self._new_session(who)
        return leads_to(HORIZON)(asked)

    def _knows(self, who: str, password: str) -> bool:
        people = (self.customer.member, self.customer.outsider, self.customer.local)
        return "any password" in self.faults or any((one.username, one.password) == (who, password) for one in people)

    def _start_device(self, _: Asked) -> Said:
        self._count += 1
        code = f"code{self._count}"
        return Said(
            {
                "device_code": code,
                "user_code": code,
                "verification_uri": f"{KEYCLOAK}/realms/{PROXY}/device",
                "verification_uri_complete": f"{KEYCLOAK}/realms/{PROXY}/device?user_code={code}",
                "interval": 0,
            }
        )

    def _token(self, realm: str, asked: Asked) -> Said:
        given = asked.fields
        kind = given["grant_type"]
        if kind == "password":
            if not self.password_grant and given["client_id"] == "openstack-cli":
                return Said({"error": "unauthorized_client", "error_description": "not allowed"}, 400)
            if not self._knows(given["username"], given["password"]):
                return Said({"error": "invalid_grant", "error_description": "Invalid user credentials"}, 401)
            return self._tokens(realm, given["client_id"], given["username"])
        if kind == DEVICE:
            who = self.devices.get(given["device_code"])
            return (
                self._tokens(realm, given["client_id"], who) if who else Said({"error": "authorization_pending"}, 400)
            )
        who = self.sessions.pop(given["refresh_token"], "")
        if not who:
            return Said({"error": "invalid_grant", "error_description": "Session not active"}, 400)
        return self._tokens(realm, given["client_id"], who)

    def _tokens(self, realm: str, client: str, who: str) -> Said:
        customer = self.customer
        issuer = f"{KEYCLOAK}/realms/{realm}"
        ahead = 120 if "clock" in self.faults else 0
        named = who if who == customer.local.username else f"{customer.name}.{who}"
        said: dict[str, Any] = {
            "iss": issuer,
            "iat": time.time() + ahead,
            "preferred_username": named,
            "aud": ["keystone"] if client == "openstack-cli" else [],
            "openstack-domain": "Default" if "other domain" in self.faults else customer.domain,
            "openstack-groups": [] if who == customer.outsider.username else [customer.group],
        }
        access = token(**said)
        lasts = 604800 if "long" in self.faults else 1800
        return Said(
            {
                "access_token": access,
                "refresh_token": self._new_session(who),
                "expires_in": 300,
                "refresh_expires_in": lasts,
            }
        )

    def _new_session(self, who: str) -> str:
        self._count += 1
        self.sessions[f"refresh{self._count}"] = who
        return f"refresh{self._count}"

    def _log_out(self, asked: Asked) -> Said:
        if "no logout" not in self.faults:
            self.sessions.pop(asked.fields["refresh_token"], None)
        return Said(status=204)

    # Keystone

    def _keystone(self) -> None:
        door = f"{AUTH}/OS-FEDERATION/identity_providers/keycloak/protocols/openid/auth"
        self.web.on[f"POST {door}"] = self._enter
        self.web.on[f"GET {AUTH}/auth/projects"] = lambda _: Said(
            {"projects": [{"name": self.customer.project, "id": "p"}]}
        )
        self.web.on[f"POST {AUTH}/auth/tokens"] = self._scope
        self.web.on[f"DELETE {AUTH}/auth/tokens"] = lambda _: Said(status=204)

    def _enter(self, asked: Asked) -> Said:
        from groundplane.identity.login.tokens import claims  # noqa: PLC0415

        said = claims(asked.headers["Authorization"].removeprefix("Bearer "))
        at_home = said["iss"] == f"{KEYCLOAK}/realms/{PROXY}" and said["aud"] == ["keystone"]
        if not (at_home or "any realm" in self.faults) or not (said["openstack-groups"] or "any group" in self.faults):
            return Said({"error": {"message": "Unauthorized", "code": 401}}, 401)
        self._count += 1
        self.unscoped[f"token{self._count}"] = said["preferred_username"]
        return Said(self._told(said["preferred_username"]), 201, {"X-Subject-Token": f"token{self._count}"})

    def _scope(self, asked: Asked) -> Said:
        body = json.loads(asked.body)["auth"]
        who = self.unscoped[body["identity"]["token"]["id"]]
        roles = ["admin"] if "other role" in self.faults else ["member", "reader"]
        told = self._told(who, project=body["scope"]["project"], roles=[{"name": name} for name in roles])
        return Said(told, 201, {"X-Subject-Token": "scoped"})

    def _told(self, who: str, **more: Any) -> dict[str, Any]:
        user = {"id": f"id-{who}", "name": who, "domain": {"name": self.customer.domain}}
        expires = (datetime.now(UTC) + timedelta(hours=4)).isoformat()
        return {"token": {"user": user, "methods": ["openid"], "expires_at": expires, **more}}

    # Horizon

    def _horizon(self) -> None:
        on = self.web.on
        form = (
            '<form method="post" action="/auth/login/"><select name="auth_type"><option value="credentials" selected>'
        )
        on[f"GET {HORIZON}auth/login/"] = lambda _: Said(form + "</select></form>")
        on[f"POST {HORIZON}auth/login/"] = self._choose
        on[f"GET {HORIZON}"] = lambda _: self._page()
        on[f"GET {HORIZON}project/"] = lambda asked: self._page() if self.dashboard else leads_to("/auth/login/")(asked)
        on[f"POST {HORIZON}auth/logout/"] = self._leave

    def _choose(self, asked: Asked) -> Said:
        assert asked.fields["auth_type"] == "keycloak_openid"
        if self.dashboard:
            return leads_to(HORIZON)(asked)
        return leads_to(f"{KEYCLOAK}/realms/{PROXY}/protocol/openid-connect/auth")(asked)

    def _page(self) -> Said:
        customer = self.customer
        return Said(
            f"<h1>Overview</h1>{customer.domain} {customer.project} {customer.name}.{self.dashboard}"
            '<form method="post" action="/auth/logout/"><input type="hidden" name="csrfmiddlewaretoken"></form>'
        )

    def _leave(self, asked: Asked) -> Said:
        if "no logout" not in self.faults:
            self.dashboard = ""
            self.sessions = {}
            self.left = True
        return leads_to("/auth/login/")(asked)
