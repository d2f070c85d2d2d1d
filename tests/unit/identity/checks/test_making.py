"""A test's customer in a Keycloak and a cloud in memory: made by the site's own code, and removed whole."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError
from groundplane.identity.checks.customer import LOCAL, new_customer
from groundplane.identity.checks.doors import Doors
from groundplane.identity.checks.making import Maker
from groundplane.identity.configuration import read_identity
from groundplane.identity.keycloak.realms import Realms
from groundplane.openstack.smoke import cleaning
from groundplane.openstack.smoke.marks import description, new_name
from tests.unit.openstack.smoke.fake_cloud import FakeCloud, FakeConnection, FakeIdentity, Thing

from ..keycloak.conftest import Office, cloud_folder, office, site_folder  # noqa: TID252
from ..keycloak.fake_keycloak import FakeKeycloak, FakeRealm  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.platform.reconcile import Thing as Declared

__all__ = ["cloud_folder", "office", "site_folder"]

PROXY = "cloud"
ME, OTHER = "me@here", "other@there"
NOW = datetime.now(UTC)


class Domains(FakeIdentity):
    """Keystone with domains, which hold their projects and users."""

    def domains(self) -> list[Thing]:
        return self.cloud.of("domain")

    def find_domain(self, name: str) -> Thing | None:
        return next(iter(self.cloud.of("domain", name=name)), None)

    def projects(self, *, domain_id: str = "", **_more: str) -> list[Thing]:
        return self.cloud.of("project", domain_id=domain_id)

    def users(self, *, domain_id: str = "", **_more: str) -> list[Thing]:
        return self.cloud.of("user", domain_id=domain_id)

    def delete_user(self, id_: str) -> None:
        if self.cloud.of("user", id=id_):
            super().delete_user(id_)

    def update_domain(self, domain: Thing, *, is_enabled: bool) -> None:
        domain.is_enabled = is_enabled

    def delete_domain(self, domain: Thing) -> None:
        assert not domain.is_enabled
        self.cloud.remove("domain", domain)


class World:
    """Keycloak with a proxy realm, a cloud, and who makes customers in them."""

    def __init__(self, office: Office) -> None:
        self.keycloak = FakeKeycloak()
        self.cloud = FakeCloud()
        connection = FakeConnection(self.cloud)
        connection.identity = Domains(self.cloud)
        self.said: list[str] = []
        self.site = office.site
        self.keycloak.realms[PROXY] = FakeRealm({"realm": PROXY, "enabled": True}, self.keycloak.ids)
        self.doors = Doors("https://id.test:8443", PROXY, "https://cloud.test:5000/v3", "keycloak")
        self.maker = Maker(
            self.keycloak,
            cast("Any", connection),
            self.doors,
            read_identity(self.site),
            self.things,
            self.said.append,
            sleep=lambda _: None,
        )

    def things(self, asked: IdentityConfiguration) -> Iterator[Declared]:
        yield from Realms(self.site, asked, self.keycloak).things()
        yield from (self.in_openstack(realm.domain) for realm in asked.customers)

    def in_openstack(self, name: str) -> Declared:
        def make() -> None:
            domain = self.cloud.add("domain", name=name, description="", is_enabled=True)
            self.cloud.add("project", name="web", domain_id=domain.id)

        return cast("Declared", SimpleNamespace(name=f"domain {name}", look=lambda: None, make=make))

    def names(self, kind: str, realm: str) -> set[str]:
        key = {"users": "username", "identity-provider/instances": "alias", "groups": "name"}[kind]
        return {one[key] for one in self.keycloak.realms[realm].things[kind]}


@pytest.fixture
def world(office: Office, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(cleaning, "PAUSE_SECONDS", 0.0)
    return World(office)


def test_a_customer_is_made_as_the_sites_own_are(world: World) -> None:
    customer = new_customer(new_name(NOW))
    world.maker.make(customer, description(ME))
    realm = world.keycloak.realms[customer.name]
    assert world.names("users", customer.name) == {"alice", "bob"}
    assert world.names("groups", customer.name) == {"developers"}
    assert world.names("identity-provider/instances", PROXY) == {customer.name}
    hidden = world.keycloak.realms[PROXY].of("identity-provider/instances", customer.name)
    assert hidden["hideOnLogin"] is True
    assert set(realm.passwords.values()) == {customer.member.password, customer.outsider.password}
    local = world.keycloak.realms[PROXY].of("users", f"{customer.name}.{LOCAL}")
    assert local["attributes"] == {"openstack-domain": [customer.name], "openstack-groups": ["developers"]}


def test_nothing_of_the_sites_own_is_made_or_changed(world: World) -> None:
    before = dict(world.keycloak.realms[PROXY].it)
    world.maker.make(new_customer(new_name(NOW)), description(ME))
    assert world.keycloak.realms[PROXY].it == before
    assert not world.keycloak.realms[PROXY].of("clients", "admin-cli").get("attributes")
    assert {one["clientId"] for one in world.keycloak.realms[PROXY].things["clients"]} == {
        "account",
        "broker",
        "admin-cli",
    }


def test_all_of_it_is_removed(world: World) -> None:
    other = new_customer(new_name(NOW))
    customer = new_customer(new_name(NOW))
    for one in (other, customer):
        world.maker.make(one, description(ME))
    brokered = world.keycloak.realms[PROXY].add("users", {"username": f"{customer.name}.alice"})
    shadow = world.cloud.add("user", name="shadow", domain_id="elsewhere")
    world.maker.remove(customer.name, seen=[shadow.id])
    assert customer.name not in world.keycloak.realms
    assert world.names("identity-provider/instances", PROXY) == {other.name}
    assert world.names("users", PROXY) == {f"{other.name}.{LOCAL}"}
    assert [one.name for one in world.cloud.of("domain")] == [other.name]
    assert not world.cloud.of("user")
    assert brokered


def test_what_can_not_be_removed_is_told_and_the_rest_goes(world: World) -> None:
    customer = new_customer(new_name(NOW))
    world.maker.make(customer, description(ME))
    world.cloud.stuck = {"domain"}
    with pytest.raises(FailedError) as raised:
        world.maker.remove(customer.name)
    assert "domain is in use" in raised.value.why
    assert "identity smoke --clean" in raised.value.cure
    assert customer.name not in world.keycloak.realms


def test_removing_what_is_not_there_is_nothing(world: World) -> None:
    world.maker.remove(new_name(NOW))


def left(world: World, *, all_: bool = False) -> Iterable[str]:
    return world.maker.left_over(holder=ME, now=NOW, all_=all_)


def test_what_killed_tests_left_is_found(world: World) -> None:
    mine, others, old = (
        new_customer(new_name(NOW)),
        new_customer(new_name(NOW)),
        new_name(datetime(2026, 1, 1, tzinfo=UTC)),
    )
    world.maker.make(mine, description(ME))
    world.maker.make(others, description(OTHER))
    world.cloud.add("domain", name=old, description="", is_enabled=True)
    world.cloud.add("domain", name="groundplane-smoke-by-hand", description="", is_enabled=True)
    assert set(left(world)) == {mine.name, old}
    assert set(left(world, all_=True)) == {mine.name, others.name, old}


def test_sessions_are_counted_in_both_realms(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = new_customer(new_name(NOW))
    world.maker.make(customer, description(ME))
    world.keycloak.realms[PROXY].add("users", {"username": customer.proxy_name(customer.member)})
    called = world.keycloak.call

    def with_sessions(method: str, path: str, **words: Any) -> tuple[Any, str]:
        return ([{"id": "s"}], "") if path.endswith("/sessions") else called(method, path, **words)

    monkeypatch.setattr(world.keycloak, "call", with_sessions)
    assert world.maker.session_count(customer) == 2
