"""The settings that Horizon executes: how the login page begins, and where people go who log out."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import jinja2
import pytest

from groundplane.content import toolkit_content

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = "identity/overlays/horizon/_9999-custom-settings.py"
LOGOUT = "/auth/logout/"
KEYCLOAK_TOO = "https://cloud.test:5000/redirect_uri?logout=https%3A%2F%2Fcloud.test%2Fauth%2Flogin%2F"


class Response(dict[str, str]):
    """Django's, as far as it counts here: headers by their names."""

    status_code = 302


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    urls = ModuleType("django.urls")
    monkeypatch.setattr(urls, "reverse", lambda name: f"/auth/{name}/", raising=False)
    monkeypatch.setitem(sys.modules, "django", ModuleType("django"))
    monkeypatch.setitem(sys.modules, "django.urls", urls)
    monkeypatch.setitem(sys.modules, "groundplane_single_sign_on", ModuleType("replaced"))
    text = (toolkit_content().environments / FILE).read_text()
    rendered = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text)  # noqa: S701
    found: dict[str, Any] = {"MIDDLEWARE": ("first",)}
    exec(  # noqa: S102 - as Horizon does
        rendered.render(
            identity_keystone_provider="keycloak",
            keystone_public_url="https://cloud.test:5000",
            horizon_public_endpoint="https://cloud.test",
        ),
        found,
    )
    return found


def ask(settings: dict[str, Any], path: str, *, federated: bool) -> str:
    """Where the browser is sent."""
    module, _, name = settings["MIDDLEWARE"][-1].partition(".")
    middleware: Callable[..., Any] = getattr(sys.modules[module], name)
    handle = middleware(lambda _: Response(Location="/auth/login/"))
    return str(handle(SimpleNamespace(path=path, user=SimpleNamespace(is_federated=federated)))["Location"])


def test_the_login_page_begins_with_single_sign_on_and_has_the_other_choice(settings: dict[str, Any]) -> None:
    assert settings["WEBSSO_INITIAL_CHOICE"] == "keycloak_openid"
    assert "WEBSSO_DEFAULT_REDIRECT" not in settings


def test_who_came_by_single_sign_on_leaves_by_it(settings: dict[str, Any]) -> None:
    assert ask(settings, LOGOUT, federated=True) == KEYCLOAK_TOO


def test_an_account_of_keystones_own_just_leaves(settings: dict[str, Any]) -> None:
    assert ask(settings, LOGOUT, federated=False) == "/auth/login/"
    assert ask(settings, "/project/", federated=True) == "/auth/login/"
