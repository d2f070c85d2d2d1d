"""Horizon's pages, cut down to what counts."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.login.browser import Browser
from groundplane.identity.login.dashboard import Dashboard
from groundplane.identity.login.forms import Person

from .fake_web import Asked, FakeWeb, Said, leads_to

HORIZON, KEYCLOAK = "https://cloud.test/", "https://id.test:8443"
ALICE = Person("alice", "right")
CHOICES = """<form action="/auth/login/" method="POST"><input type="hidden" name="csrfmiddlewaretoken" value="c">
<select name="auth_type"><option value="credentials">Keystone Credentials</option>
<option value="keycloak_openid" selected>Single sign-on</option></select><input name="username"></form>"""
INSIDE = """<h1>Overview</h1> web acme.alice <form action="/auth/logout/" method="post">
<input type="hidden" name="csrfmiddlewaretoken" value="d"><button type="submit">Sign Out</button></form>"""


class World:
    def __init__(self) -> None:
        self.inside = False
        self.web = FakeWeb()
        self.page = INSIDE
        on = self.web.on
        on[f"GET {HORIZON}auth/login/"] = lambda _: Said(CHOICES)
        on[f"POST {HORIZON}auth/login/"] = leads_to(f"{KEYCLOAK}/realms/acme/login")
        on[f"GET {KEYCLOAK}/realms/acme/login"] = lambda _: Said(
            '<form id="kc-form-login" method="post"><input name="username"><input name="password"></form>'
        )
        on[f"POST {KEYCLOAK}/realms/acme/login"] = self._come
        on[f"GET {HORIZON}"] = lambda _: Said(self.page)
        on[f"GET {HORIZON}project/"] = lambda _: Said(self.page)
        on[f"POST {HORIZON}auth/logout/"] = leads_to(f"{HORIZON}auth/login/")
        on[f"GET {HORIZON}auth/logout/"] = leads_to(f"{HORIZON}auth/login/")

    def _come(self, asked: Asked) -> Said:
        self.inside = True
        return leads_to(HORIZON)(asked)

    @property
    def dashboard(self) -> Dashboard:
        return Dashboard(Browser(self.web.asker()), HORIZON, "keycloak_openid", KEYCLOAK)


@pytest.fixture
def world() -> World:
    return World()


def test_people_come_in_and_go_out(world: World) -> None:
    dashboard = world.dashboard
    page = dashboard.log_in(ALICE, provider="acme")
    assert page.url == f"{HORIZON}project/"
    assert dashboard.is_in(page)
    chosen = next(asked for asked in world.web.asked if asked.method == "POST")
    assert (chosen.fields["auth_type"], chosen.fields["csrfmiddlewaretoken"]) == ("keycloak_openid", "c")
    assert chosen.headers["Referer"] == f"{HORIZON}auth/login/"
    out = dashboard.log_out(page)
    assert not dashboard.is_in(out)
    assert world.web.asked[-2].fields == {"csrfmiddlewaretoken": "d"}


def test_the_way_out_was_a_link_before(world: World) -> None:
    world.page = '<h1>Overview</h1><a href="/auth/logout/">Sign Out</a>'
    dashboard = world.dashboard
    dashboard.log_out(dashboard.log_in(ALICE, provider="acme"))
    assert "GET https://cloud.test/auth/logout/" in [f"{one.method} {one.url}" for one in world.web.asked]


def test_a_dashboard_without_the_single_sign_on_is_told(world: World) -> None:
    world.web.on[f"GET {HORIZON}auth/login/"] = lambda _: Said('<h1>Log in</h1><form><input name="username"></form>')
    with pytest.raises(FailedError, match="doesn't offer"):
        world.dashboard.log_in(ALICE)


def test_a_login_that_leads_elsewhere_is_told_with_what_is_there(world: World) -> None:
    world.page = "<h1>Unauthorized</h1>You have no project."
    with pytest.raises(FailedError) as raised:
        world.dashboard.log_in(ALICE, provider="acme")
    assert "HTTP 200: Unauthorized" in raised.value.why


def test_a_page_outside_has_no_way_out(world: World) -> None:
    dashboard = world.dashboard
    with pytest.raises(FailedError, match="no way out"):
        dashboard.log_out(dashboard.browser.open(f"{HORIZON}auth/login/"))
