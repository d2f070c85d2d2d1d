"""Keycloak's login pages, followed as a person would: the customer chosen, name and password typed, questions answered.

The ids and names of what is on the pages are those of Keycloak's own themes (base/login/*.ftl); themes that people make
keep them, because its scripts and styles go by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from groundplane.errors import FailedError
from groundplane.identity.login.asking import REFUSED, RefusedError

if TYPE_CHECKING:
    from groundplane.identity.login.browser import Browser
    from groundplane.identity.login.pages import Form, Page

STEPS = 12
"""More pages than any login has."""
LOGIN = "kc-form-login"
_ACCEPT = "accept"
_ASKED = {
    "kc-totp-settings-form": "to set up a one-time password",
    "kc-otp-login-form": "for a one-time password",
    "kc-passwd-update-form": "to set a new password",
    "kc-update-profile-form": "to complete the profile",
    "kc-idp-review-profile-form": "to review the profile",
    "kc-register-form": "to register",
    "kc-terms-text": "to accept the terms",
    "kc-verify-email-form": "to verify the mail address",
    "kc-idp-link-confirm": "what to do with an account that exists already",
}
"""A form's id to what Keycloak wants that can't be typed here."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who logs in."""

    username: str
    password: str = field(repr=False)


def log_in(browser: Browser, page: Page, person: Person, *, keycloak: str, provider: str = "") -> Page:
    """From Keycloak's first page to the page where the login leads; a session that exists is taken.

    Args:
        keycloak: its URL; a page elsewhere ends the login, as does one of its own that asks nothing.
        provider: the identity provider (alias and realm) from which the person comes: it is chosen where the first
            page offers it, and asked for by name where it is hidden there.

    Raises:
        RefusedError: Keycloak says no; with its own sentence.
        FailedError: it asks for something that can't be answered here, or its pages don't come to an end.
    """
    typed: set[str] = set()
    asked = False
    for _ in range(STEPS):
        if not page.url.startswith(f"{keycloak}/"):
            return page
        form = _login_form(page)
        if provider and form is not None and (realm := realm_of(page.url)) != provider:
            if asked:
                raise FailedError(
                    f"The realm {realm} doesn't lead to the identity provider {provider}",
                    why=page.complaint,
                    cure="groundplane plan identity.realms",
                )
            page, asked = choose(browser, page, provider), True
        elif form is not None and {"username", "password"} & {*form.fields}:
            page = _type(browser, page, form, person, typed)
        elif (consent := page.form_with(_ACCEPT)) is not None:
            page = browser.submit(consent, button=_ACCEPT)
        else:
            _complain(page)
            return page
    raise FailedError("Keycloak's login pages don't come to an end", why=f"the last one was: {page.heading}")


def choose(browser: Browser, page: Page, provider: str) -> Page:
    """A provider chosen on a realm's login page, as its button does it, also where it is hidden: the page to which that
    leads."""
    link, form = page.link(f"social-{provider}"), _login_form(page)
    if link is not None:
        return browser.open(link.url)
    return page if form is None else browser.open(_broker(form, realm_of(page.url), provider))


def asks_for_password(page: Page) -> bool:
    return page.form_with("password") is not None


def _login_form(page: Page) -> Form | None:
    return page.form(LOGIN) or page.form_with("username") or page.form_with("password")


def _broker(form: Form, realm: str, provider: str) -> str:
    """Where the button of a provider would lead that the page doesn't show: the session's codes are in its form."""
    parts = urlsplit(form.action)
    words = [(name, value) for name, value in parse_qsl(parts.query) if name != "execution"]
    before = parts.path.partition(f"/realms/{realm}/")[0]
    path = f"{before}/realms/{realm}/broker/{quote(provider, safe='')}/login"
    return parts._replace(path=path, query=urlencode(words)).geturl()


def _type(browser: Browser, page: Page, form: Form, person: Person, typed: set[str]) -> Page:
    """Name, password, or both, as the page wants."""
    realm = realm_of(page.url)
    wanted = {"username": person.username, "password": person.password}
    values = {name: value for name, value in wanted.items() if name in form.fields}
    again = {f"{realm}/{name}" for name in values}
    if page.complaint or again <= typed:
        raise RefusedError(
            f"Keycloak refuses {person.username} in the realm {realm}", why=page.complaint, status=page.status
        )
    typed |= again
    return browser.submit(form, values)


def _complain(page: Page) -> None:
    for form in page.forms:
        if form.id in _ASKED:
            raise FailedError(
                f"Keycloak asks {_ASKED[form.id]}",
                why=f"the realm {realm_of(page.url)} wants it of this user",
                cure="Log in once in a browser.",
            )
    if page.complaint or page.status in REFUSED:
        raise RefusedError(
            f"Keycloak doesn't let this login go on ({page.heading})",
            why=page.complaint or f"HTTP {page.status}",
            status=page.status,
        )


def realm_of(url: str) -> str:
    """The realm whose page that is; empty where it is none's."""
    words = urlsplit(url).path.split("/")
    return words[words.index("realms") + 1] if "realms" in words[:-1] else ""
