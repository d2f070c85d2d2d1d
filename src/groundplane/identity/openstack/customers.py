"""The customers in OpenStack: each realm's domain, projects and groups, and what the groups may (step
identity.customers); and that Keystone's identity provider and its mapping are still as they were deployed.

The platform layer's own way of reconciling such objects is used, with a mark of this layer: neither layer takes the
other's objects for its own. Users aren't made: Keystone makes them when they log in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from groundplane.identity.configuration import read_identity
from groundplane.kolla.federation_mapping import SCHEMA_VERSION, mapping_rules
from groundplane.platform.cloud import WORK_SECONDS, cloud
from groundplane.platform.configuration import PlatformConfiguration
from groundplane.platform.marks import has_mark
from groundplane.platform.options import Domain, Group, RoleGrant
from groundplane.platform.projects import ANOTHER, DECLARED, Projects
from groundplane.platform.reconcile import Found, Leftover, Thing, describe, reconcile
from groundplane.platform.rest import IDENTITY, Rest
from groundplane.platform.scopes import Scopes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.options import Realm
    from groundplane.layers.actions import ActionCall
    from groundplane.site.site import Site

LAYER = "identity"
PROTOCOL = "openid"
PATIENCE_SECONDS = 90.0
"""For Keystone that has only just been deployed."""
LEFT_ALONE = "groundplane identity offboard removes a customer"
FEDERATION = "/OS-FEDERATION"


@dataclass(frozen=True, slots=True)
class CustomersAction:
    """The step, as the engine runs it (see `layers.actions`)."""

    def state(self, site: Site) -> dict[str, str]:
        """How each declared object stands right now.

        Raises:
            GroundplaneError: the cloud can't be asked.
        """
        with cloud(site) as connection:
            return describe(Customers(site, read_identity(site), Rest(connection)))

    def carry_out(self, call: ActionCall) -> None:
        """Raises what `cloud` and `reconcile` raise, and InputError where the site's realms are wrong."""
        with cloud(call.site, seconds=WORK_SECONDS) as connection:
            rest = Rest(connection, patience=PATIENCE_SECONDS, stopped=call.stopped)
            reconcile(call, Customers(call.site, read_identity(call.site), rest))


CUSTOMERS = CustomersAction()


