"""What can be told wrong of the identity layer from a site's files alone, before Keycloak or any host is asked.

Here: what concerns several realms, or the site. What a realm file says of itself: `realm_rules`, `people_rules`.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from groundplane.errors import Problem
from groundplane.identity.configuration import MASTER, Reader
from groundplane.identity.durations import DAY, in_words
from groundplane.identity.password_policy import policy_problems
from groundplane.identity.people_rules import PeopleRules
from groundplane.identity.policy_options import Lifetimes
from groundplane.identity.realm_rules import RealmRules
from groundplane.identity.secret_rules import secret_problems, to_be_made
from groundplane.openstack.api import LAYER as OPENSTACK
from groundplane.platform.configuration import Reader as PlatformReader
from groundplane.site.conditions import to_bool
from groundplane.site.realm_files import FOLDER, LAYER
from groundplane.site.values import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.errors import Place
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.options import Realm
    from groundplane.site.site import Site

PLATFORM = "platform"
ADMINISTRATION = (MASTER, "admin")
"""Parts of the addresses of Keycloak's administration, which identity_admin_networks keeps to some networks."""
NEEDED = {
    "kolla_enable_tls_external": "Keycloak is reached by addresses with TLS alone: passwords and tokens pass there",
    "enable_haproxy": "Keycloak is reached by Kolla's load balancers",
}
"""Switches of the OpenStack layer without which nobody could log in, and why."""
TAKEN_DOMAINS = ("Default", "Federated", "heat_user_domain", "magnum")
"""Domains that Keystone and Kolla's services make for themselves; Keystone makes none called Federated for anybody
([federation] federated_domain_name)."""
PORTS = ("openstack_api_ports", "openstack_api_ports_extra")
"""What the firewall lets people reach of OpenStack: PORT or FIRST-LAST each."""
_NO_LIFETIME = frozenset({"device_polling"})
_MOST_PORT = 65535
_NOT_IN_A_FILE = frozenset(" \\$\t\n")


def layer_problems(site: Site) -> tuple[Problem, ...]:
    """All that is wrong; nothing where the site has no such layer."""
    if LAYER not in site.file.layers:
        return ()
    problems: list[Problem] = []
    reader = Reader(site, problems)
    asked = reader.read()
    problems += _SiteRules(reader, asked).all()
    roles, domains = _of_platform(site)
    listed = to_be_made(site)
    for realm in asked.realms:
        source = asked.sources[realm.name]
        problems += RealmRules(realm, source, asked).all()
        problems += PeopleRules(realm, source, roles=roles, site=site).all()
        problems += secret_problems(site, realm, source, listed=listed)
    problems += _domains(asked, domains)
    return tuple(dict.fromkeys(problems))


def _of_platform(site: Site) -> tuple[frozenset[str], frozenset[str]]:
    """Roles and domains that the platform layer declares; what is wrong there is told there."""
    if PLATFORM not in site.file.layers:
        return frozenset(), frozenset()
    found = PlatformReader(site, []).read()
    return frozenset(found.roles), frozenset(domain.name for domain in found.domains)


