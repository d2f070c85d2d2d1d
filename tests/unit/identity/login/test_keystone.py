from __future__ import annotations

from typing import Any

import pytest

from groundplane.identity.login.asking import RefusedError
from groundplane.identity.login.keystone import Federation

from .fake_web import Asked, FakeWeb, Said

AUTH = "https://cloud.test:5000/v3"
DOOR = f"{AUTH}/OS-FEDERATION/identity_providers/keycloak/protocols/openid/auth"
USER = {"id": "u1", "name": "acme.alice", "domain": {"id": "d1", "name": "acme"}}


def token(**more: Any) -> dict[str, Any]:
    return {"token": {"user": USER, "methods": ["openid"], "expires_at": "2026-11-22T00:00:00Z", **more}}


@pytest.fixture
def web() -> FakeWeb:
    found = FakeWeb()

    def enter(asked: Asked) -> Said:
        if asked.headers.get("Authorization") != "Bearer good":
            return Said({"error": {"message": "You are not authorized", "code": 401}}, 401)
        return Said(token(), 201, {"X-Subject-Token": "unscoped"})

    def scope(asked: Asked) -> Said:
        project = {"name": "web", "domain": {"name": "acme"}}
        roles = [{"name": "reader"}, {"name": "member"}]
        assert '"unscoped"' in asked.body
        return Said(token(project=project, roles=roles), 201, {"X-Subject-Token": "scoped"})

    found.on[f"POST {DOOR}"] = enter
    found.on[f"POST {AUTH}/auth/tokens"] = scope
    return found


def federation(web: FakeWeb) -> Federation:
    return Federation(web.asker(), AUTH, "keycloak")


def test_a_providers_token_becomes_the_clouds(web: FakeWeb) -> None:
    cloud = federation(web)
    entered = cloud.enter("good")
    assert (entered.id, entered.user, entered.user_domain, entered.project) == ("unscoped", "acme.alice", "acme", "")
    scoped = cloud.scope(entered, "web", "acme")
    assert (scoped.id, scoped.project, scoped.project_domain) == ("scoped", "web", "acme")
    assert scoped.roles == ("member", "reader")
    assert "scoped" not in repr(scoped).replace("unscoped", "")


def test_another_token_is_refused_in_keystones_words(web: FakeWeb) -> None:
    with pytest.raises(RefusedError) as raised:
        federation(web).enter("bad")
    assert raised.value.why == "HTTP 401: You are not authorized"


def test_what_a_token_opens_is_listed(web: FakeWeb) -> None:
    web.on[f"GET {AUTH}/auth/projects"] = lambda asked: Said(
        {"projects": [{"id": "p1", "name": asked.headers["X-Auth-Token"]}]}
    )
    cloud = federation(web)
    assert cloud.projects(cloud.enter("good")) == (("unscoped", "p1"),)


@pytest.mark.parametrize(("status", "held"), [(200, True), (404, False), (401, False)])
def test_whether_a_token_is_still_good(web: FakeWeb, status: int, held: bool) -> None:
    web.on[f"GET {AUTH}/auth/tokens"] = lambda _: Said(token() if status == 200 else {}, status)
    cloud = federation(web)
    assert cloud.holds(cloud.enter("good")) is held


def test_a_token_is_given_back(web: FakeWeb) -> None:
    web.on[f"DELETE {AUTH}/auth/tokens"] = lambda _: Said(status=204)
    cloud = federation(web)
    cloud.revoke(cloud.enter("good"))
    assert web.asked[-1].headers["X-Subject-Token"] == "unscoped"


def test_where_a_dashboard_sends_people(web: FakeWeb) -> None:
    assert federation(web).web_door == (
        f"{AUTH}/auth/OS-FEDERATION/identity_providers/keycloak/protocols/openid/websso"
    )
