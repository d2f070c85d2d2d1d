"""Real images in a real store: verified byte by byte, and pruned without harm to what is needed."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from groundplane.machine.podman import host_podman
from groundplane.supply.build import build_images
from groundplane.supply.lock_making import lock_from_records
from groundplane.supply.model import Maker, NeededImage, Recipe
from groundplane.supply.prune import find_prunable, keep_of_lock, prune
from groundplane.supply.records import record_path
from groundplane.supply.store import StoreFiles, collect_garbage, open_store, store_root
from groundplane.supply.verification import verify_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock
    from groundplane.supply.model import ImageRecord

pytestmark = [
    pytest.mark.skipif(shutil.which("podman") is None or os.geteuid() != 0, reason="builds images as root"),
    pytest.mark.timeout(300),
]

NAME = "gpupkeep"
RELEASE = "2026.1"


@dataclass
class Upkeep:
    """A cache of its own; podman's storage is this machine's."""

    cache: Path

    def build(self, run: str) -> ImageRecord:
        text = f"ARG BASE\nFROM $BASE\nRUN {run}\n"
        digest = hashlib.sha256(text.encode()).hexdigest()
        context = self.cache / "contexts" / digest[:12]
        context.mkdir(parents=True, exist_ok=True)
        (context / "Dockerfile").write_text(text, encoding="utf-8")
        recipe = Recipe(NAME, None, "trixie", context, digest, Maker.OWN)
        podman = host_podman()
        with open_store(cache=self.cache, podman=podman) as store:
            result = build_images([recipe], store=store, podman=podman, cache=self.cache, release=RELEASE)
        result.raise_unless_done()
        return result.records[NAME]

    @property
    def files(self) -> StoreFiles:
        return StoreFiles(store_root(self.cache))


def lock_of(record: ImageRecord) -> ImagesLock:
    return lock_from_records(
        release=RELEASE,
        needed=[NeededImage(NAME, "own", NAME, Maker.OWN, ("control",))],
        records={NAME: record},
        made_at="2026-01-01T00:00:00+00:00",
    )


@pytest.fixture
def upkeep(tmp_path: Path) -> Iterator[Upkeep]:
    yield Upkeep(tmp_path)
    podman = host_podman()
    ours = [name for name in local_images() if f"/{NAME}:" in name]
    if ours:
        podman.run("rmi", "--force", *ours)


def local_images() -> list[str]:
    return host_podman().run("images", "--format", "{{.Repository}}:{{.Tag}}").split()


def test_pruned_images_are_gone_everywhere_and_the_locked_one_is_whole(upkeep: Upkeep) -> None:
    # Random bytes, because zeros take no room in a compressed layer.
    gone = upkeep.build("head -c 3000000 /dev/urandom > /gone")
    kept = upkeep.build("head -c 1000 /dev/urandom > /kept")
    podman, before = host_podman(), upkeep.files.disk_bytes()
    found = find_prunable(
        cache=upkeep.cache, files=upkeep.files, podman=podman, keep=keep_of_lock(lock_of(kept)), older_than=0
    )
    assert [image.digest for image in found.images] == [gone.digest]
    assert found.store_bytes > 2_900_000
    ours = replace(found, local=tuple(name for name in found.local if f"/{NAME}:" in name))
    assert len(ours.local) == 1
    with ExitStack() as stack:
        done = prune(
            ours,
            store=stack.enter_context(open_store(cache=upkeep.cache, podman=podman)),
            podman=podman,
            close_store=stack.close,
            collect_garbage=lambda: collect_garbage(cache=upkeep.cache, podman=podman),
        )
    assert done.bytes > 2_900_000
    assert before - upkeep.files.disk_bytes() > 2_900_000
    assert ours.local[0] not in local_images()
    assert not record_path(upkeep.cache, NAME, gone.tag).exists()
    assert not verify_store(lock_of(kept), upkeep.files, deep=True).findings
    assert verify_store(lock_of(gone), upkeep.files).findings[0].image == NAME


def test_a_flipped_bit_in_a_layer_is_found(upkeep: Upkeep) -> None:
    record = upkeep.build("echo some content > /content")
    lock = lock_of(record)
    assert not verify_store(lock, upkeep.files, deep=True).findings
    layer = upkeep.files.json_blob(record.digest)
    assert layer is not None
    blob = upkeep.files.blob_path(str(layer["layers"][-1]["digest"]))
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.write_bytes(content)
    assert not verify_store(lock, upkeep.files).findings
    (finding,) = verify_store(lock, upkeep.files, deep=True).findings
    assert finding.image == NAME
    assert "another checksum" in finding.what
