from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.machine.debian_mirror import DebianMirror
from groundplane.site.release import PackagePin
from groundplane.supply.archives import (
    JSON_TYPE,
    IndexedFile,
    default_index,
    fetch_package_archive,
    is_source_of,
    read_index,
)
from groundplane.supply.mirrors import Mirrors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = b"not even an archive: nothing is unpacked, nothing is run"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "openstack_heat-26.0.2.tar.gz"
PIN = PackagePin(package="openstack-heat", version="26.0.2", sha256=SHA256)


@dataclass
class Index:
    """A package index on this machine: path to content type and body; what was asked of it."""

    address: str = ""
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def mirrors(self, *, account: str = "", extra: tuple[str, ...] = ()) -> Mirrors:
        index = f"http://{account}{self.address}/simple"
        return Mirrors(
            DebianMirror("http://debian.test", "http://debian.test"), pip_index=index, pip_extra_indexes=extra
        )

    def offers(self, *files: dict[str, Any], project: str = "openstack-heat") -> None:
        page = json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": files})
        self.pages[f"/simple/{project}/"] = (JSON_TYPE, page.encode())


@pytest.fixture
def index() -> Iterator[Index]:
    found = Index(pages={f"/files/{NAME}": ("application/octet-stream", CONTENT)})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers.get("Authorization")))
            kind, body = found.pages.get(self.path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    found.offers({"filename": NAME, "url": f"../../files/{NAME}", "hashes": {"sha256": SHA256}})
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_archive_is_fetched_once_and_kept_by_its_checksum(index: Index, tmp_path: Path) -> None:
    path = fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors())
    assert path == tmp_path / "images" / "archives" / SHA256 / NAME
    assert path.read_bytes() == CONTENT
    asked = len(index.asked)
    assert fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors()) == path
    assert len(index.asked) == asked


def test_a_spoilt_copy_is_fetched_again(index: Index, tmp_path: Path) -> None:
    path = fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors())
    path.write_bytes(CONTENT[:-1])
    assert fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors()).read_bytes() == CONTENT


def test_an_index_of_plain_html_will_do(index: Index, tmp_path: Path) -> None:
    page = f'<a href="../../files/{NAME}#sha256={SHA256}">{NAME}</a>'.encode()
    index.pages["/simple/openstack-heat/"] = ("text/html; charset=utf-8", page)
    assert fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors()).name == NAME


def test_an_index_without_checksums_is_checked_after_the_download(index: Index, tmp_path: Path) -> None:
    index.offers({"filename": NAME, "url": f"../../files/{NAME}"})
    assert fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors()).read_bytes() == CONTENT
    index.pages[f"/files/{NAME}"] = ("application/octet-stream", b"something else")
    with pytest.raises(FailedError) as caught:
        fetch_package_archive(PIN, cache=tmp_path / "empty", mirrors=index.mirrors())
    told = f"{caught.value.what} {caught.value.why}"
    assert NAME in told
    assert f"expected sha256 {SHA256}" in told
    assert hashlib.sha256(b"something else").hexdigest() in told
    assert not list((tmp_path / "empty").rglob(NAME))


def test_another_checksum_is_told_before_anything_is_fetched(index: Index, tmp_path: Path) -> None:
    index.offers({"filename": NAME, "url": f"../../files/{NAME}", "hashes": {"sha256": "f" * 64}})
    with pytest.raises(FailedError, match=r"openstack-heat 26\.0\.2 has another checksum") as caught:
        fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors())
    assert f"expected sha256 {SHA256}" in caught.value.why
    assert f"found    sha256 {'f' * 64}" in caught.value.why
    assert not any(path == f"/files/{NAME}" for path, _ in index.asked)


def test_a_version_that_the_index_lacks(index: Index, tmp_path: Path) -> None:
    index.offers()
    with pytest.raises(FailedError, match="is not on the package index") as caught:
        fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors())
    assert "not among its files" in caught.value.why
    index.pages.clear()
    with pytest.raises(FailedError) as caught:
        fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors())
    assert "no such package" in caught.value.why
    assert "images.mirrors.pip" in caught.value.cure


def test_a_further_index_is_asked_for_what_the_first_lacks(index: Index, tmp_path: Path) -> None:
    index.pages["/extra/openstack-heat/"] = index.pages.pop("/simple/openstack-heat/")
    mirrors = index.mirrors(extra=(f"http://{index.address}/extra",))
    assert fetch_package_archive(PIN, cache=tmp_path, mirrors=mirrors).name == NAME


def test_an_index_with_an_account_is_given_it_and_nobody_else_is(index: Index, tmp_path: Path) -> None:
    fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors(account="reader:se%40cret@"))
    assert {account for _, account in index.asked} == {"Basic cmVhZGVyOnNlQGNyZXQ="}
    index.pages.pop("/simple/openstack-heat/")
    with pytest.raises(FailedError) as caught:
        fetch_package_archive(PIN, cache=tmp_path / "empty", mirrors=index.mirrors(account="reader:se%40cret@"))
    assert "cret" not in f"{caught.value.what}{caught.value.why}{caught.value.cure}"


@pytest.mark.parametrize("body", [b"{", b'{"files": 3}', b"\xff\xfe"])
def test_an_answer_that_is_no_index_page(index: Index, tmp_path: Path, body: bytes) -> None:
    index.pages["/simple/openstack-heat/"] = (JSON_TYPE, body)
    with pytest.raises(FailedError, match="can't be looked up"):
        fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors())


def test_an_index_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match=r"archive of openstack-heat 26\.0\.2 can't be looked up") as caught:
        fetch_package_archive(PIN, cache=tmp_path, mirrors=Index("127.0.0.1:9").mirrors())
    assert "can't be reached" in caught.value.why
    assert "images.mirrors.pip" in caught.value.cure


def test_a_name_that_leads_out_of_the_cache_is_not_taken(index: Index, tmp_path: Path) -> None:
    index.offers({"filename": "../../evil", "url": f"../../files/{NAME}", "hashes": {"sha256": SHA256}})
    with pytest.raises(FailedError, match="is not on the package index"):
        fetch_package_archive(PIN, cache=tmp_path, mirrors=index.mirrors())


@pytest.mark.parametrize(
    ("file", "is_source"),
    [
        ("openstack_heat-26.0.2.tar.gz", True),
        ("openstack-heat-26.0.2.tar.gz", True),
        ("openstack.heat-26.0.2.zip", True),
        ("openstack_heat-26.0.20.tar.gz", False),
        ("openstack_heat-26.0.2-py3-none-any.whl", False),
        ("openstack_heat_api-26.0.2.tar.gz", False),
    ],
)
def test_what_a_source_archive_is_called(file: str, is_source: bool) -> None:
    assert is_source_of(file, PIN) is is_source


def test_links_are_read_relative_to_the_page() -> None:
    page = b'<a href="a-1.tar.gz#sha256=00&amp;x=1">a</a><a>no link</a><a href="https://files.test/b%2B1.zip">b</a>'
    assert read_index("http://index.test/simple/a/", "text/html", page) == (
        IndexedFile("a-1.tar.gz", "http://index.test/simple/a/a-1.tar.gz", "00"),
        IndexedFile("b+1.zip", "https://files.test/b%2B1.zip", ""),
    )


def test_pip_itself_says_which_index_it_asks() -> None:
    assert default_index().startswith("https://")
    assert not default_index().endswith("/")
