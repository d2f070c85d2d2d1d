"""What of the cache goes, how much that frees, and that it goes whole."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from groundplane.supply.cache_entries import CacheEntry, Needed, find_entries, note_use, remove_entries

if TYPE_CHECKING:
    from pathlib import Path

OLD = 100 * 24 * 3600.0
MONTH = 30 * 24 * 3600.0


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def put(path: Path, content: bytes = b"12345", *, old: bool = True) -> Path:
    """A file, and the folders down to it; old, read and written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if old:
        for each in (path, path.parent):
            os.utime(each, (time.time() - OLD,) * 2)
    return path


def found(cache: Path, needed: Needed = Needed(), *, days: float = 30) -> dict[str, list[str]]:  # noqa: B008 - frozen
    """Kind to paths below the cache."""
    result: dict[str, list[str]] = {}
    for entry in find_entries(cache, needed, before=time.time() - days * 24 * 3600):
        result.setdefault(entry.kind, []).append(str(entry.path.relative_to(cache)))
    return result


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("archives", "images/archives/abcd/nova.tar.gz"),
        ("build contexts", "images/kolla/contexts/nova-1/Dockerfile"),
        ("build contexts", "images/contexts/ceph-1/Dockerfile"),
        ("renderings", "images/kolla/renderings/2026.1-1/index.json"),
        ("kolla environments", "images/kolla/environments/2026.1-1/pyvenv.cfg"),
        ("wheels", "images/wheels/abcd/wheels.json"),
        ("build tools", "images/tools/abcd/uv"),
        ("bundle wheels", "bundle/wheels/abcd/a.whl"),
    ],
)
def test_each_kind_goes_when_it_was_not_used_for_long(cache: Path, kind: str, path: str) -> None:
    folder = put(cache / path).parent
    assert found(cache) == {kind: [str(folder.relative_to(cache))]}
    assert found(cache, Needed(paths=frozenset({str(folder)})), days=0) == {}
    note_use(folder)
    assert found(cache) == {}
    time.sleep(0.02)
    assert list(found(cache, days=0)) == [kind]


def test_locks_and_what_is_being_made_stay(cache: Path) -> None:
    put(cache / "images/kolla/contexts/.nova.lock")
    put(cache / "images/kolla/contexts/.new-1/Dockerfile", old=False)
    put(cache / "images/archives/maven-super-pom.xml")
    assert found(cache, days=0) == {}


def test_what_killed_commands_left_goes_after_a_day(cache: Path) -> None:
    put(cache / "images/kolla/contexts/.new-1/Dockerfile")
    put(cache / "bundle/layout-1/index.json")
    assert found(cache, days=1000) == {"leftovers": ["images/kolla/contexts/.new-1", "bundle/layout-1"]}


def test_a_package_counts_as_used_when_it_was_read(cache: Path) -> None:
    packages = cache / "images/shared/apt/trixie/packages"
    read, unread = put(packages / "a_1_amd64.deb"), put(packages / "b_1_amd64.deb")
    os.utime(read, (time.time(), time.time() - OLD))
    assert found(cache) == {"apt packages": [str(unread.relative_to(cache))]}


def test_packages_of_the_last_bundle_stay(cache: Path) -> None:
    repository = cache / "bundle/debian/trixie-amd64"
    put(repository / "archives/a_1_amd64.deb")
    put(repository / "archives/b_1_amd64.deb")
    (repository / "uris").write_text("'http://mirror.test/pool/a_1_amd64.deb' a_1_amd64.deb 5 SHA256:00\n")
    assert found(cache, days=0) == {"bundle packages": ["bundle/debian/trixie-amd64/archives/b_1_amd64.deb"]}


def test_python_packages_stay_for_suites_that_a_release_names(cache: Path) -> None:
    for suite in ("trixie", "stretch"):
        put(cache / f"images/shared/uv-{suite}/CACHEDIR.TAG")
    needed = Needed(suites=frozenset({"trixie"}))
    assert found(cache, needed, days=0) == {"Python packages": ["images/shared/uv-stretch"]}


def test_a_file_with_two_names_frees_its_bytes_when_both_go(cache: Path) -> None:
    archive = put(cache / "images/archives/abcd/nova.tar.gz")
    context = cache / "images/contexts/nova-1"
    context.mkdir(parents=True)
    os.link(archive, context / "nova-archive")
    os.utime(context, (time.time() - OLD,) * 2)
    month_ago = time.time() - MONTH
    assert sum(entry.bytes for entry in find_entries(cache, Needed(), before=month_ago)) == 5
    kept = Needed(paths=frozenset({"abcd"}))
    assert [entry.bytes for entry in find_entries(cache, kept, before=month_ago)] == [0]


def test_entries_are_removed_and_gone_ones_are_no_error(cache: Path) -> None:
    folder, file = put(cache / "images/tools/abcd/uv").parent, put(cache / "images/logs/a.log")
    remove_entries([CacheEntry("tools", folder), CacheEntry("logs", file), CacheEntry("tools", cache / "absent")])
    assert list((cache / "images/tools").iterdir()) == []
    assert not file.exists()


def test_a_removal_that_was_cut_off_leaves_nothing_that_looks_whole(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(cache / "images/tools/abcd/uv").parent

    def killed(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("groundplane.supply.cache_entries.run_command", killed)
    with pytest.raises(KeyboardInterrupt):
        remove_entries([CacheEntry("tools", folder)])
    assert not folder.exists()
    (left,) = (cache / "images/tools").iterdir()
    assert found(cache) == {"leftovers": [str(left.relative_to(cache))]}
