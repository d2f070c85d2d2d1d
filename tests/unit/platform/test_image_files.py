"""Files of images over HTTP, and their lists of checksums."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import CancelledError, FailedError
from groundplane.platform.image_files import Upload, checksum_of, image_file
from groundplane.platform.options import Image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = b"an image"
SHA256, SHA512 = hashlib.sha256(CONTENT).hexdigest(), hashlib.sha512(CONTENT).hexdigest()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Its address, and the folder that it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "guest.img").write_bytes(CONTENT)
    made = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}", folder
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize(
    ("name", "text", "digest"),
    [
        ("SHA256SUMS", f"{'0' * 64} *other.img\n{SHA256} *guest.img\n", f"sha256:{SHA256}"),
        ("SHA512SUMS", f"{SHA512}  guest.img\n", f"sha512:{SHA512}"),
        ("CHECKSUM", f"# guest.img\nSHA256 (guest.img) = {SHA256}\n", f"sha256:{SHA256}"),
    ],
)
def test_lists_of_checksums(server: tuple[str, Path], name: str, text: str, digest: str) -> None:
    url, folder = server
    (folder / name).write_text(text)
    assert checksum_of(Image(name="g", source=f"{url}/guest.img", checksum=f"{url}/{name}")) == digest


def test_a_list_that_doesnt_name_the_file(server: tuple[str, Path]) -> None:
    url, folder = server
    (folder / "SUMS").write_text(f"{SHA256} guest.img.zst\n")
    with pytest.raises(FailedError, match=r"don't name guest\.img"):
        checksum_of(Image(name="g", source=f"{url}/guest.img", checksum=f"{url}/SUMS"))
    with pytest.raises(FailedError, match="can't be fetched"):
        checksum_of(Image(name="g", source=f"{url}/guest.img", checksum=f"{url}/nothing"))


def test_a_download_is_verified_and_kept(server: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = server
    image = Image(name="g", source=f"{url}/guest.img", checksum=f"sha256:{SHA256}")
    found = image_file(image, image.checksum, site_path=tmp_path, cache=tmp_path / "cache")
    assert (found.sha512, found.size, found.path.read_bytes()) == (SHA512, len(CONTENT), CONTENT)
    assert len(found.built) == 10
    (folder / "guest.img").write_bytes(b"changed")
    assert image_file(image, image.checksum, site_path=tmp_path, cache=tmp_path / "cache").path == found.path


def test_a_download_with_another_checksum_is_refused(server: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = server
    image = Image(name="g", source=f"{url}/guest.img", checksum=f"sha256:{'0' * 64}")
    with pytest.raises(FailedError, match="another checksum than environments/platform says") as caught:
        image_file(image, image.checksum, site_path=tmp_path, cache=tmp_path / "cache")
    assert "environments/platform" in caught.value.cure


def test_sending_stops_where_it_is_asked_to(tmp_path: Path) -> None:
    (tmp_path / "guest.img").write_bytes(CONTENT)
    image = Image(name="g", source="guest.img", checksum=f"sha512:{SHA512}")
    file = image_file(image, image.checksum, site_path=tmp_path, cache=tmp_path)
    with Upload(file, lambda: True) as upload, pytest.raises(CancelledError):
        upload.read(1)
    with Upload(file, lambda: False) as upload:
        assert upload.read() == CONTENT
