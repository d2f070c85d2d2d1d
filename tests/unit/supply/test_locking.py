"""The lock that a site should have, beside the one that it has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from groundplane.errors import InputError
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import write_lock
from groundplane.supply import locking
from groundplane.supply.build.targets import Why
from groundplane.supply.locking import check_lock, propose, propose_built
from tests.unit.supply.lock_samples import lock_of, needed, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.site.site import Site
    from groundplane.supply.model import ImageRecord


@pytest.fixture
def site(tmp_path: Path) -> Site:
    file = SimpleNamespace(images=SimpleNamespace(source=ImageSource.BUILD))
    return cast("Site", SimpleNamespace(path=tmp_path, file=file, release=SimpleNamespace(name="2026.1")))


def _targets(monkeypatch: pytest.MonkeyPatch, records: Mapping[str, ImageRecord | None]) -> None:
    """What the site's recipes stand for, and what of it was built."""
    targets = {
        name: SimpleNamespace(
            identity=record(name).identity if found is None else found.identity,
            record=found,
            why=Why.CHANGED if found is None else Why.UP_TO_DATE,
        )
        for name, found in records.items()
    }
    monkeypatch.setattr(locking, "site_targets", lambda *_a, **_k: targets)


class _Store:
    def has_digest(self, name: str, digest: str) -> bool:
        raise AssertionError((name, digest))


def _checked(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    monkeypatch.setattr(locking, "read_trusted_lock", lambda _path: None)
    return check_lock(site, [needed(name) for name in names], cache=tmp_path)


def test_images_that_have_to_be_built_first_are_named_with_reason_and_command(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _targets(monkeypatch, {"base": None, "a": None, "b": record("b")})
    with pytest.raises(InputError) as error:
        propose_built(site, [needed("a"), needed("b")], cache=tmp_path, store=_Store())
    assert [(problem.what, problem.cure) for problem in error.value.problems] == [
        ("base: its recipe changed", "groundplane images build"),
        ("a: its recipe changed", "groundplane images build a"),
    ]


def test_what_is_built_is_proposed(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _targets(monkeypatch, {"a": record("a", build="2")})
    write_lock(tmp_path, lock_of(record("a")))
    proposed = propose_built(site, [needed("a")], cache=tmp_path, store=_Store())
    assert not proposed.stands
    assert proposed.changes.changed == (("a", record("a").digest, record("a", build="2").digest),)


def test_an_unsigned_lock_does_not_stand_though_it_says_the_same(site: Site, tmp_path: Path) -> None:
    write_lock(tmp_path, lock_of(record("a")))
    proposed = propose(site, lock_of(record("a")))
    assert not proposed.stands
    assert not proposed.changes


def test_a_lock_that_fits_the_site_has_nothing_wrong(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _targets(monkeypatch, {"a": None})
    write_lock(tmp_path, lock_of(record("a")))
    assert _checked(site, tmp_path, monkeypatch, "a") == []


def test_everything_that_does_not_fit_is_said(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _targets(monkeypatch, {"a": record("a", identity="0" * 64), "new": None})
    write_lock(tmp_path, lock_of(record("a"), record("gone")))
    assert _checked(site, tmp_path, monkeypatch, "a", "new") == [
        "a has another recipe",
        "new is missing",
        "gone isn't needed",
    ]


def test_other_groups_are_said_because_other_hosts_pull(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _targets(monkeypatch, {"a": None})
    write_lock(tmp_path, lock_of(record("a")))
    monkeypatch.setattr(locking, "read_trusted_lock", lambda _path: None)
    assert check_lock(site, [needed("a", groups=("compute",))], cache=tmp_path) == [
        "a runs on compute, the lock says control"
    ]


def test_an_unsigned_lock_of_another_release_is_said(site: Site, tmp_path: Path) -> None:
    other = lock_of(record("a")).model_copy(update={"release": "2025.1", "source": ImageSource.UPSTREAM})
    write_lock(tmp_path, other)
    assert check_lock(site, [], cache=tmp_path) == [
        "images.lock is not signed",
        "it is of release 2025.1, the site names 2026.1",
        "its images are from upstream, the site wants build",
    ]


def test_without_a_lock_nothing_can_be_checked(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no images\.lock"):
        check_lock(site, [], cache=tmp_path)
