"""What a site needs of what a machine has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from groundplane.errors import FailedError
from groundplane.site.images_file import ImageSource
from groundplane.supply import keep
from groundplane.supply.keep import keep_of_site
from groundplane.supply.lock import write_lock
from groundplane.supply.model import BuildMount
from tests.unit.supply.lock_samples import lock_of, record

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(keep, "needed_images", lambda _site: ())
    write_lock(tmp_path, lock_of(record("locked", archives={"a.tar.gz": "ab" * 32})))
    file = SimpleNamespace(images=SimpleNamespace(source=ImageSource.BUILD))
    return cast("Site", SimpleNamespace(path=tmp_path, file=file))


class _Store:
    def has_digest(self, name: str, digest: str) -> bool:
        raise AssertionError((name, digest))


def test_lock_and_recipes_both_count(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = record("planned")
    recipe = SimpleNamespace(context=tmp_path / "context", mounts=(BuildMount(tmp_path / "tools", "/usr/local/sbin"),))
    target = SimpleNamespace(tag=planned.tag, record=planned, recipe=recipe)
    monkeypatch.setattr(keep, "site_targets", lambda *_a, **_k: {"planned": target})
    found, doubts = keep_of_site(site, cache=tmp_path, store=_Store())
    locked = record("locked")
    assert found.tags == {("locked", locked.tag), ("planned", planned.tag)}
    assert found.digests == {("locked", locked.digest), ("planned", planned.digest)}
    assert found.entries == {"ab" * 32, str(tmp_path / "context"), str(tmp_path / "tools")}
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
