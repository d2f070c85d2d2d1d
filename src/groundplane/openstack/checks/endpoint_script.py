"""Asks endpoints of a cloud's API, over TLS that is verified; and a load balancer how its servers are.

It runs where groundplane runs, for the public endpoints, and comes to hosts over ssh's standard input for the internal
ones. It only reads, and leaves nothing behind. Standard library alone, Python 3.9 and later. A host's answer is one
line of JSON:

    {"groundplane_endpoints": 1, "endpoints": [{"status", "error", "seconds", "expires"}, …], "backends": [{"backend",
     "server", "status", "why"}, …] or null where no load balancer runs here}
"""

from __future__ import annotations

import concurrent.futures
import csv
import http.client
import json
import socket
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SECONDS = 15.0
PARALLEL = 8
SOCKETS = (
    # Kolla's volume haproxy_socket, as docker and podman keep it on the host.
    "/var/lib/docker/volumes/haproxy_socket/_data/haproxy.sock",
    "/var/lib/containers/storage/volumes/haproxy_socket/_data/haproxy.sock",
)
AGENT = "groundplane"


def ask_endpoint(
    url: str,
    token: str,
    context: ssl.SSLContext,
    addresses: dict[str, str],
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """GETs it. `status` is 0 where there is no answer, and `error` says why; `expires` is the certificate's end, in
    seconds since 1970."""
    parts = urlsplit(url)
    began = time.monotonic()
    told: dict[str, Any] = {"status": 0, "error": "", "seconds": 0.0, "expires": 0.0}
    host = parts.hostname or ""
    connection: http.client.HTTPConnection | None = None
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        plain = socket.create_connection((addresses.get(host, host), port), timeout=seconds)
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        if parts.scheme == "https":
            secure = context.wrap_socket(plain, server_hostname=host)
            certificate = secure.getpeercert() or {}
            told["expires"] = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
            plain = secure
        connection.sock = plain
        path = parts.path or "/"
        headers = {"User-Agent": AGENT, "Accept": "application/json", "Connection": "close"}
        if token:
            headers["X-Auth-Token"] = token
        connection.request("GET", f"{path}?{parts.query}" if parts.query else path, headers=headers)
        answer = connection.getresponse()
        told["status"] = answer.status
        # To the end, so that an answer that breaks off is an error.
        answer.read()
    except ssl.SSLCertVerificationError as error:
        told["error"] = f"its certificate can't be verified: {error.verify_message}"
    except (OSError, http.client.HTTPException) as error:
        told["error"] = str(error) or type(error).__name__
    finally:
        if connection is not None:
            connection.close()
    told["seconds"] = round(time.monotonic() - began, 3)
    return told


def ask_endpoints(
    urls: list[tuple[str, bool]], token: str, context: ssl.SSLContext, addresses: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """Several at a time; each URL with whether the token goes with it."""

    def ask(question: tuple[str, bool]) -> dict[str, Any]:
        return ask_endpoint(question[0], token if question[1] else "", context, addresses or {})

    with concurrent.futures.ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        return list(pool.map(ask, urls))


def backends() -> list[dict[str, str]] | None:
    """HAProxy's own account of the servers behind it; None where none runs here."""
    for path in SOCKETS:
        if not Path(path).exists():
            continue
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
                asked.settimeout(SECONDS)
                asked.connect(path)
                asked.sendall(b"show stat\n")
                said = b""
                while chunk := asked.recv(65536):
                    said += chunk
        except OSError:
            # The file stays where the container has gone; that it has is told elsewhere.
            continue
        return read_statistics(said.decode(errors="replace"))
    return None


def read_statistics(said: str) -> list[dict[str, str]]:
    """HAProxy's `show stat`; https://docs.haproxy.org/3.0/management.html#9.1"""
    rows = csv.DictReader(said.lstrip("# ").splitlines())
    return [
        {
            "backend": row.get("pxname", ""),
            "server": row.get("svname", ""),
            "status": row.get("status", ""),
            "why": " ".join(part for part in (row.get("check_status"), row.get("last_chk")) if part),
        }
        for row in rows
        if row.get("svname") not in ("FRONTEND", "BACKEND", None)
    ]


def answer(question: dict[str, Any]) -> str:
    """`question`: {"urls": [[url, with the token], …], "token", "authority": PEM or empty}."""
    context = ssl.create_default_context()
    if question["authority"]:
        context.load_verify_locations(cadata=question["authority"])
    told = ask_endpoints([(url, with_token) for url, with_token in question["urls"]], question["token"], context)
    return json.dumps({"groundplane_endpoints": 1, "endpoints": told, "backends": backends()})
