"""Everything inside Keycloak that a site declares (step identity.realms)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.identity.configuration import MASTER
from groundplane.identity.keycloak.administration import Administration
from groundplane.identity.keycloak.brokering import BROKER, broker_client, customer_provider, groups_scope
from groundplane.identity.keycloak.client_scopes import ClientScopes
from groundplane.identity.keycloak.clients import Clients
from groundplane.identity.keycloak.flows import Flows, browser_flow, direct_grant_flow, first_login_flow
from groundplane.identity.keycloak.groups import Groups
from groundplane.identity.keycloak.identity_providers import IdentityProviders, upstream
from groundplane.identity.keycloak.proxy import (
    GUARDED,
    NO_MORE_ROLES,
    openstack_scope,
    proxy_clients,
    proxy_fields,
    proxy_realm,
)
from groundplane.identity.keycloak.realm_settings import RealmSettings
from groundplane.identity.keycloak.required_actions import DefaultRoles, RequiredActions
from groundplane.identity.keycloak.roles import Roles
from groundplane.identity.keycloak.user_federation import UserFederation
from groundplane.identity.keycloak.user_profile import UserProfile
from groundplane.identity.keycloak.users import Users
from groundplane.identity.keycloak.work import RealmWork, by_name, realm_name
from groundplane.platform.reconcile import Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.keycloak.session import Session
    from groundplane.identity.options import Realm
    from groundplane.platform.reconcile import Kind
    from groundplane.site.site import Site

OFFBOARD = "groundplane identity offboard --delete removes it"


class Realms:
    """See `reconcile.Kind`: the realm master, the proxy realm, the customers', and how these are brokered into it."""

    def __init__(self, site: Site, asked: IdentityConfiguration, session: Session) -> None:
        self._site = site
        self._asked = asked
        self._session = session

    def things(self) -> Iterator[Thing]:
        for kind in self._kinds():
            yield from map(by_name, kind.things())

    def leftovers(self) -> Iterator[Leftover]:
        declared = {MASTER, self._asked.proxy_realm, *(realm.name for realm in self._asked.realms)}
        for one in self._session.call("GET", "", params={"briefRepresentation": "false"})[0]:
            work = self._work(one["realm"])
            if work.marked(one.get("attributes")) and work.realm not in declared:
                yield Leftover(realm_name(work.realm), None, hint=OFFBOARD)
        for kind in self._kinds():
            yield from kind.leftovers()

    def of(self, realm: str) -> Iterator[Thing]:
        """What is declared of one realm."""
        found = self._asked.realm(realm)
        if found is not None:
            for kind in self._realm(found):
                yield from map(by_name, kind.things())

    def _kinds(self) -> Iterator[Kind]:
        yield Administration(self._work(MASTER), self._asked.defaults)
        for realm in self._asked.realms:
            yield from self._realm(realm)
        yield from self._proxy()

    def _work(self, realm: str, *, prune: bool = False) -> RealmWork:
        return RealmWork(self._site, self._session.realm(realm), prune)

    def _realm(self, realm: Realm) -> Sequence[Kind]:
        """A customer's, or another one that the site declares."""
        work = self._work(realm.name, prune=realm.prune)
        scopes, clients = realm.client_scopes, realm.clients
        if realm.broker:
            scopes, clients = (*scopes, groups_scope()), (*clients, broker_client(self._asked, realm))
        asked = realm.one_time_password
        return _whole(
            RealmSettings(work, realm),
            # Who registers says who they are; people that an administrator or a directory knows aren't asked.
            UserProfile(work, asked=realm.login.registration or realm.login.verify_email),
            Flows(work, [browser_flow(asked), direct_grant_flow(asked)]),
            RequiredActions(work, realm.required_actions),
            Roles(work, realm.roles),
            ClientScopes(work, scopes, realm.mappers),
            Clients(work, clients, kept=(BROKER,)),
            Groups(work, realm.groups),
            Users(work, realm.users),
            IdentityProviders(work, [upstream(work, one, realm.groups) for one in realm.identity_providers]),
            UserFederation(work, realm.ldap),
        )

    def _proxy(self) -> Sequence[Kind]:
        realm = proxy_realm(self._asked)
        work = RealmWork(self._site, self._session.realm(realm.name), hint=OFFBOARD)
        asked = realm.one_time_password
        customers = [
            customer_provider(self._asked, customer, customer=self._work(customer.name), proxy=work)
            for customer in self._asked.customers
        ]
        return _whole(
            RealmSettings(work, realm, proxy_fields()),
            UserProfile(work, GUARDED),
            Flows(work, [browser_flow(asked), direct_grant_flow(asked), first_login_flow()]),
            RequiredActions(work, realm.required_actions),
            DefaultRoles(work, NO_MORE_ROLES),
            ClientScopes(work, [openstack_scope()]),
            Clients(work, proxy_clients(self._site, self._asked)),
            IdentityProviders(work, customers),
        )


def _whole(*kinds: Kind) -> Sequence[Kind]:
    return kinds
