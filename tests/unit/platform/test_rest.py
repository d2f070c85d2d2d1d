"""Plain calls: pages and refusals."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from openstack.exceptions import HttpException

from groundplane.platform.rest import COMPUTE, IDENTITY, IMAGE, NETWORK, Rest


class Answer:
    """What requests gives, as far as the SDK looks at it."""

    def __init__(self, status: int, body: object) -> None:
        self.status_code = status
        self.ok = status < 400
        self.reason = "why"
        self.url = "https://cloud.test/x"
        self.headers = {"content-type": "application/json"}
        self.content = json.dumps(body).encode() if body is not None else b""
        self.request = SimpleNamespace(method="GET", url=self.url)

    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def text(self) -> str:
        return self.content.decode()


def rest(answers: dict[str, Answer], asked: list[str]) -> Rest:
    def request(path: str, method: str, **words: Any) -> Answer:
        query = "&".join(f"{name}={value}" for name, value in words["params"].items())
        asked.append(f"{method} {path}{'?' + query if query else ''}")
        return answers[path]

    service = SimpleNamespace(request=request)
    return Rest(SimpleNamespace(compute=service, image=service, identity=service, network=service))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("service", "path", "key", "link", "following"),
    [
        (COMPUTE, "/flavors/detail", "flavors", {"flavors_links": [{"rel": "next", "href": "{}"}]}, "/flavors/detail"),
        (IMAGE, "/images", "images", {"next": "{}"}, "/images"),
        (IDENTITY, "/users", "users", {"links": {"next": "{}", "self": "x"}}, "/users"),
        (NETWORK, "/ports", "ports", {"ports_links": [{"rel": "next", "href": "{}"}]}, "/ports"),
    ],
)
def test_lists_are_read_page_after_page(
    service: str, path: str, key: str, link: dict[str, Any], following: str
) -> None:
    href = f"http://inside:8774/v2.1{path}?marker=1"
    body = json.loads(json.dumps({key: [{"id": "1"}], **link}).replace("{}", href))
    asked: list[str] = []
    cloud = rest({path: Answer(200, body), f"{following}?marker=1": Answer(200, {key: [{"id": "2"}]})}, asked)
    assert [one["id"] for one in cloud.all(service, path, key, params={"name": "a"})] == ["1", "2"]
    assert asked == [f"GET {path}?name=a", f"GET {following}?marker=1"]


def test_a_refusal_is_the_sdks() -> None:
    refused = Answer(409, {"conflictingRequest": {"message": "in use", "code": 409}})
    with pytest.raises(HttpException, match="in use"):
        rest({"/flavors/1": refused}, []).call(COMPUTE, "DELETE", "/flavors/1")


@pytest.mark.parametrize("patience", [0.0, 60.0])
def test_a_service_that_the_load_balancer_doesnt_see_yet_is_waited_for(
    patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"/flavors": Answer(503, None)}
    asked: list[str] = []
    cloud = rest(answers, asked)
    waiting = Rest(cloud.connection, patience=patience)

    def up(_: float) -> None:
        answers["/flavors"] = Answer(200, {"flavors": [{"id": "1"}]})

    monkeypatch.setattr("time.sleep", up)
    if patience:
        assert waiting.all(COMPUTE, "/flavors", "flavors") == [{"id": "1"}]
        assert len(asked) == 2
    else:
        with pytest.raises(HttpException):
            waiting.all(COMPUTE, "/flavors", "flavors")


def test_a_refusal_isnt_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = rest({"/flavors/1": Answer(409, {"conflictingRequest": {"message": "in use", "code": 409}})}, [])
    monkeypatch.setattr("time.sleep", None)
    with pytest.raises(HttpException, match="in use"):
        Rest(cloud.connection, patience=60).call(COMPUTE, "DELETE", "/flavors/1")


def test_no_body_is_no_data() -> None:
    assert rest({"/c": Answer(204, None)}, []).call(COMPUTE, "POST", "/c", body={}) == {}
