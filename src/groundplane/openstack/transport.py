"""HTTPS to a cloud: its authority counts besides the machine's own, and its names lead to its virtual addresses.

Nothing is written to a disk for it: the authority is given to TLS as text, and names that this machine's DNS may not
know (a lab's, or those of a cloud that is just being made) are led to their addresses here; certificates are checked
for the name all the same.
"""

from __future__ import annotations

import socket
import ssl
import sys
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS = 10.0
"""Until somebody takes a connection. An answer may take longer: that is the session's own timeout."""
ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000),
)
"""A host without power answers nothing any more: told after some 20 s, while a busy one may take its time (tcp(7))."""


def https_session(authority: str | None, addresses: Mapping[str, str]) -> requests.Session:
    """A session that verifies TLS with the machine's authorities and `authority` (PEM).

    `addresses` has names that are reached at an address of their own. Proxies of the environment don't count: a
    cloud's virtual addresses are the site's own.
    """
    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(cadata=authority)
    session = requests.Session()
    session.trust_env = False
    adapter = _Adapter(context, addresses)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext, addresses: Mapping[str, str]) -> None:
        self._context = context
        self._pools = _pools(addresses)
        super().__init__(pool_connections=10, pool_maxsize=10)

    def init_poolmanager(self, *arguments: Any, **words: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._context, **words)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The context has all authorities that count; requests would add a list of its own."""
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = conn.ca_cert_dir = None


def _pools(addresses: Mapping[str, str]) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections go to a name's address where `addresses` has one."""

    class Plain(_Led, HTTPConnection):
        led = addresses

    class Secure(_Led, HTTPSConnection):
        led = addresses

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Led:
    """Connects to another address than the host's own; everything else, TLS included, sees the host."""

    led: Mapping[str, str]

    def _new_conn(self) -> socket.socket:
        # As urllib3's own, with another address: this is where it resolves the name.
        this: Any = self
        address = self.led.get(this.host, this.host)
        try:
            made = create_connection(
                (address, this.port),
                min(this.timeout or CONNECT_SECONDS, CONNECT_SECONDS),
                source_address=this.source_address,
                socket_options=[*(this.socket_options or ()), *ALIVE],
            )
            made.settimeout(this.timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(this, f"{this.host} ({address}) gave no answer") from error
        except OSError as error:
            shown = this.host if address == this.host else f"{this.host} ({address})"
            raise NewConnectionError(this, f"{shown}: {error.strerror or error}") from error
        sys.audit("http.client.connect", self, this.host, this.port)
        return made


def answers(address: str, port: int, *, seconds: float) -> bool:
    """Whether anybody takes connections there."""
    try:
        socket.create_connection((address, port), timeout=seconds).close()
    except OSError:
        return False
    return True
