from __future__ import annotations

import hashlib
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.supply.download import download

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server:
    """Gives `content` under /file; `cut_after` bytes it hangs up, `cuts` times."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.cut_after = 0
        self.cuts = 0
        self.ranges = True
        self.asked: list[str | None] = []
        self.authorization: list[str | None] = []
        self.address = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.asked.append(wanted)
        self.authorization.append(handler.headers.get("Authorization"))
        if handler.path != "/file":
            handler.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start >= len(self.content):
            handler.send_error(416)
            return
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(self.content) - start))
        handler.end_headers()
        body = self.content[start:]
        if self.cuts:
            self.cuts -= 1
            body = body[: self.cut_after]
        handler.wfile.write(body)


@contextmanager
def served() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.address = f"http://127.0.0.1:{listener.server_port}/file"
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as started:
        yield started


def test_a_file_is_fetched_once_and_then_taken_from_the_disk(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "cache" / "archive"
    for _ in range(2):
        assert download(server.address, target, sha256=SHA256, what="The archive") == target
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_file_that_was_damaged_on_the_disk_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "archive"
    target.write_bytes(CONTENT[:-1] + b"x")
    download(server.address, target, sha256=SHA256, what="The archive")
    assert target.read_bytes() == CONTENT


def test_a_connection_that_breaks_is_taken_up_where_it_broke(server: Server, tmp_path: Path) -> None:
    server.cut_after, server.cuts = 1000, 2
    download(server.address, tmp_path / "archive", sha256=SHA256, what="The archive")
    assert server.asked == [None, "bytes=1000-", "bytes=2000-"]
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_a_server_without_ranges_gives_the_file_from_its_beginning(server: Server, tmp_path: Path) -> None:
    server.cut_after, server.cuts, server.ranges = 1000, 1, False
    download(server.address, tmp_path / "archive", sha256=SHA256, what="The archive")
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_cut_short_again_and_again_leaves_no_file_and_the_next_call_goes_on(server: Server, tmp_path: Path) -> None:
    server.cut_after, server.cuts = 1000, 3
    target = tmp_path / "archive"
    with pytest.raises(FailedError) as failed:
        download(server.address, target, sha256=SHA256, what="The archive")
    assert failed.value.what == "The archive was cut short 3 times"
    assert "3000 bytes are here" in failed.value.why
    assert not target.exists()
    download(server.address, target, sha256=SHA256, what="The archive")
    assert server.asked[-1] == "bytes=3000-"
    assert target.read_bytes() == CONTENT


def test_another_checksum_names_both_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.content = b"a login page"
    with pytest.raises(FailedError) as failed:
        download(server.address, tmp_path / "archive", sha256=SHA256, what="The archive")
    assert SHA256 in failed.value.why
    assert hashlib.sha256(b"a login page").hexdigest() in failed.value.why
    assert failed.value.cure
    assert not list(tmp_path.glob("*archive*[!k]"))


@pytest.mark.parametrize("before", [b"the beginning of another file", CONTENT + b"more than there is"])
def test_the_beginning_of_another_file_is_thrown_away(server: Server, tmp_path: Path, before: bytes) -> None:
    (tmp_path / ".archive.part").write_bytes(before)
    download(server.address, tmp_path / "archive", sha256=SHA256, what="The archive")
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_a_missing_file_says_where_it_was_looked_for(server: Server, tmp_path: Path) -> None:
    address = server.address.replace("/file", "/other")
    with pytest.raises(FailedError) as failed:
        download(address, tmp_path / "archive", sha256=SHA256, what="The archive")
    assert f"{address}: 404" in failed.value.why
    assert "images.mirrors" in failed.value.cure
    assert len(server.asked) == 1


def test_nobody_answering_names_the_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(FailedError) as failed:
        download(f"http://127.0.0.1:{port}/file", tmp_path / "archive", sha256=SHA256, what="The archive")
    assert failed.value.what == "The archive can't be fetched"
    assert f"127.0.0.1:{port} can't be reached" in failed.value.why


def test_user_and_password_reach_the_server_and_no_error(server: Server, tmp_path: Path) -> None:
    address = server.address.replace("http://", "http://reader:s%40cret@")
    download(address, tmp_path / "archive", sha256=SHA256, what="The archive")
    assert server.authorization == ["Basic cmVhZGVyOnNAY3JldA=="]
    with pytest.raises(FailedError) as failed:
        download(address.replace("/file", "/other"), tmp_path / "other", sha256=SHA256, what="The archive")
    assert "cret" not in failed.value.why


def test_other_schemes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="not an address"):
        download("file:///etc/passwd", tmp_path / "archive", sha256=SHA256, what="The archive")
