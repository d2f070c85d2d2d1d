"""Keystone for people whom an identity provider knows: their token becomes one of the cloud's.

Source: Keystone's API reference, OS-FEDERATION and v3/auth/tokens; the paths are those that keystoneauth's plugins
v3oidc* ask.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from groundplane.identity.login.asking import Asker

PROTOCOL = "openid"


@dataclass(frozen=True, slots=True)
class KeystoneToken:
    """A token of the cloud's. Without a project it is unscoped, or for a domain (in `data`).

    Attributes:
        roles: names, in their order.
        methods: how its holder proved who they are.
    """

    id: str = field(repr=False)
    user: str
    user_id: str
    user_domain: str
    project: str = ""
    project_domain: str = ""
    roles: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    expires: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Federation:
    """A cloud's Keystone and the provider that it trusts, by the name that Keystone has for it.

    Each method raises RefusedError where Keystone says no, and FailedError where it is broken or away.
    """

    asker: Asker
    auth_url: str
    """With /v3."""
    provider: str
    protocol: str = PROTOCOL

    @property
    def door(self) -> str:
        """Where a provider's access token is shown."""
        return f"{self.auth_url}/OS-FEDERATION/identity_providers/{self.provider}/protocols/{self.protocol}/auth"

    @property
    def web_door(self) -> str:
        """Where a dashboard sends people to log in."""
        name, protocol = self.provider, self.protocol
        return f"{self.auth_url}/auth/OS-FEDERATION/identity_providers/{name}/protocols/{protocol}/websso"

    def enter(self, access: str) -> KeystoneToken:
        """The unscoped token for a provider's access token."""
        answer = self.asker.send("POST", self.door, headers={"Authorization": f"Bearer {access}"})
        return self._token("Keystone doesn't take the provider's token", answer)

    def projects(self, token: KeystoneToken) -> tuple[tuple[str, str], ...]:
        """(name, id) of the projects that the token may be scoped to."""
        answer = self.asker.send("GET", f"{self.auth_url}/auth/projects", headers=_with(token))
        data = self.asker.data("Keystone doesn't say which projects there are", answer)
        return tuple((str(one["name"]), str(one["id"])) for one in data["projects"])

    def scope(self, token: KeystoneToken, project: str, domain: str) -> KeystoneToken:
        """The token for a project, both by name."""
        return self._scoped(token, {"project": {"name": project, "domain": {"name": domain}}}, f"the project {project}")

    def holds(self, token: KeystoneToken) -> bool:
        """Whether Keystone still takes a token."""
        answer = self.asker.send("GET", f"{self.auth_url}/auth/tokens", headers={**_with(token), **_about(token)})
        if answer.status_code in (401, 404):
            return False
        self.asker.data("Keystone doesn't say what a token is worth", answer)
        return True

    def revoke(self, token: KeystoneToken) -> None:
        self.asker.send("DELETE", f"{self.auth_url}/auth/tokens", headers={**_with(token), **_about(token)})

    def _scoped(self, token: KeystoneToken, scope: Mapping[str, Any], whither: str) -> KeystoneToken:
        body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token.id}}, "scope": scope}}
        answer = self.asker.send("POST", f"{self.auth_url}/auth/tokens", json=body)
        return self._token(f"Keystone gives {token.user} no token for {whither}", answer)

    def _token(self, what: str, answer: requests.Response) -> KeystoneToken:
        return read_token(answer.headers.get("X-Subject-Token", ""), self.asker.data(what, answer))


def read_token(id_: str, data: Mapping[str, Any]) -> KeystoneToken:
    """The answer's body of a request for a token."""
    token = data["token"]
    user, project = token["user"], token.get("project") or {}
    return KeystoneToken(
        id=id_,
        user=str(user.get("name", "")),
        user_id=str(user.get("id", "")),
        user_domain=str(user.get("domain", {}).get("name", "")),
        project=str(project.get("name", "")),
        project_domain=str(project.get("domain", {}).get("name", "")),
        roles=tuple(sorted(str(role["name"]) for role in token.get("roles", ()))),
        methods=tuple(token.get("methods", ())),
        expires=str(token.get("expires_at", "")),
        data=token,
    )


def _with(token: KeystoneToken) -> dict[str, str]:
    return {"X-Auth-Token": token.id}


def _about(token: KeystoneToken) -> dict[str, str]:
    return {"X-Subject-Token": token.id}
