from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from groundplane.cli.main import groundplane
from groundplane.site.images_lock import write_lock
from groundplane.supply.image_list import list_images
from groundplane.supply.records import write_record

from .cloud_site import make_site
from .lock_samples import lock_of, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.site.site import Site
    from groundplane.supply.model import ImageRecord

__all__ = ["make_site"]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Two builds of ceph on a base, one image of another release, one that this site doesn't need."""
    found = tmp_path / "cache" / "groundplane"
    for built in (
        record("ceph-base"),
        record("ceph", "ceph-base", build="1", built_at="2026-11-20T06:00:00+00:00", identity="a" * 64),
        record("ceph", "ceph-base", build="2", seconds=61.0, identity="b" * 64),
        record("ceph", build="3", release="2025.1", identity="c" * 64),
        record("keystone"),
    ):
        write_record(found, built)
    return found


def put_into_store(cache: Path, image: ImageRecord) -> None:
    """A manifest without layers, as the registry lays it out."""
    root = cache / "images/store/docker/registry/v2"
    number = image.digest.partition(":")[2]
    link = root / f"repositories/images/{image.name}/_manifests/revisions/sha256/{number}/link"
    link.parent.mkdir(parents=True)
    link.write_text(image.digest)
    for digest, data in ((number, {"config": {"digest": "sha256:00", "size": 2}, "layers": []}), ("00", {})):
        blob = root / f"blobs/sha256/{digest[:2]}/{digest}/data"
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_text(json.dumps(data))


def test_the_newest_build_of_what_the_site_needs_and_its_parents(make_site: Callable[..., Site], cache: Path) -> None:
    images = list_images(make_site(["ceph"]), cache=cache)
    assert [(image.name, image.tag, image.parent_only) for image in images] == [
        ("ceph", f"2026.1-{'b' * 12}", False),
        ("ceph-base", images[1].tag, True),
    ]
    assert images[0].seconds == 61.0


def test_what_is_locked_is_listed_with_what_is_newer(make_site: Callable[..., Site], cache: Path) -> None:
    site = make_site(["ceph"])
    older = record("ceph", build="1", identity="a" * 64)
    write_lock(site.path, lock_of(older))
    put_into_store(cache, older)
    images = [image for image in list_images(site, cache=cache) if image.name == "ceph"]
    assert [(image.tag[-1], image.where) for image in images] == [("a", ("store", "lock")), ("b", ())]


def test_a_locked_image_that_was_built_elsewhere(make_site: Callable[..., Site], tmp_path: Path) -> None:
    site = make_site(["ceph"])
    write_lock(site.path, lock_of(record("ceph")))
    (image,) = list_images(site, cache=tmp_path / "empty", in_registry=lambda name, _: name == "ceph")
    assert image.where == ("lock", "registry")
    assert image.seconds is None
    assert image.bytes == 2_000_000


def test_everything_that_lies_here(make_site: Callable[..., Site], cache: Path) -> None:
    images = list_images(make_site(["ceph"]), cache=cache, everything=True)
    assert [image.name for image in images] == ["ceph", "ceph", "ceph", "ceph-base", "keystone"]


def test_the_command(
    make_site: Callable[..., Site], cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))
    site = make_site(["ceph"])
    put_into_store(cache, record("ceph", build="2"))
    run = CliRunner().invoke(groundplane, ["--site", str(site.path), "images", "list"])
    assert run.exit_code == 0, run.output
    assert run.stdout.splitlines()[1].split()[:2] == ["ceph", f"2026.1-{'b' * 12}"]
    assert "1m01s" in run.stdout
    assert run.stdout.splitlines()[-1] == "2 images, 1 image nowhere any more"
    data = CliRunner().invoke(groundplane, ["--site", str(site.path), "images", "list", "--json"])
    assert [image["where"] for image in json.loads(data.stdout)["images"]] == [["store"], []]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nothing"))
    empty = CliRunner().invoke(groundplane, ["--site", str(site.path), "images", "list"])
    assert "No images are here yet" in empty.stdout
