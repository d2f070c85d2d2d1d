"""TLS with an authority of the site's own, at the virtual address."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests
from urllib3.util.connection import create_connection

from groundplane.openstack import transport
from groundplane.openstack.transport import answers, https_session

from .fake_keystone import NAME, certificate, keystone

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_name_that_no_dns_knows_is_reached_at_its_address_and_its_certificate_verified() -> None:
    with keystone() as (port, _), https_session(certificate()[0], {NAME: "127.0.0.1"}) as session:
        assert session.get(f"https://{NAME}:{port}/v3").json()["version"]["id"] == "v3.14"


def test_another_authority_is_refused() -> None:
    with (
        keystone() as (port, _),
        https_session(None, {NAME: "127.0.0.1"}) as session,
        pytest.raises(requests.exceptions.SSLError, match="self-signed"),
    ):
        session.get(f"https://{NAME}:{port}/v3")


def test_the_certificate_has_to_be_for_the_name() -> None:
    with (
        keystone() as (port, _),
        https_session(certificate()[0], {"other.test": "127.0.0.1"}) as session,
        pytest.raises(requests.exceptions.SSLError, match=r"other\.test"),
    ):
        session.get(f"https://other.test:{port}/v3")


def test_who_takes_connections() -> None:
    with keystone() as (port, _):
        assert answers("127.0.0.1", port, seconds=1)
    assert not answers("127.0.0.1", port, seconds=1)


@contextmanager
def listening(*, backlog: int) -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(backlog)
        yield server


def test_who_takes_no_connection_is_told_long_before_an_answer_would_have_to_be_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.3)
    with ExitStack() as stack:
        server = stack.enter_context(listening(backlog=0))
        # Its queue is full: who comes now is left waiting, as by a host without power.
        waiting = stack.enter_context(socket.create_connection(server.getsockname(), timeout=5))
        session = stack.enter_context(https_session(None, {}))
        began = time.monotonic()
        with pytest.raises(requests.exceptions.ConnectTimeout):
            session.get(f"http://127.0.0.1:{waiting.getpeername()[1]}/", timeout=20)
        assert time.monotonic() - began < 5


def test_an_answer_may_take_longer_than_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.3)
    options = []

    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            time.sleep(1)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    def seen(*words: Any, **named: Any) -> socket.socket:
        made = create_connection(*words, **named)
        options.append(made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        return made

    monkeypatch.setattr(f"{transport.__name__}.create_connection", seen)
    with listening(backlog=1) as server, https_session(None, {}) as session, ThreadPoolExecutor(1) as pool:
        answered = pool.submit(answer, server)
        assert session.get(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=20).text == "hi"
        answered.result(10)
    assert options == [1], "the kernel asks whether the other side still lives"