class Customers:
    """See `platform.reconcile.Kind`."""

    def __init__(self, site: Site, asked: IdentityConfiguration, rest: Rest) -> None:
        self._site = site
        self._asked = asked
        self._rest = rest
        self._scopes = Scopes(rest)
        self._declared = declared(asked)

    def things(self) -> Iterator[Thing]:
        for thing in Projects(self._site, self._declared, self._rest, self._scopes, layer=LAYER).things():
            yield replace(thing, adopt=True) if self._is_in_a_domain_of_ours(thing) else thing
        yield self._mapping()
        yield self._identity_provider()
        yield self._protocol()

    def leftovers(self) -> Iterator[Leftover]:
        """A customer's projects hold what is theirs: nobody removes them but a person who says so."""
        domains = {one["id"]: one for one in self._rest.all(IDENTITY, "/domains", "domains")}
        names = {id_: one["name"] for id_, one in domains.items()}
        yield from self._left("domain", domains.values(), {(domain.name,) for domain in self._declared.domains}, names)
        listed = self._rest.all(IDENTITY, "/projects", "projects")
        wanted = {(project.domain, project.name) for project in self._declared.projects}
        yield from self._left("project", listed, wanted, names)
        listed = self._rest.all(IDENTITY, "/groups", "groups")
        yield from self._left("group", listed, {(group.domain, group.name) for group in self._declared.groups}, names)

    def _left(
        self, kind: str, listed: Any, wanted: Collection[tuple[str, ...]], domains: Mapping[str, str]
    ) -> Iterator[Leftover]:
        for one in listed:
            if not has_mark(self._site, one.get("description"), LAYER):
                continue
            within = (domains.get(one["domain_id"], ""),) if kind != "domain" else ()
            place = (*within, one["name"])
            if place not in wanted:
                yield Leftover(f"{kind} {'/'.join(place)}", None, LEFT_ALONE)

    def _is_in_a_domain_of_ours(self, thing: Thing) -> bool:
        """A customer's manager may write another description, and with it the mark is gone: the domain's counts."""
        kind, _, place = thing.name.partition(" ")
        domain, within, _ = place.partition("/")
        if not within or kind not in ("project", "group"):
            return False
        found = self._scopes.domain(domain)
        return found is not None and has_mark(self._site, found.get("description"), LAYER)

    # what Kolla registers in Keystone

    def _mapping(self) -> Thing:
        path = f"{FEDERATION}/mappings/{self._asked.keystone_provider}"
        rules = mapping_rules()
        body = {"mapping": {"rules": rules, "schema_version": SCHEMA_VERSION}}

        def look() -> Found | None:
            one = self._one("mappings", self._asked.keystone_provider)
            if one is None:
                return None
            same = one.get("rules") == rules
            have = {"schema": one.get("schema_version"), "rules": DECLARED if same else ANOTHER}
            return Found(one["id"], have)

        return Thing(
            name=f"mapping {self._asked.keystone_provider} of Keystone",
            wanted={"schema": SCHEMA_VERSION, "rules": DECLARED},
            look=look,
            make=lambda: self._send("PUT", path, body),
            change=lambda *_: self._send("PATCH", path, body),
        )

    def _identity_provider(self) -> Thing:
        path = f"{FEDERATION}/identity_providers/{self._asked.keystone_provider}"
        issuers = [self._asked.issuer(self._asked.proxy_realm)]
        body: dict[str, Any] = {"enabled": True, "remote_ids": issuers, "description": self._asked.login_name}

        def look() -> Found | None:
            one = self._one("identity_providers", self._asked.keystone_provider)
            if one is None:
                return None
            return Found(one["id"], {"enabled": one.get("enabled"), "issuers": one.get("remote_ids")})

        def make() -> None:
            domain = self._scopes.domain_id(self._asked.openstack_domain)
            self._send("PUT", path, {"identity_provider": {**body, "domain_id": domain}})

        return Thing(
            name=f"identity provider {self._asked.keystone_provider} of Keystone",
            wanted={"enabled": True, "issuers": issuers},
            look=look,
            make=make,
            change=lambda *_: self._send("PATCH", path, {"identity_provider": body}),
        )

    def _protocol(self) -> Thing:
        provider = self._asked.keystone_provider
        path = f"{FEDERATION}/identity_providers/{provider}/protocols/{PROTOCOL}"
        body = {"protocol": {"mapping_id": provider}}

        def look() -> Found | None:
            if self._one("identity_providers", provider) is None:
                return None
            listed = self._rest.all(IDENTITY, path.rpartition("/")[0], "protocols")
            one = next((each for each in listed if each["id"] == PROTOCOL), None)
            return Found(one["id"], {"mapping": one.get("mapping_id")}) if one is not None else None

        return Thing(
            name=f"protocol {PROTOCOL} of Keystone's identity provider {provider}",
            wanted={"mapping": provider},
            look=look,
            make=lambda: self._send("PUT", path, body),
            change=lambda *_: self._send("PATCH", path, body),
            after=f"identity provider {provider} of Keystone",
        )

    def _one(self, collection: str, id_: str) -> dict[str, Any] | None:
        listed = self._rest.all(IDENTITY, f"{FEDERATION}/{collection}", collection)
        return next((one for one in listed if one["id"] == id_), None)

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        self._rest.call(IDENTITY, method, path, body=body)


def declared(asked: IdentityConfiguration) -> PlatformConfiguration:
    """What the customers' realms come to, as the platform layer has such objects.

    Only groups that may something in OpenStack are made there; people's other groups aren't looked for.
    """
    customers = asked.customers
    return PlatformConfiguration(
        domains=tuple(_domain(realm) for realm in customers),
        projects=tuple(project.in_domain(realm.domain) for realm in customers for project in realm.projects),
        groups=tuple(group for realm in customers for group in _groups(realm)),
    )


def _domain(realm: Realm) -> Domain:
    return Domain(name=realm.domain, description=realm.display_name, enabled=realm.enabled, adopt=realm.adopt)


def _groups(realm: Realm) -> Sequence[Group]:
    return [
        Group(
            name=group.name,
            domain=realm.domain,
            description=group.description,
            adopt=group.adopt,
            roles=tuple(
                RoleGrant(
                    role=each.role,
                    project=f"{realm.domain}/{each.project}" if each.project else "",
                    domain="" if each.project else realm.domain,
                )
                for each in group.openstack
            ),
        )
        for group in realm.groups
        if group.openstack
    ]
