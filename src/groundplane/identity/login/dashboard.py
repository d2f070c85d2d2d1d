"""Horizon, entered through the single sign-on as a person would, and left again.

Source: Horizon's openstack_auth (views.login, views.websso, views.logout): people choose how to log in on its own form,
Keystone's page hands the token over by a form that submits itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.identity.login.asking import WELL
from groundplane.identity.login.forms import log_in

if TYPE_CHECKING:
    from groundplane.identity.login.browser import Browser
    from groundplane.identity.login.forms import Person
    from groundplane.identity.login.pages import Form, Page

LOG_IN, LOG_OUT = "auth/login/", "auth/logout/"
PROJECT_PAGE = "project/"
_CHOICE = "auth_type"
_TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - a field's name


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A Horizon.

    Attributes:
        url: its start page, with a slash at the end.
        choice: the single sign-on among the ways in: PROVIDER_PROTOCOL (Kolla's WEBSSO_CHOICES).
        keycloak: Keycloak's URL, without one.
    """

    browser: Browser
    url: str
    choice: str
    keycloak: str

    def start(self) -> Page:
        """The single sign-on chosen: the page to which Horizon and Keystone lead then.

        Raises:
            FailedError: Horizon doesn't offer it.
        """
        page = self.browser.open(f"{self.url}{LOG_IN}")
        form = page.form_with(_CHOICE)
        if form is None:
            if page.url.startswith(f"{self.keycloak}/") or self.is_in(page):
                return page
            raise FailedError(
                "Horizon doesn't offer the single sign-on", why=f"{page.url} shows: {page.heading or page.status}"
            )
        return self.browser.submit(form, {_CHOICE: self.choice})

    def log_in(self, person: Person, *, provider: str = "") -> Page:
        """The page of the person's project.

        Raises:
            RefusedError: Keycloak refuses.
            FailedError: Keystone or Horizon do, or something doesn't answer.
        """
        page = log_in(self.browser, self.start(), person, keycloak=self.keycloak, provider=provider)
        if not self.is_in(page):
            raise FailedError(
                f"The login of {person.username} doesn't lead into Horizon",
                why=f"{page.url.partition('?')[0]} answers with HTTP {page.status}: "
                f"{page.complaint or page.heading or page.text[:200]}",
                cure="groundplane openstack logs keystone horizon --since 10m",
            )
        return self.browser.open(f"{self.url}{PROJECT_PAGE}")

    def is_in(self, page: Page) -> bool:
        """Whether somebody is logged in on that page: there is a way out of it."""
        return page.url.startswith(self.url) and page.status in WELL and self._way_out(page) is not None

    def log_out(self, page: Page) -> Page:
        """The page to which the way out leads in the end.

        Raises:
            FailedError: that page has none, or something on the way doesn't answer.
        """
        way = self._way_out(page)
        if way is None:
            raise FailedError("This page of Horizon has no way out", why=page.url)
        return self.browser.open(way) if isinstance(way, str) else self.browser.submit(way)

    def _way_out(self, page: Page) -> Form | str | None:
        """A form, as Django wants it since 5, or a link, as it was before."""
        form = next((form for form in page.forms if LOG_OUT in form.action and _TOKEN in form.fields), None)
        link = next((link.url for link in page.links if LOG_OUT in link.url), None)
        return form or link
