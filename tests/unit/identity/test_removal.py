"""A customer removed for good: only what is ours, and only what is empty."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import InputError
from groundplane.identity.configuration import read_identity
from groundplane.identity.removal import (
    InKeycloak,
    InOpenStack,
    contents,
    look_in_keycloak,
    look_in_openstack,
    plan_delete,
    remove_from_keycloak,
    remove_from_openstack,
)
from groundplane.machine.cancel import CancelToken
from groundplane.run.events import WorkState
from groundplane.run.redaction import Redactor

from ..platform.fake_cloud import FakeCloud  # noqa: TID252
from .keycloak.conftest import cloud_folder, office, site_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .keycloak.conftest import Office

__all__ = ["cloud_folder", "office", "site_folder"]

OURS = "Acme [groundplane test identity]"


@pytest.fixture
def keycloak(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """With two of acme's people, and one of somebody else's, who have logged in through the proxy realm."""
    office.apply()
    proxy = office.keycloak.realms["cloud"]
    for name, provider in (("acme.alice", "acme"), ("acme.bob", "acme"), ("globex.eve", "globex")):
        proxy.add("users", {"username": name, "of": provider})
    plain = office.keycloak._in_realm

    def with_people(realm: Any, method: str, path: str, body: Any, params: dict[str, str]) -> Any:
        if path == "users/count":
            return len(realm.things["users"]), ""
        if path == "users" and "idpAlias" in params:
            return [one for one in realm.things["users"] if one.get("of") == params["idpAlias"]], ""
        return plain(realm, method, path, body, params)

    def whole(method: str, path: str, *, body: Any = None, params: Any = None) -> Any:
        if method == "DELETE" and path.count("/") == 1:
            office.keycloak.realms.pop(path[1:])
            return None, ""
        return call(method, path, body=body, params=params)

    call = office.keycloak.call
    monkeypatch.setattr(office.keycloak, "_in_realm", with_people)
    monkeypatch.setattr(office.keycloak, "call", whole)
    office.edited()
    return office


def test_what_keycloak_has_of_a_customer(keycloak: Office) -> None:
    asked = read_identity(keycloak.site)
    assert look_in_keycloak(keycloak.site, keycloak.keycloak, asked, "acme") == InKeycloak(True, True, 1, 2)
    assert not look_in_keycloak(keycloak.site, keycloak.keycloak, asked, "nobody")


def test_realm_provider_and_its_people_go_and_nobody_elses(keycloak: Office) -> None:
    said: list[str] = []
    asked = read_identity(keycloak.site)
    assert remove_from_keycloak(keycloak.keycloak, asked, "acme", said.append)
    assert said == [
        "removed realm acme",
        "removed acme.alice from the realm cloud",
        "removed acme.bob from the realm cloud",
        "removed identity provider acme from the realm cloud",
    ]
    assert "acme" not in keycloak.keycloak.realms
    left = [one["username"] for one in keycloak.keycloak.realms["cloud"].things["users"]]
    assert "globex.eve" in left
    assert "acme.alice" not in left
    assert not remove_from_keycloak(keycloak.keycloak, asked, "acme")


def test_a_realm_of_somebody_elses_is_left_alone(keycloak: Office) -> None:
    keycloak.keycloak.realms["acme"].it["attributes"].pop("groundplane")
    keycloak.edited()
    with pytest.raises(InputError, match="was not made by this site"):
        look_in_keycloak(keycloak.site, keycloak.keycloak, read_identity(keycloak.site), "acme")


class Cloud(FakeCloud):
    """With services whose things are given."""

    def __init__(self, **things: list[Any]) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.connection = services(**things)

    def call(self, service: str, method: str, path: str, **more: Any) -> dict[str, Any]:
        if method == "GET":
            return super().call(service, method, path, **more)
        self.sent.append(f"{method} {path}")
        return {}

    def all(self, service: str, path: str, key: str, **more: Any) -> list[dict[str, Any]]:
        if key == "security_groups":
            of = more["params"]["project_id"]
            return [
                {"id": f"default-of-{of}", "name": "default", "project_id": of},
                {"id": "of-the-admin", "name": "default", "project_id": "admin"},
            ]
        params = dict(more.get("params") or {})
        found = super().all(service, path, key)
        return [one for one in found if all(one.get(name) == value for name, value in params.items())]


def services(**things: list[Any]) -> Any:
    def listed(name: str) -> Any:
        return lambda **_: things.get(name, [])

    return SimpleNamespace(
        compute=SimpleNamespace(servers=listed("servers")),
        block_storage=SimpleNamespace(**{name: listed(name) for name in ("volumes", "snapshots", "backups")}),
        network=SimpleNamespace(**{name: listed(name) for name in ("ips", "routers", "networks")}),
        image=SimpleNamespace(images=listed("images")),
    )


def of(project: str, **more: Any) -> Any:
    return SimpleNamespace(id="x", project_id=project, **more)


def a_cloud(**things: list[Any]) -> Cloud:
    cloud = Cloud(**things)
    cloud.add("domains", name="acme", id="d1", description=OURS)
    cloud.add("domains", name="theirs", id="d2", description="somebody's")
    cloud.add("projects", name="web", id="p1", domain_id="d1")
    cloud.add("projects", name="made by a manager", id="p2", domain_id="d1")
    return cloud


def test_a_domain_with_what_its_projects_hold(office: Office) -> None:
    cloud = a_cloud(servers=[of("p1"), of("p1"), of("admin")], ips=[of("p2")], images=[SimpleNamespace(owner_id="p2")])
    found = look_in_openstack(office.site, cloud, "acme")
    assert (found.domain_id, dict(found.projects)) == ("d1", {"p1": "web", "p2": "made by a manager"})
    assert found.held == (
        "2 servers in project web",
        "1 floating addresses in project made by a manager",
        "1 image in project made by a manager",
    )
    assert look_in_openstack(office.site, cloud, "gone") == InOpenStack(domain="gone")
    with pytest.raises(InputError, match="was not made by this layer"):
        look_in_openstack(office.site, cloud, "theirs")


def test_a_service_that_the_cloud_lacks_holds_nothing() -> None:
    from keystoneauth1.exceptions import EndpointNotFound  # noqa: PLC0415

    def missing(**_: Any) -> Any:
        raise EndpointNotFound

    connection = services(servers=[of("p1")])
    connection.block_storage = SimpleNamespace(volumes=missing, snapshots=missing, backups=missing)
    assert list(contents(connection, "p1")) == ["1 server"]


def test_the_domain_goes_with_all_that_is_in_it(office: Office) -> None:
    cloud = a_cloud()
    said: list[str] = []
    remove_from_openstack(cloud, look_in_openstack(office.site, cloud, "acme"), said.append)
    assert cloud.sent == [
        "PATCH /domains/d1",
        "DELETE /security-groups/default-of-p1",
        "DELETE /projects/p1",
        "DELETE /security-groups/default-of-p2",
        "DELETE /projects/p2",
        "DELETE /domains/d1",
    ]
    assert said[-1] == "removed domain acme"


def plan(office: Office, in_keycloak: InKeycloak, in_openstack: InOpenStack, name: str = "acme") -> Any:
    return plan_delete(
        office.site,
        read_identity(office.site),
        name,
        in_keycloak,
        in_openstack,
        open_session=lambda: None,
        record=lambda _: "",
        forget=lambda: "",
    )


def test_the_plan_says_what_is_lost_and_wants_the_name(office: Office) -> None:
    found = plan(office, InKeycloak(True, True, 3, 2), InOpenStack("d1", "acme", {"p1": "web"}))
    assert found.confirm == "acme"
    assert found.danger == "3 people of the realm acme; the domain acme with its project web"
    assert len(found.lines) == 4
    assert found.stages[0].hosts == ("node1",)


def test_it_is_written_down_before_it_goes(keycloak: Office) -> None:
    there: list[bool] = []

    @contextmanager
    def session() -> Iterator[Any]:
        yield keycloak.keycloak

    def record(given: Any) -> str:
        there.append("acme" in given.realms)
        return "acme.json"

    asked = read_identity(keycloak.site)
    found = plan_delete(
        keycloak.site,
        asked,
        "acme",
        look_in_keycloak(keycloak.site, keycloak.keycloak, asked, "acme"),
        InOpenStack(),
        open_session=session,
        record=record,
        forget=lambda: "acme.yml",
    )
    said: list[str] = []
    act = found.stages[0].act
    assert act is not None
    outcome = act(tell=lambda *_: None, say=said.append, redactor=Redactor(set()), cancel=CancelToken())
    assert {host.state for host in outcome.hosts.values()} == {WorkState.DONE}
    assert there == [True]
    assert "acme" not in keycloak.keycloak.realms
    assert said[0] == "Realm acme written down: ok (acme.json)"
    assert said[-1] == "File moved out: changed (acme.yml)"


def test_what_still_holds_something_is_refused(office: Office) -> None:
    held = InOpenStack("d1", "acme", {"p1": "web"}, ("2 servers in project web",))
    with pytest.raises(InputError, match="its projects aren't empty") as refused:
        plan(office, InKeycloak(True, True), held)
    assert refused.value.problems[0].what == "2 servers in project web"


def test_nothing_left_is_nothing_to_do(office: Office) -> None:
    assert plan(office, InKeycloak(), InOpenStack(), "globex").nothing
    assert not plan(office, InKeycloak(), InOpenStack(), "acme").nothing
