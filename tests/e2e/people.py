"""The people of a lab's customers, who log in past Groundplane's own checks."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import yaml

from groundplane.identity.login.asking import Asker
from groundplane.identity.login.browser import Browser
from groundplane.identity.login.dashboard import Dashboard
from groundplane.identity.login.forms import Person, log_in
from groundplane.identity.login.grants import Client, discover
from groundplane.identity.login.keystone import Federation
from groundplane.openstack.transport import https_session

if TYPE_CHECKING:
    from groundplane.identity.login.keystone import KeystoneToken
    from groundplane.identity.login.tokens import Tokens
    from tests.e2e.cloud import Cloud

REALMS = "environments/identity/realms"
PROXY = "cloud"
ADMIN_CLIENT, ADMIN_SECRET = "groundplane", "keycloak_admin_client_secret"
CHOICE = "keycloak_openid"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as its realm file has it, and one of its people who may use a project."""

    realm: str
    domain: str
    project: str
    roles: tuple[str, ...]
    person: Person


class Identity:
    """The lab's Keycloak, Keystone and Horizon."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.url = f"https://{cloud.vip}:8443"
        self.dashboard = f"https://{cloud.vip}/"
        self.authority = (cloud.lab.site / "certificates" / "ca.crt").read_text(encoding="utf-8")

    def customer(self, realm: str) -> Customer:
        """The first of its people who is in a group with a role on a project."""
        file = self.cloud.lab.site / REALMS / f"{realm}.yml"
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        for user in data["users"]:
            for group in data["groups"]:
                granted = [one for one in group.get("openstack", ()) if one.get("project")]
                if group["name"] in user.get("groups", ()) and granted:
                    secret = str(user["password"]).strip("{} ")
                    return Customer(
                        realm,
                        data.get("domain", realm),
                        granted[0]["project"],
                        tuple(one["role"] for one in granted if one["project"] == granted[0]["project"]),
                        Person(user["username"], self.cloud.secrets()[secret]),
                    )
        raise AssertionError(f"nobody in {file} may use a project")

    def asker(self) -> Asker:
        """Somebody at a machine of their own."""
        return Asker(https_session(self.authority, {}))

    def client(self, name: str = "openstack-cli", realm: str = PROXY) -> Client:
        asker = self.asker()
        return Client(asker, discover(asker, f"{self.url}/realms/{realm}"), name)

    def by_device(self, customer: Customer) -> tuple[Client, Tokens]:
        """The command line's tokens, after the person has said yes in a browser."""
        client = self.client()
        device = client.start_device()
        browser = Browser(self.asker())
        log_in(browser, browser.open(device.url), customer.person, keycloak=self.url, provider=customer.realm)
        until = time.monotonic() + 60
        while (tokens := client.device(device)) is None:
            assert time.monotonic() < until, "nobody let the device in"
            time.sleep(device.interval)
        return client, tokens

    def keystone(self) -> Federation:
        return Federation(self.asker(), f"https://{self.cloud.vip}:5000/v3", "keycloak")

    def scoped(self, customer: Customer, tokens: Tokens) -> KeystoneToken:
        keystone = self.keystone()
        return keystone.scope(keystone.enter(tokens.access), customer.project, customer.domain)

    def horizon(self) -> Dashboard:
        return Dashboard(Browser(self.asker()), self.dashboard, CHOICE, self.url)

    # As the administrator in Keycloak's console

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the Admin REST API, below /admin/realms."""
        words = {
            "grant_type": "client_credentials",
            "client_id": ADMIN_CLIENT,
            "client_secret": self.cloud.secrets()[ADMIN_SECRET],
        }
        token = self._send(
            Request(  # noqa: S310 - https, to the lab
                f"{self.url}/realms/master/protocol/openid-connect/token", data=urlencode(words).encode()
            )
        )["access_token"]
        return self._send(
            Request(  # noqa: S310
                f"{self.url}/admin/realms{path}",
                data=None if body is None else json.dumps(body).encode(),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                method=method,
            )
        )

    def realms(self) -> set[str]:
        return {one["realm"] for one in self.admin("GET", "")}

    def domains(self) -> set[str]:
        return {one["name"] for one in self.cloud.list("identity", "/v3/domains")}

    def users(self) -> set[str]:
        """Of Keystone, those that federation made included; by id."""
        return {one["id"] for one in self.cloud.list("identity", "/v3/users")}

    def answers(self) -> bool:
        try:
            self._send(Request(f"{self.url}/realms/{PROXY}"))  # noqa: S310
        except OSError:
            return False
        return True

    def _send(self, request: Request) -> Any:
        with urlopen(request, context=self.cloud.trust, timeout=30) as answer:  # noqa: S310
            said = answer.read()
        return json.loads(said) if said else None
