"""Writes an object through one object gateway and reads it back, by S3 and by Swift; the standard library alone.

S3 requests are signed as in Amazon's "Signature Version 4"; for Swift the gateway's own first authentication is used
(Ceph's documentation, radosgw/swift/auth). A gateway is asked at an address of its own, with its certificate checked
against what this host trusts: nobody's load balancer stands between.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
import ssl
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 6.0
"""Without a word from a gateway."""
REGION = "default"
MISSING = 404
TAKEN = 409
FIRST_FAILURE = 300


class ObjectError(Exception):
    """A gateway refused, answered something else than what was written, or can't be reached."""


class Keys(NamedTuple):
    """What a user of the gateways logs in with; `swift_user` is USER:SUBUSER."""

    access: str
    secret: str
    swift_user: str = ""
    swift_secret: str = ""


class Answer(NamedTuple):
    """What a gateway answered; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Gateway:
    """One gateway, asked over one connection; to be used in a `with`."""

    def __init__(self, address: str, port: int, *, tls: bool, seconds: float = SECONDS) -> None:
        self.endpoint = f"{'https' if tls else 'http'}://{bracketed(address)}:{port}"
        self.authority = f"{bracketed(address)}:{port}"
        self._connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(address, port, timeout=seconds, context=ssl.create_default_context())
            if tls
            else http.client.HTTPConnection(address, port, timeout=seconds)
        )

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Raises ObjectError where there is no answer; an answer of any status is one."""
        try:
            self._connection.request(method, path, body=body or None, headers=dict(headers))
            answer = self._connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        except ssl.SSLCertVerificationError as error:
            raise ObjectError(f"its certificate isn't trusted: {error.verify_message}") from error
        except (OSError, http.client.HTTPException) as error:
            # A connection on which something failed can't be asked again.
            self._connection.close()
            raise ObjectError(f"no answer: {error or type(error).__name__}") from error


class S3:
    """S3's requests with one user's keys."""

    def __init__(self, gateway: Gateway, keys: Keys) -> None:
        self._gateway = gateway
        self._keys = keys

    def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": self._gateway.authority, "x-amz-content-sha256": digest, "x-amz-date": moment}
        signed = ";".join(sorted(headers))
        lines = [f"{name}:{headers[name]}" for name in sorted(headers)]
        scope = f"{moment[:8]}/{REGION}/s3/aws4_request"
        request = "\n".join([method, quote(path), "", *lines, "", signed, digest])
        hashed = hashlib.sha256(request.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashed])
        key = f"AWS4{self._keys.secret}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._keys.access}/{scope}, SignedHeaders={signed}, Signature={signature}"
        )
        return self._gateway.ask(method, quote(path), headers, body)

    def want(self, what: str, method: str, path: str, body: bytes = b"") -> bytes:
        """The answer's body.

        Raises:
            ObjectError: another status than one of success, with the gateway's own code.
        """
        return _body(what, self.ask(method, path, body))


class Swift:
    """Swift's requests, with a token that the gateway itself gave."""

    def __init__(self, gateway: Gateway, keys: Keys) -> None:
        self._gateway = gateway
        asked = {"X-Auth-User": keys.swift_user, "X-Auth-Key": keys.swift_secret}
        answer = gateway.ask("GET", "/auth/v1.0", asked)
        _body("log in by Swift", answer)
        self._path = urlsplit(answer.headers.get("x-storage-url", "")).path or "/swift/v1"
        self._headers = {"X-Auth-Token": answer.headers.get("x-auth-token", "")}

    def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        return self._gateway.ask(method, self._path + quote(path), self._headers, body)

    def want(self, what: str, method: str, path: str, body: bytes = b"") -> bytes:
        """As S3's."""
        return _body(what, self.ask(method, path, body))


def write_and_read(client: S3 | Swift, container: str, *, size: int = 65536) -> None:
    """Makes a bucket or container, writes an object, reads it, compares, and removes both, also where something failed.

    Raises:
        ObjectError: what could not be done.
    """
    body = secrets.token_bytes(size)
    path = f"/{container}/object"
    client.want(f"make {container}", "PUT", f"/{container}")
    try:
        client.want("write an object", "PUT", path, body)
        read = client.want("read the object", "GET", path)
        if hashlib.sha256(read).digest() != hashlib.sha256(body).digest():
            raise ObjectError(f"what was read isn't what was written ({len(read)} of {len(body)} bytes)")
    finally:
        # What this can't remove goes with the user who owns it.
        left = [client.ask("DELETE", name) for name in (path, f"/{container}")]
    for answer in left:
        if answer.status not in (MISSING, TAKEN):
            _body("remove what was written", answer)


def bracketed(address: str) -> str:
    """An address as it stands in a URL: IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address


def _body(what: str, answer: Answer) -> bytes:
    if answer.status < FIRST_FAILURE:
        return answer.body
    raise ObjectError(f"can't {what}: {answer.status}{_reason(answer)}")


def _reason(answer: Answer) -> str:
    """S3 answers XML with a Code, Swift JSON or a word."""
    text = answer.body.decode(errors="replace").strip()
    if "<Code>" in text:
        return " " + text.split("<Code>", 1)[1].split("</Code>", 1)[0]
    try:
        data = json.loads(text)
    except ValueError:
        return f" {text[:80]}" if text else ""
    return f" {data.get('Code') or data}" if isinstance(data, dict) else f" {data}"
