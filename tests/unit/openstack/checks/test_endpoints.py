"""Endpoints, asked by TLS for real in a thread of this process; and what is made of the answers."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.openstack.api import Entrance
from groundplane.openstack.checks import endpoint_script
from groundplane.openstack.checks.endpoints import (
    Endpoint,
    EndpointAnswer,
    answer_problems,
    ask_from_here,
    backend_problems,
    everywhere,
    read_catalog,
    summary,
)

from ..fake_keystone import NAME, certificate  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Iterator

HAPROXY = """\
# pxname,svname,qcur,status,last_chk,check_status,
status,FRONTEND,,OPEN,,,
nova_api_back,node1,0,UP,,L4OK,
nova_api_back,node2,0,DOWN,Connection refused,L4CON,
nova_api_external_back,node2,0,DOWN,Connection refused,L4CON,
nova_api_back,BACKEND,0,UP,,,
"""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        known = {"/v3/auth/catalog": 200, "/broken": 503, "/": 300}
        status = known.get(self.path, 404)
        if self.path == "/v3/auth/catalog" and self.headers.get("X-Auth-Token") != "a token":
            status = 401
        self.send_response(status)
        self.end_headers()


@contextmanager
def serving() -> Iterator[int]:
    """The port of an endpoint with a certificate for NAME."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join(certificate()))
        file.flush()
        context.load_cert_chain(file.name)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def endpoint(url: str, type_: str = "other", interface: str = "public") -> Endpoint:
    return Endpoint(type_, type_, interface, url)


def answer(url: str = "https://api:1/", status: int = 200, *, type_: str = "other", **more: Any) -> EndpointAnswer:
    fields = {"error": "", "seconds": 0.2, "days": 90.0}
    return EndpointAnswer(endpoint(url, type_), status, **{**fields, **more})


def where(authority: str | None) -> Entrance:
    return Entrance("public", "", "", 1, "RegionOne", authority, {NAME: "127.0.0.1"})


def test_endpoints_answer_over_tls_to_the_name_in_their_certificate() -> None:
    with serving() as port:
        base = f"https://{NAME}:{port}"
        asked = [endpoint(base, "identity"), endpoint(f"{base}/"), endpoint(f"{base}/broken")]
        identity, root, broken = ask_from_here(asked, where(certificate()[0]), "a token")
    assert [told.status for told in (identity, root, broken)] == [200, 300, 503]
    # It was made for a day.
    assert "ends within a day" in identity.problem(tls=True)
    assert broken.problem(tls=True).endswith("answers with HTTP 503")


def test_a_certificate_that_nobody_vouches_for_is_no_answer() -> None:
    with serving() as port:
        (told,) = ask_from_here([endpoint(f"https://{NAME}:{port}/")], where(None), "")
        (other,) = ask_from_here([endpoint(f"https://localhost:{port}/")], where(certificate()[0]), "")
    assert "can't be verified" in told.problem(tls=True)
    assert "doesn't answer" in other.problem(tls=True)


def test_nobody_there_is_no_answer() -> None:
    (told,) = ask_from_here([endpoint("https://127.0.0.1:1/")], where(None), "")
    assert told.status == 0
    assert "Connection refused" in told.problem(tls=True)


def test_the_same_questions_run_as_a_script_on_a_host() -> None:
    with serving() as port:
        question = {
            "urls": [[f"https://{NAME}:{port}/", False]],
            "token": "",
            "authority": certificate()[0],
        }
        source = Path(endpoint_script.__file__).read_text()
        lead = (
            "connect = socket.create_connection\n"
            "socket.create_connection = lambda at, **more: connect(('127.0.0.1', at[1]), **more)"
        )
        script = f"{source}\n{lead}\nprint(answer(json.loads({json.dumps(question)!r})))\n"
        said = subprocess.run([sys.executable, "-I", "-"], input=script, capture_output=True, text=True, check=True)
    told = json.loads(said.stdout)
    assert next(iter(told)) == "groundplane_endpoints"
    assert told["endpoints"][0]["status"] == 300
    assert told["endpoints"][0]["expires"] > 0


