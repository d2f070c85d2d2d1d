"""A Keystone in a thread, good enough for a login: TLS for a name that no DNS knows, one account."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import tempfile
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "api.cloud.test"
PASSWORD = "right"


@cache
def certificate() -> tuple[str, str]:
    """A certificate for `NAME` that signs itself, and its key; PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signed.public_bytes(pem).decode(), private.decode()


class _Keystone(ThreadingHTTPServer):
    daemon_threads = True
    asked: list[dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    server: _Keystone
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        here = f"https://{NAME}:{self.server.server_address[1]}/v3/"
        self._answer(200, {"version": {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": here}]}})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["auth"]
        self.server.asked.append(asked)
        user = asked["identity"]["password"]["user"]
        if user["password"] != PASSWORD:
            self._answer(401, {"error": {"code": 401, "message": "The request you have made requires authentication."}})
            return
        token = {
            "methods": ["password"],
            "user": {"id": "1", "name": user["name"], "domain": {"id": "default", "name": "Default"}},
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "catalog": [],
        }
        self._answer(201, {"token": token}, {"X-Subject-Token": "a-token"})

    def _answer(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def keystone() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Its port, and what it was asked."""
    server = _Keystone(("127.0.0.1", 0), _Handler)
    server.asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write("".join(certificate()))
        file.flush()
        context.load_cert_chain(file.name)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], server.asked
    finally:
        server.shutdown()
        server.server_close()
