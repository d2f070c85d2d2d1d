"""Answers in place of a network: what a session is asked goes to functions, by method and address."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPMessage
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from groundplane.identity.login.asking import Asker

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Asked:
    """A question that came."""

    method: str
    url: str
    fields: dict[str, str]
    headers: dict[str, str]
    body: str = ""

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.url.partition("?")[2]))


@dataclass(slots=True)
class Said:
    """What is answered: HTML as text, anything else as JSON."""

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class FakeWeb(BaseAdapter):
    """`on["GET https://a/b"]` answers for an address without its query."""

    def __init__(self) -> None:
        super().__init__()
        self.on: dict[str, Callable[[Asked], Said]] = {}
        self.asked: list[Asked] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        came = Asked(
            str(request.method),
            str(request.url),
            dict(parse_qsl(str(body))),
            {name: str(value) for name, value in request.headers.items()},
            str(body),
        )
        self.asked.append(came)
        answer = self.on.get(f"{came.method} {came.url.partition('?')[0]}")
        if answer is None:
            raise requests.ConnectionError(f"nobody listens at {came.url}")
        said = answer(came)
        text = said.body if isinstance(said.body, str) else json.dumps(said.body)
        raw = HTTPResponse(BytesIO(text.encode()), status=said.status, headers=said.headers, preload_content=False)
        # Cookies are read from what http.client made.
        message = HTTPMessage()
        for name, value in said.headers.items():
            message[name] = value
        raw._original_response = cast("Any", SimpleNamespace(msg=message, close=lambda: None, isclosed=lambda: True))
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        """Nothing is open."""

    def asker(self) -> Asker:
        http = requests.Session()
        http.trust_env = False
        http.mount("https://", self)
        return Asker(http)


def leads_to(url: str, **cookies: str) -> Callable[[Asked], Said]:
    headers = {"Location": url}
    if cookies:
        headers["Set-Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return lambda _: Said(status=302, headers=headers)
