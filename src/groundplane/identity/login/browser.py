"""A browser without scripts and without a screen: opens, follows, submits, and keeps its cookies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

from groundplane.errors import FailedError
from groundplane.identity.login.pages import Page, read_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.identity.login.asking import Asker
    from groundplane.identity.login.pages import Form

REDIRECTS = 20
_REDIRECT = (301, 302, 303, 307, 308)
_SAME_METHOD = (307, 308)
_HEADERS = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"}
"""Pages speak English, so that what they complain about can be told."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Cookies are those of the asker's session.

    Attributes:
        stop_at: an address whose opening isn't asked of anybody: where a program on the person's own machine would
            listen. The page is returned with this address and nothing in it.
    """

    asker: Asker
    stop_at: str = ""

    def open(self, url: str) -> Page:
        """The page at the end of all redirects, those by forms that a script would submit included.

        Raises:
            FailedError: nobody answers, or one redirect leads to the next without end.
        """
        return self._go("GET", url, None)

    def submit(self, form: Form, values: Mapping[str, str] | None = None, *, button: str = "") -> Page:
        """Fills a form, presses a button where one is named, and returns the page to which that leads.

        Raises:
            FailedError: as `open`.
        """
        pressed = {button: form.buttons.get(button, "")} if button else {}
        return self._go(form.method, form.action, {**form.fields, **(values or {}), **pressed})

    def _go(self, method: str, url: str, fields: Mapping[str, str] | None) -> Page:
        for _ in range(REDIRECTS):
            if self.stop_at and url.startswith(self.stop_at):
                return Page(url, 0)
            if method == "GET" and fields is not None:
                url = f"{url.partition('?')[0]}?{urlencode(fields)}"
                fields = None
            headers = _HEADERS if method == "GET" else {**_HEADERS, "Referer": url, "Origin": _origin(url)}
            response = self.asker.send(method, url, form=fields, headers=headers)
            target = self.asker.http.get_redirect_target(response) if response.status_code in _REDIRECT else None
            if target is not None:
                url = urljoin(url, target)
                if response.status_code not in _SAME_METHOD:
                    method, fields = "GET", None
                continue
            page = read_page(url, response.status_code, response.text)
            if not page.submits_itself:
                return page
            form = page.forms[0]
            method, url, fields = form.method, form.action, dict(form.fields)
        raise FailedError(f"{url.partition('?')[0]} leads from one page to the next without end")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
