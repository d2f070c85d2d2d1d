"""The pinned kolla: installed whole or not at all, and reused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content
from groundplane.errors import FailedError, InputError
from groundplane.site.release import OpenStackPin, Release, RuntimePin
from groundplane.supply.kolla import environment as module
from groundplane.supply.kolla.environment import ensure_kolla

if TYPE_CHECKING:
    from collections.abc import Callable

OPENSTACK = OpenStackPin(
    series="2026.1",
    kolla="22.2.0",
    kolla_ansible="22.2.0",
    kolla_requirements="kolla.txt",
    constraints="c.txt",
    sources={},
)


def _release(pin: OpenStackPin | None) -> Release:
    runtime = RuntimePin(ansible_core="1", python=">=3.12", requirements="r")
    return Release(name="r", runtime=runtime, openstack=pin)


@pytest.fixture
def content(tmp_path: Path) -> Content:
    made = Content(tmp_path / "content")
    made.releases.mkdir(parents=True)
    (made.releases / "kolla.txt").write_text("kolla==22.2.0 --hash=sha256:00\n")
    return made


def _installing(monkeypatch: pytest.MonkeyPatch, work: Callable[[Path], None]) -> list[Path]:
    made: list[Path] = []

    def install(_installer: str, where: list[str], *_args: object, **_more: object) -> None:
        folder = Path(where[1]).parent.parent
        made.append(folder)
        work(folder)

    monkeypatch.setattr(module, "find_installer", lambda _cache: "uv")
    monkeypatch.setattr(module, "run_command", lambda *_args, **_more: "")
    monkeypatch.setattr(module, "install", install)
    return made


def _whole(folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "kolla-build").touch()


def test_made_once_and_anew_when_the_lock_moves(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _installing(monkeypatch, _whole)
    first = ensure_kolla(_release(OPENSTACK), content, cache=tmp_path / "cache")
    assert first.program.is_file()
    assert ensure_kolla(_release(OPENSTACK), content, cache=tmp_path / "cache") == first
    assert len(made) == 1
    (content.releases / "kolla.txt").write_text("kolla==22.3.0 --hash=sha256:00\n")
    assert ensure_kolla(_release(OPENSTACK), content, cache=tmp_path / "cache").folder != first.folder


def test_a_failed_installation_leaves_nothing(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        _whole(folder)
        raise FailedError("a checksum differs")

    _installing(monkeypatch, fail)
    with pytest.raises(FailedError, match="a checksum differs"):
        ensure_kolla(_release(OPENSTACK), content, cache=tmp_path / "cache")
    assert not list((tmp_path / "cache/images/kolla/environments").glob("r-*"))
    assert not list((tmp_path / "cache/images/kolla/environments").glob(".new-*"))


def test_a_release_without_openstack_is_told_so(content: Content, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pins no OpenStack"):
        ensure_kolla(_release(None), content, cache=tmp_path)


def test_a_lock_that_is_missing_is_named(content: Content, tmp_path: Path) -> None:
    (content.releases / "kolla.txt").unlink()
    with pytest.raises(InputError, match=r"kolla\.txt, which is not there"):
        ensure_kolla(_release(OPENSTACK), content, cache=tmp_path)
