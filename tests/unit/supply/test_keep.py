"""What a site needs of what a machine has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import FailedError
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import write_lock
from groundplane.supply import keep
from groundplane.supply.cache_entries import Needed
from groundplane.supply.keep import keep_of_site, needed_by_releases
from groundplane.supply.model import BuildMount, Maker
from tests.unit.supply.lock_samples import lock_of, record

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(keep, "needed_images", lambda _site: ())
    write_lock(tmp_path, lock_of(record("locked", archives={"a.tar.gz": "ab" * 32})))
    file = SimpleNamespace(images=SimpleNamespace(source=ImageSource.BUILD))
    monkeypatch.setattr(keep, "bundle_wheels", lambda *_a, **_k: frozenset({"of bundles"}))
    monkeypatch.setattr(keep, "needed_by_releases", lambda *_a, **_k: (Needed(paths=frozenset({"of releases"})), []))
    return cast("Site", SimpleNamespace(path=tmp_path, file=file, content=None))


class _Store:
    def has_digest(self, name: str, digest: str) -> bool:
        raise AssertionError((name, digest))


def test_lock_and_recipes_both_count(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = record("planned")
    mounts = (BuildMount(tmp_path / "tools", "/usr/local/sbin"),)
    recipe = SimpleNamespace(context=tmp_path / "context", mounts=mounts, maker=Maker.OWN)
    target = SimpleNamespace(tag=planned.tag, record=planned, recipe=recipe)
    monkeypatch.setattr(keep, "site_targets", lambda *_a, **_k: {"planned": target})
    found, doubts = keep_of_site(site, cache=tmp_path, store=_Store())
    locked = record("locked")
    assert found.tags == {("locked", locked.tag), ("planned", planned.tag)}
    assert found.digests == {("locked", locked.digest), ("planned", planned.digest)}
    named = {"of releases", "of bundles", "ab" * 32}
    assert found.entries.paths == {*named, str(tmp_path / "context"), str(tmp_path / "tools")}
    assert doubts == []


def test_broken_recipes_do_not_keep_anybody_from_freeing_a_disk(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_a: object, **_k: object) -> None:
        raise FailedError("The index doesn't answer")

    monkeypatch.setattr(keep, "site_targets", broken)
    found, (doubt,) = keep_of_site(site, cache=tmp_path, store=_Store())
    assert [name for name, _ in found.tags] == ["locked"]
    assert "The index doesn't answer" in doubt


def test_every_release_of_the_toolkit_keeps_its_archives_wheels_and_kolla(tmp_path: Path) -> None:
    content = toolkit_content()
    found, doubts = needed_by_releases(content, cache=tmp_path)
    assert doubts == []
    assert found.suites >= {"trixie", "bookworm"}
    folders = {path.removeprefix(f"{tmp_path}/images/") for path in found.paths if "/" in path}
    assert {"kolla/environments/2025.1", "kolla/environments/2026.1"} == {
        folder.rpartition("-")[0] for folder in folders if folder.startswith("kolla/")
    }
    assert len([folder for folder in folders if folder.startswith("wheels/")]) == 4
    assert sum(len(path) == 64 for path in found.paths) > 40


def test_a_release_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases/2030.1.yml").write_text("name: [")
    found, (doubt,) = needed_by_releases(Content(tmp_path), cache=tmp_path)
    assert found == Needed()
    assert "2030.1.yml" in doubt
