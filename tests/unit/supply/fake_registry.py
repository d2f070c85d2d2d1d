"""A registry in a thread, good enough for skopeo: blobs and manifests in memory, TLS, one account; it can go away."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import ipaddress
import json
import ssl
import tempfile
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, PASSWORD = "push", "a-password"


@cache
def certificate() -> tuple[str, str]:
    """A certificate for 127.0.0.1 that signs itself, and its key; PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signed.public_bytes(pem).decode(), private.decode()


class FakeRegistry(ThreadingHTTPServer):
    """`uploads` counts layers that travelled; at `dies_after` of them the registry hangs up on everybody."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.uploads = 0
        self.dies_after: int | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def is_dead(self) -> bool:
        return self.dies_after is not None and self.uploads >= self.dies_after


class _Handler(BaseHTTPRequestHandler):
    server: FakeRegistry
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True

    def handle_one_request(self) -> None:
        if self.server.is_dead():
            self.close_connection = True
            return
        super().handle_one_request()

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _is_refused(self) -> bool:
        token = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {token}":
            return False
        self._answer(401, WWW_Authenticate='Basic realm="test"')
        return True

    def do_GET(self) -> None:
        if self._is_refused():
            return
        path = urlsplit(self.path).path
        name, _, rest = path.removeprefix("/v2/").partition("/manifests/")
        if path == "/v2/":
            self._answer(200)
        elif rest and (name, rest) in self.server.manifests:
            body, kind = self.server.manifests[name, rest]
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            self._answer(200, body, Content_Type=kind, Docker_Content_Digest=digest)
        elif "/blobs/" in path and path.rpartition("/")[2] in self.server.blobs:
            self._answer(200, self.server.blobs[path.rpartition("/")[2]])
        elif path.endswith("/tags/list"):
            name = path.removeprefix("/v2/").removesuffix("/tags/list")
            tags = sorted(tag for repository, tag in self.server.manifests if repository == name and ":" not in tag)
            self._answer(200, json.dumps({"tags": tags}).encode())
        else:
            self._answer(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        if not self._is_refused():
            self._answer(202, Location=f"{self.path.rstrip('/')}/1")

    def do_PATCH(self) -> None:
        if not self._is_refused():
            self._keep(self._read())
            self._answer(202, Location=self.path)

    def do_PUT(self) -> None:
        if self._is_refused():
            return
        body, where = self._read(), urlsplit(self.path)
        name, _, reference = where.path.removeprefix("/v2/").partition("/manifests/")
        if reference:
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            for key in (reference, digest):
                self.server.manifests[name, key] = (body, self.headers.get("Content-Type", ""))
            self._answer(201, Docker_Content_Digest=digest)
            return
        if body:
            self._keep(body)
        self.server.uploads += 1
        self._answer(201, Docker_Content_Digest=parse_qs(where.query)["digest"][0])

    def do_DELETE(self) -> None:
        if self._is_refused():
            return
        name, _, reference = self.path.removeprefix("/v2/").partition("/manifests/")
        found = self.server.manifests.pop((name, reference), None)
        self._answer(404 if found is None else 202)

    def _keep(self, data: bytes) -> None:
        self.server.blobs[f"sha256:{hashlib.sha256(data).hexdigest()}"] = data

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data


@contextmanager
def fake_registry() -> Iterator[FakeRegistry]:
    server = FakeRegistry()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join(certificate()))
        file.flush()
        context.load_cert_chain(file.name)
    # The handshake belongs to the connection's own thread.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
