"""A test's customer made, looked after and removed: in Keycloak and in OpenStack."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.checks.customer import ATTRIBUTE, GROUP, declared
from groundplane.identity.keycloak.session import RefusedError
from groundplane.openstack.api import short, telling
from groundplane.openstack.smoke.account import Account
from groundplane.openstack.smoke.cleaning import clean
from groundplane.openstack.smoke.marks import PREFIX, is_left_over, made_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from openstack.connection import Connection

    from groundplane.identity.checks.customer import SmokeCustomer
    from groundplane.identity.checks.doors import Doors
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.keycloak.session import RealmCalls, Session
    from groundplane.platform.reconcile import Thing

NOT_FOUND = 404
ATTEMPTS, PAUSE_SECONDS = 6, 5.0
"""An API that is away for a moment is asked again, for what was made mustn't be left."""


@dataclass(slots=True)
class Maker:
    """Makes and removes customers of tests.

    Attributes:
        things: what a configuration declares, in Keycloak and in OpenStack, in the order in which it is made.
    """

    session: Session
    cloud: Connection
    doors: Doors
    configuration: IdentityConfiguration
    things: Callable[[IdentityConfiguration], Iterable[Thing]]
    say: Callable[[str], None]
    insisted: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep

    def make(self, customer: SmokeCustomer, description: str) -> None:
        """As the site's own customers are made; then the people's passwords.

        Raises:
            FailedError: Keycloak or Keystone refuse; what was made so far is found by its name.
        """
        with telling("Keystone doesn't take the test's customer"):
            for thing in self.things(declared(self.configuration, customer, description)):
                # The others are the site's own, and other steps' business.
                if customer.name in thing.name and thing.look() is None:
                    thing.make()
                    self.say(f"made {thing.name}")
        realm = self.session.realm(customer.realm)
        for person in (customer.member, customer.outsider):
            self._let_in(realm, person.username, person.password)
        self._make_local(customer)

    def session_count(self, customer: SmokeCustomer) -> int:
        """How many sessions the member has, in its own realm and in the proxy."""
        names = (
            (customer.realm, customer.member.username),
            (self.doors.proxy_realm, customer.proxy_name(customer.member)),
        )
        found = 0
        for realm, name in names:
            calls = self.session.realm(realm)
            self.session.forget(realm)
            for user in calls.all("users", username=name, exact="true"):
                found += len(calls.all(f"users/{user['id']}/sessions"))
        return found

    def remove(self, name: str, seen: Iterable[str] = ()) -> None:
        """All that has the name, the realm at last, so that it is found again where this is broken off.

        Args:
            seen: ids of users that Keystone made.

        Raises:
            FailedError: something is left.
        """
        for attempt in range(ATTEMPTS):
            left = [*self._remove_from_openstack(name, seen), *self._remove_from_keycloak(name)]
            if not left or attempt == ATTEMPTS - 1 or self.insisted():
                break
            self.say(f"asked again after: {left[0]}")
            self.sleep(PAUSE_SECONDS)
        if left:
            raise FailedError(
                f"Not everything of the test's customer {name} could be removed",
                why="; ".join(left),
                cure="Call later: groundplane identity smoke --clean",
            )

    def left_over(self, *, holder: str, now: datetime, all_: bool = False) -> tuple[str, ...]:
        """Names of customers that killed tests left; with `all_` of all, also of one that somebody runs right now."""
        told = {
            str(realm["realm"]): str((realm.get("attributes") or {}).get(ATTRIBUTE, ""))
            for realm in self.session.call("GET", "", params={"briefRepresentation": "false"})[0]
            if str(realm["realm"]).startswith(PREFIX)
        }
        identity: Any = self.cloud.identity
        for domain in identity.domains():
            if domain.name.startswith(PREFIX):
                told.setdefault(domain.name, domain.description or "")
        return tuple(
            name
            for name, said in sorted(told.items())
            if made_at(name) is not None and (all_ or is_left_over(name, said, holder=holder, now=now))
        )

    # Keycloak

    def _let_in(self, realm: RealmCalls, username: str, password: str) -> None:
        """Sets a password, and asks nothing more of the person."""
        user = next(iter(realm.all("users", username=username, exact="true")), None)
        if user is None:
            raise FailedError(f"Keycloak hasn't made the user {username}")
        realm.put(f"users/{user['id']}", {**user, "requiredActions": []})
        realm.put(f"users/{user['id']}/reset-password", {"type": "password", "value": password, "temporary": False})

    def _make_local(self, customer: SmokeCustomer) -> None:
        person, factor = customer.local, customer.factor
        password = {"type": "password", "value": person.password, "temporary": False}
        self.session.realm(self.doors.proxy_realm).post(
            "users",
            {
                "username": person.username,
                "enabled": True,
                "email": f"{person.username}@{customer.name}.invalid",
                "emailVerified": True,
                "firstName": "Smoke",
                "lastName": "Test",
                "requiredActions": [],
                "attributes": {
                    self.doors.domain_claim: [customer.domain],
                    self.doors.groups_claim: [GROUP],
                },
                "credentials": [password, *([factor.credential()] if factor is not None else [])],
            },
        )

    def _remove_from_keycloak(self, name: str) -> list[str]:
        proxy = self.session.realm(self.doors.proxy_realm)
        self.session.forget(self.doors.proxy_realm)
        left: list[str] = []
        with _noting(left, "people in the proxy realm"):
            people = proxy.all("users", search=f"{name}.", max="1000")
            for person in people:
                if str(person.get("username", "")).startswith(f"{name}."):
                    proxy.delete(f"users/{person['id']}")
                    self.say(f"removed {person['username']} from {self.doors.proxy_realm}")
        with _noting(left, "identity provider in the proxy realm"):
            proxy.delete(f"identity-provider/instances/{name}")
        with _noting(left, f"realm {name}"):
            self.session.realm(name).delete("")
            self.say(f"removed realm {name}")
        return left

    # OpenStack

    def _remove_from_openstack(self, name: str, seen: Iterable[str]) -> list[str]:
        from keystoneauth1.exceptions import ClientException  # noqa: PLC0415 - heavy
        from openstack.exceptions import SDKException  # noqa: PLC0415

        identity: Any = self.cloud.identity
        left: list[str] = []
        try:
            domain = identity.find_domain(name)
            for user in {*seen, *(one.id for one in (identity.users(domain_id=domain.id) if domain else ()))}:
                identity.delete_user(user)
            if domain is None:
                return left
            for project in identity.projects(domain_id=domain.id):
                remains = clean(self.cloud, Account(project.name, project.id, ""), say=self.say, insisted=self.insisted)
                left += remains.lines
            # Keystone deletes no domain that is enabled.
            identity.update_domain(domain, is_enabled=False)
            identity.delete_domain(domain)
            self.say(f"removed domain {name}")
        except (SDKException, ClientException) as error:
            left.append(f"domain {name}: {short(error)}")
        return left


@contextmanager
def _noting(left: list[str], what: str) -> Iterator[None]:
    """What isn't there needs no removal; what can't be removed is noted."""
    try:
        yield
    except RefusedError as error:
        if error.status != NOT_FOUND:
            left.append(f"{what}: {error.why}")
    except FailedError as error:
        left.append(f"{what}: {error.why or error.what}")
