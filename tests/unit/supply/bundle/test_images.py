"""One image layout, whose blobs all images share."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import ImagesLock, LockedImage
from groundplane.supply.bundle.images import fetch_images, image_items, planned_images, read_image, wanted_names
from groundplane.supply.model import Maker, NeededImage
from groundplane.supply.store.disk import StoreFiles

if TYPE_CHECKING:
    from pathlib import Path


def put_blob(files: StoreFiles, data: bytes) -> dict[str, Any]:
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    path = files.blob_path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"digest": digest, "size": len(data)}


def put_image(files: StoreFiles, name: str, *layers: bytes) -> str:
    """An image in the store's own layout; its manifest's digest."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put_blob(files, b"config of " + name.encode()),
        "layers": [put_blob(files, layer) for layer in layers],
    }
    digest = str(put_blob(files, json.dumps(manifest).encode())["digest"])
    number = digest.partition(":")[2]
    link = files.repository_path(name) / f"_manifests/revisions/sha256/{number}/link"
    link.parent.mkdir(parents=True)
    link.write_text(digest, encoding="ascii")
    return digest


def test_blobs_that_images_share_are_there_once(tmp_path: Path) -> None:
    files = StoreFiles(tmp_path)
    images = []
    for name in ("nova", "neutron"):
        image = read_image(files, name, "2026.1-1", put_image(files, name, b"shared layer", name.encode()))
        assert image is not None
        images.append(image)
    items = image_items(files, images)
    paths = [item.path for item in items]
    assert len(paths) == len(set(paths)) == 2 + 2 + 2 + 1 + 2
    for item in items:
        with item.open() as stream:
            data = stream.read()
        assert len(data) == item.bytes
        assert hashlib.sha256(data).hexdigest() == item.sha256
    with next(item for item in items if item.path == "images/index.json").open() as stream:
        index = json.loads(stream.read())
    assert [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in index["manifests"]] == [
        "neutron:2026.1-1",
        "nova:2026.1-1",
    ]


def test_each_image_counts_what_it_adds(tmp_path: Path) -> None:
    files = StoreFiles(tmp_path)
    found = [read_image(files, name, "t", put_image(files, name, b"x" * 1000, name.encode())) for name in ("aa", "bb")]
    images = [image for image in found if image is not None]
    config = len(b"config of aa")
    assert [planned.bytes for planned in planned_images(images, frozenset())] == [1000 + 2 + config, 2 + config]
    held = frozenset(images[0].blobs)
    assert [planned.bytes for planned in planned_images(images, held)] == [0, 2 + config]


def test_an_image_that_lacks_a_layer_is_not_there(tmp_path: Path) -> None:
    files = StoreFiles(tmp_path)
    digest = put_image(files, "nova", b"layer")
    files.blob_path("sha256:" + hashlib.sha256(b"layer").hexdigest()).write_bytes(b"lay")
    assert read_image(files, "nova", "t", digest) is None
    assert read_image(files, "glance", "t", digest) is None


def needed(name: str) -> NeededImage:
    return NeededImage(name, "openstack", name, Maker.KOLLA, ("control",))


def lock_of(*names: str, parents: tuple[str, ...] = ()) -> ImagesLock:
    images = {
        name: LockedImage(digest="sha256:" + "0" * 64, tag="t", run=name not in parents) for name in (*names, *parents)
    }
    return ImagesLock(release="2026.1", source=ImageSource.BUILD, made_at="2026-11-21T00:00:00Z", images=images)


def test_only_images_that_the_site_runs_are_carried() -> None:
    lock = lock_of("nova", "glance", "heat", parents=("base",))
    assert wanted_names(lock, [needed("nova"), needed("glance"), needed("nova")]) == ("nova", "glance")
    assert wanted_names(lock, [needed("nova"), needed("glance")], ["glance"]) == ("glance",)


def test_an_image_that_the_lock_lacks_says_what_to_do() -> None:
    with pytest.raises(InputError, match="no image glance") as found:
        wanted_names(lock_of("nova"), [needed("nova"), needed("glance")])
    assert "images build" in found.value.cure


def test_an_image_that_nobody_needs_is_not_silently_left_out() -> None:
    with pytest.raises(InputError, match="runs no image cinder"):
        wanted_names(lock_of("nova"), [needed("nova")], ["cinder"])


def test_parents_come_along_because_a_registry_gets_them_first() -> None:
    lock = lock_of("nova", "glance", parents=("base", "openstack-base"))
    images = dict(lock.images)
    images["openstack-base"] = images["openstack-base"].model_copy(update={"parent": "base"})
    for name in ("nova", "glance"):
        images[name] = images[name].model_copy(update={"parent": "openstack-base"})
    lock = lock.model_copy(update={"images": images})
    assert wanted_names(lock, [needed("nova"), needed("glance")]) == ("base", "openstack-base", "nova", "glance")
    assert wanted_names(lock, [needed("nova"), needed("glance")], ["glance"]) == ("base", "openstack-base", "glance")


def test_images_of_a_registry_are_fetched_and_others_have_to_be_built(tmp_path: Path) -> None:
    class FakeStore:
        auth_file = tmp_path / "auth.json"

        def reference(self, name: str, tag: str) -> str:
            return f"127.0.0.1:5/images/{name}:{tag}"

    lock = lock_of("nova", "glance")
    taken = lock.images["nova"].model_copy(update={"reference": "registry.test/nova@sha256:" + "0" * 64})
    lock = lock.model_copy(update={"images": {**lock.images, "nova": taken}})
    copied: list[tuple[str, str]] = []
    store: Any = FakeStore()
    fetch_images(store, lock, ["nova"], copy_from=lambda source, target, _: copied.append((source, target)))
    assert copied == [(str(taken.reference), "127.0.0.1:5/images/nova:t")]
    with pytest.raises(FailedError, match="lacks glance") as found:
        fetch_images(store, lock, ["nova", "glance"], copy_from=lambda *_: None)
    assert "images build" in found.value.cure
