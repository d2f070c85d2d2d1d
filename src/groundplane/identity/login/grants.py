"""How people and programs get tokens: OAuth 2.0's grants at an OpenID Connect provider.

Sources: RFC 6749 (password, code, refresh), RFC 7636 (PKCE), RFC 8628 (device), OpenID Connect Discovery 1.0 and
RP-Initiated Logout 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.login.asking import WELL, RefusedError
from groundplane.identity.login.tokens import Tokens, read_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.identity.login.asking import Asker
    from groundplane.identity.login.tokens import Key

DISCOVERY = "/.well-known/openid-configuration"
PASSWORD = "password"  # noqa: S105 - a grant's name
REFRESH = "refresh_token"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid"
PENDING = ("authorization_pending", "slow_down")


@dataclass(frozen=True, slots=True)
class Provider:
    """What a realm's discovery document says; `data` is all of it."""

    issuer: str
    token: str
    authorization: str
    device: str
    end_session: str
    keys: str
    userinfo: str
    grants: tuple[str, ...]
    challenges: tuple[str, ...]
    """Methods of PKCE."""
    data: Mapping[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A login that waits for a person: `url` is to be opened, with the `user_code` in it.

    Attributes:
        interval: seconds between two questions whether it has happened.
    """

    url: str
    user_code: str
    code: str = field(repr=False)
    verifier: str = field(repr=False)
    interval: float = 5.0
    seconds: float = 600.0


def discover(asker: Asker, issuer: str) -> Provider:
    """The discovery document.

    Raises:
        FailedError: it isn't there, or speaks of another issuer: Keystone would refuse its tokens.
    """
    what = f"The identity provider {issuer} doesn't say how to log in"
    data = asker.data(what, asker.send("GET", f"{issuer}{DISCOVERY}"))
    said = str(data.get("issuer"))
    if said != issuer:
        raise FailedError(
            f"{issuer} calls itself {said}",
            why="Keystone compares the names letter by letter",
            cure="identity_fqdn, identity_port and Keycloak's hostname have to agree: groundplane apply identity",
        )
    return Provider(
        issuer=said,
        token=str(data.get("token_endpoint", "")),
        authorization=str(data.get("authorization_endpoint", "")),
        device=str(data.get("device_authorization_endpoint", "")),
        end_session=str(data.get("end_session_endpoint", "")),
        keys=str(data.get("jwks_uri", "")),
        userinfo=str(data.get("userinfo_endpoint", "")),
        grants=tuple(data.get("grant_types_supported", ())),
        challenges=tuple(data.get("code_challenge_methods_supported", ())),
        data=data,
    )


def fetch_keys(asker: Asker, provider: Provider) -> tuple[Key, ...]:
    """Raises FailedError: the key set isn't there, or is empty."""
    what = f"The identity provider's keys aren't at {provider.keys}"
    found = read_keys(asker.data(what, asker.send("GET", provider.keys)))
    if not found:
        raise FailedError(what, why="the set is empty")
    return found


@dataclass(frozen=True, slots=True)
class Client:
    """A client of a realm, as which tokens are asked for; a public one has no secret.

    Each method raises RefusedError where the provider says no, and FailedError where it is broken or away.
    """

    asker: Asker
    provider: Provider
    id: str
    secret: str = field(default="", repr=False)

    def password(self, username: str, password: str, one_time: str = "") -> Tokens:
        """With a one-time password where the realm demands one."""
        words = {"grant_type": PASSWORD, "username": username, "password": password, "scope": SCOPE}
        return self._tokens({**words, **({"totp": one_time} if one_time else {})})

    def refresh(self, tokens: Tokens) -> Tokens:
        return self._tokens({"grant_type": REFRESH, "refresh_token": tokens.refresh})

    def start_device(self) -> DeviceCode:
        """Begins a login by device; somebody opens its address, meanwhile `device` is asked."""
        verifier = new_verifier()
        answer = self.asker.send("POST", self.provider.device, form=self._own({"scope": SCOPE, **challenge(verifier)}))
        data = self.asker.data("A login by device can't be begun", answer)
        return DeviceCode(
            url=str(data.get("verification_uri_complete") or data["verification_uri"]),
            user_code=str(data["user_code"]),
            code=str(data["device_code"]),
            verifier=verifier,
            interval=float(data.get("interval", 5)),
            seconds=float(data.get("expires_in", 600)),
        )

    def device(self, device: DeviceCode) -> Tokens | None:
        """The tokens; None as long as nobody has said yes."""
        words = {"grant_type": DEVICE, "device_code": device.code, "code_verifier": device.verifier}
        try:
            return self._tokens(words)
        except RefusedError as error:
            if error.code in PENDING:
                return None
            raise

    def userinfo(self, tokens: Tokens) -> dict[str, Any]:
        answer = self.asker.send("GET", self.provider.userinfo, headers={"Authorization": f"Bearer {tokens.access}"})
        found: dict[str, Any] = self.asker.data("The provider doesn't say who logged in", answer)
        return found

    def log_out(self, tokens: Tokens) -> None:
        """Ends the session behind the tokens, from program to program."""
        answer = self.asker.send("POST", self.provider.end_session, form=self._own({"refresh_token": tokens.refresh}))
        if answer.status_code not in WELL:
            self.asker.data("The session can't be ended", answer)

    def _tokens(self, words: Mapping[str, str]) -> Tokens:
        answer = self.asker.send("POST", self.provider.token, form=self._own(words))
        data = self.asker.data(f"The provider gives {self.id} no token", answer)
        return Tokens(
            access=str(data["access_token"]),
            refresh=str(data.get("refresh_token", "")),
            identity=str(data.get("id_token", "")),
            seconds=float(data.get("expires_in", 0)),
            refresh_seconds=float(data.get("refresh_expires_in", 0)),
        )

    def _own(self, words: Mapping[str, str]) -> dict[str, str]:
        return {"client_id": self.id, **({"client_secret": self.secret} if self.secret else {}), **words}


def new_verifier() -> str:
    """RFC 7636, 4.1: 43 to 128 characters."""
    return secrets.token_urlsafe(48)


def challenge(verifier: str) -> dict[str, str]:
    """RFC 7636, 4.2, by S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return {
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
