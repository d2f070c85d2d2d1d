"""What goes and what stays."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError
from groundplane.supply.cache_entries import Needed, note_use
from groundplane.supply.model import IMAGE_NAMESPACE, Package
from groundplane.supply.prune import Keep, Prunable, StoredImage, find_prunable, keep_of_lock, prune
from groundplane.supply.records import mark_used, record_path, sbom_path, write_record
from tests.unit.supply.lock_samples import lock_of, record
from tests.unit.supply.store_folder import StoreFolder

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.supply.model import ImageRecord

OLD = 100 * 24 * 3600.0


class FakePodman:
    """Has images, and refuses to remove those that a container uses."""

    def __init__(self, *images: str, used: tuple[str, ...] = ()) -> None:
        self.images = list(images)
        self.used = used
        self.created = time.time() - OLD

    def list_images(self, _pattern: str) -> list[dict[str, Any]]:
        return [{"Names": [name], "Created": self.created} for name in self.images]

    def run(self, *words: str, **_more: Any) -> str:
        if words[0] == "info":
            return "/\n"
        name = words[1]
        if name in self.used:
            raise FailedError("Removing failed")
        self.images.remove(name)
        return ""


class Machine:
    """A cache with a store, records and podman's images."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.store = StoreFolder(self.cache)
        self.podman = FakePodman()

    def build(self, name: str, *layers: bytes, build: str = "1", old: bool = True) -> ImageRecord:
        """An image that was built long ago."""
        made = record(name, build=build)
        made = replace(made, digest=self.store.add(name, made.tag, build.encode(), *layers))
        write_record(self.cache, made)
        sbom_path(self.cache, name, made.tag).parent.mkdir(parents=True, exist_ok=True)
        sbom_path(self.cache, name, made.tag).write_text("{}")
        local = f"{IMAGE_NAMESPACE}/{name}:{made.tag}"
        if local not in self.podman.images:
            self.podman.images.append(local)
        if old:
            self.age()
        return made

    def age(self) -> None:
        """Everything there is gets old."""
        for path in self.cache.rglob("*"):
            os.utime(path, (time.time() - OLD, time.time() - OLD))

    def find(self, keep: Keep = Keep(), **more: Any) -> Prunable:  # noqa: B008 - frozen
        return find_prunable(
            cache=self.cache, files=self.store.files, podman=cast("Podman", self.podman), keep=keep, **more
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_a_lock_names_stays_and_the_rest_goes(machine: Machine) -> None:
    kept, gone = machine.build("kept", b"shared"), machine.build("gone", b"shared", b"its own")
    found = machine.find(keep_of_lock(lock_of(kept)))
    assert found.images == (StoredImage("gone", gone.digest, (gone.tag,)),)
    assert found.local == (f"{IMAGE_NAMESPACE}/gone:{gone.tag}",)
    assert set(found.records) == {
        record_path(machine.cache, "gone", gone.tag),
        sbom_path(machine.cache, "gone", gone.tag),
    }
    config = len(f'{{"name": "gone", "tag": "{gone.tag}"}}')
    assert found.store_bytes == config + len(b"its own")


def test_what_was_used_lately_stays(machine: Machine) -> None:
    machine.build("old")
    used = machine.build("used")
    mark_used(machine.cache, [used])
    assert [image.name for image in machine.find().images] == ["old"]
    assert {image.name for image in machine.find(older_than=0).images} == {"old", "used"}


def test_an_older_build_that_is_locked_stays_beside_the_newer_one(machine: Machine) -> None:
    locked = machine.build("a", build="1")
    newer = machine.build("a", build="2")
    assert locked.tag == newer.tag
    assert not machine.find(keep_of_lock(lock_of(locked))).images
    found = machine.find(keep_of_lock(lock_of(newer)))
    assert found.images == (StoredImage("a", locked.digest, ()),)
    (only,) = found.records
    assert locked.digest.partition(":")[2][:12] in only.name


def test_what_a_build_at_work_has_not_recorded_yet_stays(machine: Machine) -> None:
    machine.store.add("half", "2026.1-0123456789ab", b"layer")
    machine.podman.images.append(f"{IMAGE_NAMESPACE}/half:2026.1-0123456789ab")
    machine.podman.created = time.time()
    assert not machine.find()


def test_old_caches_go_but_for_what_the_plan_and_the_lock_name(machine: Machine) -> None:
    contexts, archives = machine.cache / "images/kolla/contexts", machine.cache / "images/archives"
    for path in (contexts / "used", contexts / "old", archives / ("ab" * 32), archives / ("cd" * 32)):
        path.mkdir(parents=True)
        (path / "file").write_bytes(b"12345")
    machine.age()
    found = machine.find(Keep(entries=Needed(frozenset({str(contexts / "used"), "ab" * 32}))))
    assert {entry.path for entry in found.entries} == {contexts / "old", archives / ("cd" * 32)}
    assert found.kinds() == {"archives": (1, 5), "build contexts": (1, 5)}
    assert found.cache_bytes == 10


def test_packages_that_the_lock_names_stay(machine: Machine) -> None:
    kept = machine.build("kept")
    lock = lock_of(replace(kept, debian=(Package("curl", "1:8.14-2"),)))
    packages = machine.cache / "images/shared/apt/trixie/packages"
    packages.mkdir(parents=True)
    for name in ("curl_1%3a8.14-2_amd64.deb", "curl_1%3a8.14-1_amd64.deb"):
        (packages / name).write_bytes(b"deb")
    machine.age()
    assert [entry.path.name for entry in machine.find(keep_of_lock(lock)).entries] == ["curl_1%3a8.14-1_amd64.deb"]


def test_a_log_stays_as_long_as_its_image(machine: Machine) -> None:
    kept = machine.build("kept")
    logs = machine.cache / "images/logs"
    logs.mkdir(parents=True)
    for name in (f"kept-{kept.tag}.log", "failed-2026.1-0123456789ab.log"):
        (logs / name).write_text("Step 1")
    machine.age()
    found = machine.find(keep_of_lock(lock_of(kept)))
    assert [entry.path.name for entry in found.entries] == ["failed-2026.1-0123456789ab.log"]


def test_of_the_managers_own_images_the_newest_of_each_suite_stays_for_the_next_bundle(machine: Machine) -> None:
    for tag, days in (("trixie-aa", 2), ("trixie-bb", 1), ("bookworm-cc", 3)):
        digest = machine.store.add("tool-base", tag, tag.encode())
        number = digest.partition(":")[2]
        link = machine.store.files.repository_path("tool-base") / f"_manifests/revisions/sha256/{number}/link"
        os.utime(link, (time.time() - days * 24 * 3600.0,) * 2)
    assert [image.tags for image in machine.find(older_than=0).images] == [("trixie-aa",)]


def test_what_was_not_shown_and_what_was_used_meanwhile_stays(machine: Machine) -> None:
    machine.build("gone", b"a")
    back = machine.build("back", b"b")
    for name in ("old", "again"):
        (machine.cache / "images/contexts" / name).mkdir(parents=True)
    machine.age()
    shown = machine.find()
    assert {image.name for image in shown.images} == {"back", "gone"}
    mark_used(machine.cache, [back])
    note_use(machine.cache / "images/contexts/again")
    machine.build("new", b"c", old=False)
    now = shown.still(machine.find(older_than=0, keep=keep_of_lock(lock_of(back))))
    assert [image.name for image in now.images] == ["gone"]
    assert [path.name.partition("-")[0] for path in now.records] == ["gone"] * 2
    assert [entry.path.name for entry in shown.still(machine.find()).entries] == ["old"]


def _prune(machine: Machine, found: Prunable, removed: list[str]) -> Any:
    class Remover:
        def remove(self, name: str, digest: str) -> None:
            assert digest.startswith("sha256:")
            removed.append(name)

    def collect() -> int:
        assert removed[-1] == "closed", "garbage is collected when the store is closed"
        return 1000

    return prune(
        found,
        store=Remover(),
        podman=cast("Podman", machine.podman),
        collect_garbage=collect,
        close_store=lambda: removed.append("closed"),
    )


def test_removing_frees_and_touches_nothing_of_others(machine: Machine) -> None:
    gone = machine.build("gone")
    machine.podman.images.append("registry.test/others:1")
    folder = machine.cache / "images/wheels/old"
    folder.mkdir(parents=True)
    machine.age()
    found = machine.find()
    removed: list[str] = []
    done = _prune(machine, found, removed)
    assert removed == ["gone", "closed"]
    assert machine.podman.images == ["registry.test/others:1"]
    assert done.bytes >= 1000
    assert not record_path(machine.cache, "gone", gone.tag).exists()
    assert not folder.exists()


def test_an_image_in_use_stays_and_is_named(machine: Machine) -> None:
    gone = machine.build("gone")
    local = f"{IMAGE_NAMESPACE}/gone:{gone.tag}"
    machine.podman.used = (local,)
    assert _prune(machine, machine.find(), []).kept == (local,)
