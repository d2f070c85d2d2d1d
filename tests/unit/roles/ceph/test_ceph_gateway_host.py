"""A host's own gateway: the certificate that it shows against the host's."""

from __future__ import annotations

import importlib
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

here: Any = importlib.import_module("ceph_gateway_host")
CephError: Any = importlib.import_module("ceph_session").CephError


def make_certificate(folder: Path, name: str) -> Path:
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    words += ["-subj", f"/CN={name}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    return certificate


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificates")
    return make_certificate(folder, "old"), make_certificate(folder, "new")


@pytest.fixture
def shown(certificates: tuple[Path, Path]) -> Iterator[int]:
    """A port that shows the first certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates[0], certificates[0].with_suffix(".key"))
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                plain, _ = server.accept()
                context.wrap_socket(plain, server_side=True).close()
            except (TimeoutError, OSError):
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    ended.set()
    thread.join()
    server.close()


def gateway(port: int, certificate: Path | None, units: tuple[str, ...] = ("ceph-x@rgw.main.node1.service",)) -> Any:
    return here.Here(address="127.0.0.1", port=port, certificate=certificate, own_units=list(units))


def test_the_host_s_own_certificate_is_as_it_should_be(shown: int, certificates: tuple[Path, Path]) -> None:
    assert gateway(shown, certificates[0]).lacks() == ""
    assert gateway(shown, None).lacks() == ""


def test_a_renewed_certificate_is_noticed(shown: int, certificates: tuple[Path, Path]) -> None:
    assert "another certificate" in gateway(shown, certificates[1]).lacks()


def test_a_port_where_nobody_answers(certificates: tuple[Path, Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert gateway(port, certificates[0]).lacks() == f"nothing answers by TLS at port {port}"
    assert gateway(port, None).lacks() == f"nothing listens at port {port}"


def test_a_host_without_a_certificate(tmp_path: Path) -> None:
    with pytest.raises(CephError, match=r"groundplane apply bootstrap\.certificates"):
        here.own_certificate(tmp_path / "chain.crt")
    (tmp_path / "chain.crt").write_text("nothing")
    with pytest.raises(CephError, match="holds no certificate"):
        here.own_certificate(tmp_path / "chain.crt")


def restarting(monkeypatch: pytest.MonkeyPatch, answers: list[str], *, code: int = 0) -> tuple[Any, list[str]]:
    asked: list[str] = []

    def run(words: list[str], **_: Any) -> Any:
        asked.append(words[-1])
        return subprocess.CompletedProcess(words, code, "", "no such unit")

    monkeypatch.setattr(here, "run", run)
    found = gateway(1, None)
    states = iter(answers)
    found.lacks = lambda: next(states)
    return found, asked


def put_right(found: Any, *, restart: bool = False, check: bool = False) -> list[str]:
    times = iter(range(100))
    said: list[str] = found.put_right(
        restart=restart, seconds=3, check=check, clock=lambda: next(times), sleep=lambda _seconds: None
    )
    return said


def test_it_is_restarted_only_where_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    found, asked = restarting(monkeypatch, [""])
    assert put_right(found) == []
    assert asked == []
    found, asked = restarting(monkeypatch, ["another", "another", ""])
    assert put_right(found) == ["restart the gateway: another"]
    assert asked == ["ceph-x@rgw.main.node1.service"]
    found, asked = restarting(monkeypatch, ["", ""])
    assert put_right(found, restart=True) == [
        "restart the gateway: a setting changed that it only reads when it starts"
    ]
    assert len(asked) == 1


def test_check_mode_restarts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found, asked = restarting(monkeypatch, ["another"])
    assert put_right(found, check=True) == ["restart the gateway: another"]
    assert asked == []


def test_a_restart_that_does_not_help_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = restarting(monkeypatch, ["another"] * 50)
    with pytest.raises(CephError, match=r"was restarted, but another\. journalctl -u"):
        put_right(found)
    found, _ = restarting(monkeypatch, ["another"], code=5)
    with pytest.raises(CephError, match="can't be restarted: no such unit"):
        put_right(found)


def test_units_are_those_of_the_service_alone(tmp_path: Path) -> None:
    fsid = "67f44732-e592-11f1-8cd9-0267ac1f090b"
    for daemon in ("rgw.main.node1.abc", "rgw.other.node1.abc", "mon.node1"):
        folder = tmp_path / fsid / daemon
        folder.mkdir(parents=True)
        (folder / "unit.run").touch()
    assert here.units("rgw.main", tmp_path) == [f"ceph-{fsid}@rgw.main.node1.abc.service"]
