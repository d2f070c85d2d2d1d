"""The store is asked through its files: whole images count, anything less doesn't."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from groundplane.supply.store.disk import StoreFiles

if TYPE_CHECKING:
    from pathlib import Path


def add_blob(files: StoreFiles, data: bytes) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    path = files.blob_path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"digest": digest, "size": len(data)}


def add_image(files: StoreFiles, name: str, tag: str, layers: tuple[bytes, ...] = (b"one", b"two")) -> str:
    manifest = {"config": add_blob(files, b'{"os": "linux"}'), "layers": [add_blob(files, layer) for layer in layers]}
    digest = str(add_blob(files, json.dumps(manifest).encode())["digest"])
    for link in (f"tags/{tag}/current", f"revisions/sha256/{digest.removeprefix('sha256:')}"):
        path = files.repository_path(name) / "_manifests" / link / "link"
        path.parent.mkdir(parents=True)
        path.write_text(digest)
    return digest


@pytest.fixture
def files(tmp_path: Path) -> StoreFiles:
    return StoreFiles(tmp_path)


def test_an_image_is_found_by_tag_and_digest(files: StoreFiles) -> None:
    digest = add_image(files, "nova", "2026.1-abc")
    assert files.tag_digest("nova", "2026.1-abc") == digest
    assert files.has_digest("nova", digest)
    assert files.tags("nova") == {"2026.1-abc": digest}
    assert files.revisions("nova") == (digest,)
    assert files.names() == ("nova",)
    assert files.disk_bytes() > 0


def test_an_empty_store_has_nothing(files: StoreFiles) -> None:
    assert files.tag_digest("nova", "x") is None
    assert not files.has_digest("nova", "sha256:" + "0" * 64)
    assert (files.names(), files.tags("nova"), files.revisions("nova"), files.disk_bytes()) == ((), {}, (), 0)


def test_an_image_without_one_of_its_layers_is_not_there(files: StoreFiles) -> None:
    digest = add_image(files, "nova", "x")
    manifest = files.json_blob(digest)
    assert manifest is not None
    files.blob_path(manifest["layers"][1]["digest"]).unlink()
    assert not files.has_digest("nova", digest)


def test_a_layer_cut_short_is_not_there(files: StoreFiles) -> None:
    digest = add_image(files, "nova", "x")
    manifest = files.json_blob(digest)
    assert manifest is not None
    files.blob_path(manifest["layers"][0]["digest"]).write_bytes(b"o")
    assert not files.has_digest("nova", digest)


def test_an_image_of_another_repository_is_not_ours(files: StoreFiles) -> None:
    digest = add_image(files, "nova", "x")
    assert not files.has_digest("cinder", digest)


@pytest.mark.parametrize("content", ["", "rubbish", "sha256:short"])
def test_a_damaged_link_counts_as_none(files: StoreFiles, content: str) -> None:
    add_image(files, "nova", "x")
    (files.repository_path("nova") / "_manifests/tags/x/current/link").write_text(content)
    assert files.tag_digest("nova", "x") is None
    assert files.tags("nova") == {}


def test_a_damaged_manifest_counts_as_none(files: StoreFiles) -> None:
    digest = add_image(files, "nova", "x")
    files.blob_path(digest).write_bytes(b"{")
    assert files.json_blob(digest) is None
    assert not files.has_digest("nova", digest)