class _SiteRules:
    """What the site's options say; each yields what it finds."""

    def __init__(self, reader: Reader, asked: IdentityConfiguration) -> None:
        self.reader = reader
        self.asked = asked

    def all(self) -> Iterator[Problem]:
        yield from self.layers()
        yield from self.of_openstack()
        yield from self.address()
        yield from self.networks()
        yield from self.names()
        yield from self.policies()

    def layers(self) -> Iterator[Problem]:
        if OPENSTACK not in self.reader.site.file.layers:
            yield Problem(
                "the layer 'identity' needs the layer 'openstack', which this site hasn't",
                "Add openstack to the layers: its database keeps people, and its load balancer lets them in.",
                self.reader.site.source.place("layers"),
            )

    def of_openstack(self) -> Iterator[Problem]:
        """Switches that nobody sets are as Kolla has them, and so they are right for us."""
        switches = dict(NEEDED)
        address = self.reader.site.variables.value("keycloak_database_address", None)
        if address is None or address.level is Level.DEFAULT:
            switches["enable_mariadb"] = "Keycloak's database is there, unless keycloak_database_address names another"
        for name, why in switches.items():
            found = self.reader.site.variables.value(name, None)
            value = self.reader.of(name) if found is not None else None
            if value is not None and not to_bool(value):
                cure = "Set it to true, or leave the layer identity out."
                yield Problem(f"'{name}' is off: {why}", cure, self.reader.place(name))
        password = self.reader.site.variables.value("keycloak_database_password", None)
        if password is not None and isinstance(password.value, str) and set(password.value) & _NOT_IN_A_FILE:
            yield Problem(
                "the secret keycloak_database_password has a character that Keycloak's file of settings can't hold",
                "Use none of space, backslash and dollar: groundplane secrets edit.",
                password.place,
            )

    def networks(self) -> Iterator[Problem]:
        written = self.reader.of("identity_admin_networks") or []
        for index, text in enumerate(written if isinstance(written, list) else [written]):
            try:
                ip_network(str(text))
            except ValueError as error:
                yield Problem(
                    f"'{text}' is no network: {error}",
                    "Write addresses and networks, such as 192.0.2.7 and 192.0.2.0/24.",
                    self.reader.place("identity_admin_networks", index),
                )

    def address(self) -> Iterator[Problem]:
        if not self.asked.url or self.reader.problems:
            return
        written = self.reader.text("identity_port")
        if not written.isdigit() or not 0 < int(written) <= _MOST_PORT:
            yield Problem(
                f"identity_port is '{written}', which can't be a port",
                "Write a number below 65536; the default is 8443.",
                self.reader.place("identity_port"),
            )
            return
        if int(written) in self._ports_of_openstack():
            yield Problem(
                f"identity_port is {written}, where a service of OpenStack is reached on the same addresses",
                "Take one that is free; the default is 8443.",
                self.reader.place("identity_port"),
            )
        place = self.reader.place("identity_url")
        try:
            found = urlsplit(self.asked.url)
            wrong = found.scheme != "https" or not found.hostname or bool(found.path or found.query)
            port = found.port or 443
        except ValueError:
            wrong, port = True, 0
        if wrong:
            cure = "Set identity_fqdn and identity_port, from which it is made."
            yield Problem(f"identity_url is no https://NAME:PORT: '{self.asked.url}'", cure, place)
        elif int(written) != port:
            yield Problem(
                f"identity_url says port {port}, and identity_port {written}",
                "Leave identity_url out: it is made from identity_fqdn and identity_port.",
                place,
            )

    def _ports_of_openstack(self) -> set[int]:
        found: set[int] = set()
        for name in PORTS:
            for port in self.reader.of(name) or ():
                first, _, last = str(port).partition("-")
                if first.isdigit() and (not last or last.isdigit()):
                    found.update(range(int(first), int(last or first) + 1))
        return found

    def names(self) -> Iterator[Problem]:
        for name in ("identity_proxy_realm", "identity_keystone_provider", "identity_openstack_domain"):
            value = self.reader.text(name)
            if not value or not all(each.isascii() and (each.isalnum() or each in "_-") for each in value):
                yield Problem(
                    f"{name} is '{value}', which can't be a name in addresses",
                    "Use letters, digits, _ and -.",
                    self.reader.place(name),
                )
        if self.asked.proxy_realm == MASTER:
            yield Problem(
                "identity_proxy_realm is 'master', from which Keycloak itself is administrated",
                "Take another name; the default is cloud.",
                self.reader.place("identity_proxy_realm"),
            )
        for realm in self.asked.realms:
            place = self.asked.sources[realm.name].place()
            if realm.name in ADMINISTRATION:
                what = f"'{realm.name}' is Keycloak's own in addresses, for its administration"
                yield Problem(what, f"Give the file in {FOLDER} another name.", place)
            elif realm.name == self.asked.proxy_realm:
                what = f"the realm '{realm.name}' is the one that Keystone talks to (identity_proxy_realm)"
                yield Problem(what, f"Give the file in {FOLDER} another name; the engine makes that realm.", place)

    def policies(self) -> Iterator[Problem]:
        defaults = self.asked.defaults
        for what, cure in policy_problems(defaults.password_policy):
            yield Problem(what, cure, self.reader.place("identity_password_policy"))
        for key, what, cure in lifetime_problems(defaults.lifetimes):
            yield Problem(f"identity_lifetimes: {what}", cure, self.reader.place("identity_lifetimes", key))
        for realm in self.asked.realms:
            source = self.asked.sources[realm.name]
            if realm.password_policy != defaults.password_policy:
                for what, cure in policy_problems(realm.password_policy):
                    yield Problem(what, cure, source.place("password_policy"))
            if realm.lifetimes != defaults.lifetimes:
                for key, what, cure in lifetime_problems(realm.lifetimes):
                    yield Problem(what, cure, source.place("lifetimes", key))


def lifetime_problems(lifetimes: Lifetimes) -> Iterator[tuple[str, str, str]]:
    """The key, what is wrong with it, and the cure.

    A day at most is GovStack's rule for tokens (cloud infrastructure building block 1.0.1); the order is Keycloak's.
    """
    told = set()
    for key in Lifetimes.model_fields:
        span = getattr(lifetimes, key)
        if key not in _NO_LIFETIME and span > DAY:
            told.add(key)
            yield key, f"{key} is {in_words(span)}, longer than a day", "Write 1d or less."
        elif span < 1:
            told.add(key)
            yield key, f"{key} is nothing, so that nobody could log in", "Write a span of time, such as 5m."
    pairs = (
        ("access_token", "session_max"),
        ("session_idle", "session_max"),
        ("offline_session_idle", "offline_session_max"),
    )
    for shorter, longer in pairs:
        if not {shorter, longer} & told and getattr(lifetimes, shorter) > getattr(lifetimes, longer):
            ours, theirs = in_words(getattr(lifetimes, shorter)), in_words(getattr(lifetimes, longer))
            yield shorter, f"{shorter} is {ours}, longer than {longer} ({theirs})", f"Write {theirs} or less."


def _domains(asked: IdentityConfiguration, of_platform: frozenset[str]) -> Iterator[Problem]:
    """Keystone tells domains apart without regard to small and capital letters (its database's collation)."""
    taken = {name.casefold(): "Keystone's own or a service's" for name in TAKEN_DOMAINS}
    taken |= {name.casefold(): "declared in platform_domains" for name in of_platform}
    taken[asked.openstack_domain.casefold()] = "the identity provider's own (identity_openstack_domain)"
    first: dict[str, Realm] = {}
    for realm in asked.customers:
        place = _domain_place(asked, realm)
        whose = taken.get(realm.domain.casefold())
        if whose is not None:
            yield Problem(
                f"the domain '{realm.domain}' of the realm '{realm.name}' is {whose}",
                "Give the customer a domain of its own: domain: NAME.",
                place,
            )
        other = first.setdefault(realm.domain.casefold(), realm)
        if other is not realm:
            yield Problem(
                f"the realms '{other.name}' and '{realm.name}' have the same domain '{realm.domain}'",
                f"Give one of them another ('{other.name}' has it in line {_domain_place(asked, other).line} of its). "
                "Who is in a customer's realm gets at what is in its domain.",
                place,
            )


def _domain_place(asked: IdentityConfiguration, realm: Realm) -> Place:
    return asked.sources[realm.name].place("domain")
