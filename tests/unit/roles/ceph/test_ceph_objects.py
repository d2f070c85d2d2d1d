"""Objects written and read by S3 and Swift, against a small gateway that checks signatures as Amazon describes them."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

objects: Any = importlib.import_module("ceph_objects")

KEYS = objects.Keys("ACCESS", "SECRET", "verify:swift", "SWIFTSECRET")


class Store(ThreadingHTTPServer):
    """`broken` is what it does wrong."""

    broken = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: dict[str, bytes] = {}
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_signed(self, body: bytes) -> bool:
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=ACCESS/(\d{8})/([a-z0-9-]+)/s3/aws4_request, "
            r"SignedHeaders=([a-z0-9;-]+), Signature=(\w+)",
            self.headers["Authorization"],
        )
        if found is None or self.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            return False
        day, region, names, signature = found.groups()
        lines = "".join(f"{name}:{self.headers[name]}\n" for name in names.split(";"))
        request = f"{self.command}\n{self.path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{day}/{region}/s3/aws4_request"
        text = (
            f"AWS4-HMAC-SHA256\n{self.headers['x-amz-date']}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        )
        key = b"AWS4SECRET"
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.new(key, text.encode(), "sha256").hexdigest() == signature

    def handle_it(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        store = self.server
        store.asked.append(f"{self.command} {self.path}")
        if self.path == "/auth/v1.0":
            good = (self.headers["X-Auth-User"], self.headers["X-Auth-Key"]) == ("verify:swift", "SWIFTSECRET")
            url = f"http://{self.headers['Host']}/swift/v1"
            self.answer(204 if good else 403, X_Storage_Url=url, X_Auth_Token="TOKEN")
            return
        allowed = self.headers["X-Auth-Token"] == "TOKEN" if self.path.startswith("/swift") else self.is_signed(body)
        if not allowed or store.broken == "forbidden":
            self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif self.command == "PUT":
            store.content[self.path] = body
            self.answer(507 if store.broken == "full" and body else 201)
        elif self.command == "GET":
            self.answer(200, b"other" if store.broken == "rot" else store.content[self.path])
        else:
            self.answer(204 if store.content.pop(self.path, None) is not None else 404)

    do_GET = do_PUT = do_DELETE = handle_it  # noqa: N815 - the server's names


@pytest.fixture
def store() -> Iterator[Store]:
    server = Store()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def gateway(store: Store) -> Any:
    return objects.Gateway("127.0.0.1", store.server_port, tls=False)


def test_s3_writes_reads_and_leaves_nothing(store: Store) -> None:
    with gateway(store) as asked:
        objects.write_and_read(objects.S3(asked, KEYS), "bucket")
    assert store.asked == [
        "PUT /bucket",
        "PUT /bucket/object",
        "GET /bucket/object",
        "DELETE /bucket/object",
        "DELETE /bucket",
    ]
    assert store.content == {}


def test_swift_logs_in_and_works_where_it_is_sent_to(store: Store) -> None:
    with gateway(store) as asked:
        objects.write_and_read(objects.Swift(asked, KEYS), "container")
    assert store.asked[0] == "GET /auth/v1.0"
    assert store.asked[1] == "PUT /swift/v1/container"
    assert store.content == {}


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("rot", "what was read isn't what was written"),
        ("full", "can't write an object: 507"),
        ("forbidden", "can't make bucket: 403 SignatureDoesNotMatch"),
    ],
)
def test_what_fails_is_said_and_nothing_is_left(store: Store, broken: str, said: str) -> None:
    store.broken = broken
    with gateway(store) as asked, pytest.raises(objects.ObjectError, match=said):
        objects.write_and_read(objects.S3(asked, KEYS), "bucket")
    assert store.content == {}


def test_a_wrong_password_of_swift(store: Store) -> None:
    with gateway(store) as asked, pytest.raises(objects.ObjectError, match="can't log in by Swift: 403"):
        objects.Swift(asked, KEYS._replace(swift_secret="no"))


def test_a_gateway_that_is_not_there(store: Store) -> None:
    port = store.server_port
    store.server_close()
    with objects.Gateway("127.0.0.1", port, tls=False) as asked, pytest.raises(objects.ObjectError, match="no answer"):
        objects.write_and_read(objects.S3(asked, KEYS), "bucket")


def test_addresses_of_both_kinds() -> None:
    assert objects.Gateway("fd00::11", 7480, tls=True).endpoint == "https://[fd00::11]:7480"
    assert objects.Gateway("172.31.9.11", 7480, tls=False).endpoint == "http://172.31.9.11:7480"


def test_reasons_of_s3_and_of_swift() -> None:
    answers = [
        (b"<Error><Code>NoSuchBucket</Code></Error>", "NoSuchBucket"),
        (json.dumps({"Code": "QuotaExceeded"}).encode(), "QuotaExceeded"),
        (b"Unauthorized", "Unauthorized"),
    ]
    for body, said in answers:
        assert objects._reason(objects.Answer(400, {}, body)).strip() == said
    assert objects._reason(objects.Answer(400, {}, b"")) == ""
