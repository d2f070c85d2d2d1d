"""A host is asked, and answers are read, without Ansible."""

from __future__ import annotations

import socket
import ssl
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

state: Any = import_module("keycloak_host_state")

GREETING = b"\x5d\x00\x00\x00\x0a5.5.5-11.8.3-MariaDB\x00rest"
BLOCKED = b"\x45\x00\x00\x00\xff\x69\x04Host '172.31.1.11' is blocked because of many connection errors"

LISTENING = """\
LISTEN 0      4096   [::ffff:172.31.1.11]:8443  *:*    users:(("java",pid=9,fd=12))
LISTEN 0      4096             *:9000          *:*    users:(("minio",pid=7,fd=3))
LISTEN 0      4096   172.31.1.250:7800   0.0.0.0:*    users:(("haproxy",pid=4,fd=7))
LISTEN 0      128        0.0.0.0:22      0.0.0.0:*
LISTEN 0      128           [::]:22         [::]:*
"""


class Server:
    """Answers each connection with the same bytes, and hangs up."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listening.getsockname()[1])
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                connection.sendall(self.answer)

    def close(self) -> None:
        self.listening.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield int(unused.getsockname()[1])


def test_who_has_the_ports_of_an_address_is_found() -> None:
    wanted = [8443, 9000, 7800, 22]
    assert state.listeners(LISTENING, "172.31.1.11", wanted) == {
        "8443": "java",
        "9000": "minio",
        "22": "another program",
    }
    # The load balancer's own address is another one.
    assert "8443" not in state.listeners(LISTENING, "172.31.1.250", wanted)


def test_memory_is_what_is_left() -> None:
    assert state.memory_mb("MemTotal: 8000000 kB\nMemAvailable:    2048000 kB\n") == 2000
    assert state.memory_mb("") == 0


def test_openssls_reason_is_its_sentence() -> None:
    said = "C = DE\nerror 10 at 0 depth lookup: certificate has expired\nerror chain.crt: verification failed"
    assert state.openssl_reason(said) == "certificate has expired"
    assert state.openssl_reason("Could not open file") == "Could not open file"


def test_a_certificate_that_is_missing_is_named(tmp_path: Path) -> None:
    assert "chain.crt or host.key beside it is missing" in state.certificate_problem(tmp_path)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (GREETING, ""),
        (BLOCKED, "Host '172.31.1.11' is blocked"),
        (b"", "no member of the database is up behind the load balancer"),
        (b"HTTP/1.1 400 Bad Request", "isn't MariaDB"),
    ],
)
def test_a_database_is_known_by_its_greeting(answer: bytes, said: str) -> None:
    server = Server(answer)
    found = state.database_problem("127.0.0.1", server.port)
    server.close()
    assert found == said if not said else said in found


def test_nobody_at_the_databases_port_is_told_with_the_systems_words(closed_port: int) -> None:
    assert state.database_problem("127.0.0.1", closed_port) == "Connection refused"


def test_a_name_that_nobody_knows_and_a_door_that_is_shut_are_told_apart(
    closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state.door_problem("127.0.0.1", closed_port) == {"kind": "away", "why": "Connection refused"}

    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert state.door_problem("cloud.test", 8443) == {"kind": "name", "why": "Name or service not known"}


def test_a_certificate_that_isnt_trusted_is_told_with_who_signed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(b"")
    untrusted = ssl.SSLCertVerificationError(1, "certificate verify failed")
    untrusted.verify_message = "unable to get local issuer certificate"

    class Context:
        def wrap_socket(self, *_: Any, **__: Any) -> None:
            raise untrusted

    monkeypatch.setattr(ssl, "create_default_context", lambda **_: Context())
    monkeypatch.setattr(state, "shown_issuer", lambda *_: "CN = Other")
    found = state.door_problem("127.0.0.1", server.port)
    server.close()
    assert found == {"kind": "trust", "why": "unable to get local issuer certificate", "issuer": "CN = Other"}


def test_an_engine_that_doesnt_answer_is_told_and_no_container_is_taken_for_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state, "run", lambda *_, **__: (1, "", "Cannot connect to the Docker daemon"))
    assert state.container_state("keycloak") == ("Cannot connect to the Docker daemon", False)
    monkeypatch.setattr(state, "run", lambda *_, **__: (0, "haproxy\nkeycloak\n", ""))
    assert state.container_state("keycloak") == ("", True)