@pytest.mark.parametrize(
    ("type_", "url", "asked"),
    [
        ("identity", "https://api:5000", "https://api:5000/v3/auth/catalog"),
        ("identity", "https://api:5000/v3/", "https://api:5000/v3/auth/catalog"),
        ("image", "https://api:9292", "https://api:9292/v2/images?limit=1"),
        ("network", "https://api:9696/v2.0", "https://api:9696/v2.0/networks?limit=1"),
        ("volumev3", "https://api:8776/v3/PROJECT", "https://api:8776/v3/PROJECT/volumes?limit=1"),
        ("compute", "https://api:8774/v2.1", "https://api:8774/v2.1/servers?limit=1"),
    ],
)
def test_known_services_are_asked_a_small_question(type_: str, url: str, asked: str) -> None:
    assert endpoint(url, type_).question() == (asked, True)


def test_other_services_are_asked_without_a_token() -> None:
    assert endpoint("https://api:6780/swift/v1", "object-store").question() == ("https://api:6780/swift/v1", False)


def test_what_counts_as_wrong() -> None:
    assert answer(status=300).problem(tls=True) == ""
    assert answer(status=401).problem(tls=True) == ""
    assert "HTTP 401 to GET /servers" in answer("https://api:1/v2.1", 401, type_="compute").problem(tls=True)
    assert "HTTP 502" in answer(status=502).problem(tls=True)
    assert "isn't encrypted" in answer("http://api:1/").problem(tls=True)
    assert answer("http://api:1/", days=None).problem(tls=False) == ""
    assert "within a day" in answer(days=0.5).problem(tls=True)


def test_where_nothing_answers_one_sentence_does() -> None:
    dead = [answer("https://api:1/", 0, error="No route to host"), answer("https://api:2/", 0, error="timed out")]
    (told,) = answer_problems(dead, tls=True)
    assert told.startswith("none of 2 endpoints answers; the first: ")
    assert "No route to host" in told
    assert len(answer_problems([*dead, answer()], tls=True)) == 2
    assert answer_problems([], tls=True) == []


def test_a_catalog_is_read_for_its_region() -> None:
    catalog: list[dict[str, Any]] = [
        {
            "type": "compute",
            "name": "nova",
            "endpoints": [
                {"interface": "public", "url": "https://api:8774/v2.1", "region": "RegionOne"},
                {"interface": "public", "url": "https://other:8774/v2.1", "region": "RegionTwo"},
            ],
        },
        {"type": "empty", "name": "", "endpoints": []},
    ]
    assert read_catalog(catalog, "RegionOne") == (Endpoint("compute", "nova", "public", "https://api:8774/v2.1"),)


def test_backends_that_get_nothing_are_told_once() -> None:
    rows = endpoint_script.read_statistics(HAPROXY)
    assert [row["server"] for row in rows] == ["node1", "node2", "node2"]
    assert backend_problems(rows) == ["HAProxy finds nova_api on node2 DOWN (L4CON Connection refused)"]


def test_a_host_without_a_load_balancer_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(endpoint_script, "SOCKETS", (str(tmp_path / "haproxy.sock"),))
    assert endpoint_script.backends() is None
    (tmp_path / "haproxy.sock").touch()
    assert endpoint_script.backends() is None


def test_what_all_hosts_find_is_told_once() -> None:
    shared, own = everywhere({"node1": ["a", "b"], "node2": ["b"], "node3": ["b", "c"]})
    assert shared == ["b"]
    assert own == {"node1": ["a"], "node3": ["c"]}
    assert everywhere({"node1": ["a"]}) == ([], {"node1": ["a"]})


def test_the_summary_counts_endpoints_and_names_the_slowest() -> None:
    told = summary([answer(seconds=0.1), answer("https://api:2/", seconds=1.25, days=30.0)], 3)
    assert told.startswith("2 endpoints, from here and from 3 hosts; the slowest took 1.2 s (other); ")
    assert told.endswith("certificates are valid for 30 more days")
    assert summary([answer("http://api:1/", days=None)], 0).endswith("without TLS")
