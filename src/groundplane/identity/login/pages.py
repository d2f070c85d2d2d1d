"""What a page of HTML asks of a person: its forms, its links, what it complains about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUBMITS_ITSELF = re.compile(r"\.submit\(\s*\)")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_COMPLAINT_IDS = ("input-error",)
_COMPLAINT_CLASSES = ("kc-feedback-text", "alert-error", "alert-danger", "pf-m-danger", "error-message")
"""Where Keycloak's themes (keycloak, keycloak.v2) and Horizon's say what is wrong."""
_COMPLAINT_PAGE = "kc-error-message"


@dataclass(frozen=True, slots=True)
class Form:
    """A form.

    Attributes:
        action: an absolute URL.
        fields: names of inputs, selections and texts to what stands in them; buttons aren't among them.
        visible: those of them that a person sees.
        buttons: names of what submits it, to their values.
    """

    id: str
    action: str
    method: str
    fields: Mapping[str, str]
    visible: tuple[str, ...] = ()
    buttons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    id: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was opened.

    Attributes:
        url: where it is after all redirects.
        complaint: what it says is wrong, on one line; empty where nothing is.
        heading: its first heading, else its title.
        submits_itself: a script would submit its form.
    """

    url: str
    status: int
    forms: tuple[Form, ...] = ()
    links: tuple[Link, ...] = ()
    heading: str = ""
    complaint: str = ""
    text: str = ""
    submits_itself: bool = False

    def form(self, id_: str) -> Form | None:
        return next((form for form in self.forms if form.id == id_), None)

    def form_with(self, *names: str) -> Form | None:
        """The first form that has all these fields or buttons."""
        return next((form for form in self.forms if {*names} <= {*form.fields, *form.buttons}), None)

    def link(self, id_: str) -> Link | None:
        return next((link for link in self.links if link.id == id_), None)


def read_page(url: str, status: int, html: str) -> Page:
    """What a browser without scripts would show of it."""
    reader = _Reader(url)
    reader.feed(html)
    reader.close()
    alone = len(reader.forms) == 1 and not reader.forms[0].visible
    return Page(
        url=url,
        status=status,
        forms=tuple(reader.forms),
        links=tuple(Link(id_, urljoin(url, to), _line(text)) for id_, to, text in reader.links),
        heading=_line(reader.heading) or _line(reader.title),
        complaint=_line(reader.complaint),
        text=_line(reader.text),
        submits_itself=alone and reader.submits_itself,
    )


def _line(text: str) -> str:
    return " ".join(text.split())


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._url = url
        self._open: list[tuple[str, str]] = []
        """Elements around, each with what it is to us: link, title, heading, complaint, script or nothing."""
        self._form: _Form | None = None
        self._select = ""
        self._area = ""
        self.forms: list[Form] = []
        self.links: list[tuple[str, str, str]] = []
        self.title = self.heading = self.complaint = self.text = ""
        self.submits_itself = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if _SUBMITS_ITSELF.search(given.get("onload", "")):
            self.submits_itself = True
        part = _part(tag, given, self.heading)
        if part == "link":
            self.links.append((given.get("id", ""), given["href"], ""))
        if tag == "form":
            action = urljoin(self._url, given.get("action") or self._url)
            self._form = _Form(given.get("id") or given.get("name", ""), action, given.get("method", "get").upper())
        elif self._form is not None:
            self._field(self._form, tag, given, "checked" in given, "selected" in given)
        if tag not in _VOID:
            self._open.append((tag, part))

    def _field(self, form: _Form, tag: str, given: dict[str, str], checked: bool, selected: bool) -> None:
        name, kind, value = given.get("name", ""), given.get("type", "text").lower(), given.get("value", "")
        if tag == "option" and self._select and (selected or self._select not in form.fields):
            form.fields[self._select] = value
        if not name:
            return
        if tag == "button" or (tag == "input" and kind in ("submit", "image", "button")):
            form.buttons[name] = value
        elif tag == "select":
            self._select = name
            form.visible.append(name)
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
            form.visible.append(name)
        elif tag == "input" and (kind not in ("checkbox", "radio") or checked):
            form.fields[name] = value if kind not in ("checkbox", "radio") else value or "on"
            if kind != "hidden":
                form.visible.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.forms.append(self._form.made())
            self._form = None
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""
        for number in range(len(self._open) - 1, -1, -1):
            if self._open[number][0] == tag:
                del self._open[number:]
                break

    def handle_data(self, data: str) -> None:
        parts = {part for _, part in self._open}
        tags = {tag for tag, _ in self._open}
        if "script" in tags:
            self.submits_itself = self.submits_itself or bool(_SUBMITS_ITSELF.search(data))
            return
        # What is said to browsers without scripts is no complaint.
        if tags & {"style", "noscript"}:
            return
        if self._area and self._form is not None:
            self._form.fields[self._area] += data
        if "title" in tags:
            self.title += data
            return
        if "link" in parts:
            id_, to, text = self.links[-1]
            self.links[-1] = (id_, to, text + data)
        if "heading" in parts:
            self.heading += data
        if "complaint" in parts:
            self.complaint += f"{data} "
        self.text += f"{data} "

    def close(self) -> None:
        super().close()
        if self._form is not None:
            self.forms.append(self._form.made())
            self._form = None


@dataclass(slots=True)
class _Form:
    id: str
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    visible: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)

    def made(self) -> Form:
        return Form(self.id, self.action, self.method, dict(self.fields), tuple(self.visible), dict(self.buttons))


def _part(tag: str, given: dict[str, str], heading: str) -> str:
    id_, classes = given.get("id", ""), given.get("class", "").split()
    if tag == "a" and "href" in given:
        return "link"
    if id_ == _COMPLAINT_PAGE or id_.startswith(_COMPLAINT_IDS) or set(_COMPLAINT_CLASSES) & set(classes):
        return "complaint"
    if tag in ("h1", "h2") and not heading.strip():
        return "heading"
    return ""
