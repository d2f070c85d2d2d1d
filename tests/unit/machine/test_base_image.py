"""The base image is built once."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.machine import base_image
from groundplane.machine.base_image import base_image_digest, ensure_base_image
from groundplane.machine.debian_mirror import DebianMirror

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

MIRROR = DebianMirror("http://mirror.test/debian", "http://mirror.test/debian-security")


class FakePodman:
    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self.imports: list[str] = []

    def image_digest(self, image: str) -> str | None:
        return self.digests.get(image)

    def replacing(self, _image: str) -> AbstractContextManager[None]:
        return nullcontext()

    def run(self, *words: str, **_options: object) -> str:
        label = next(word for word in words if word.startswith("LABEL"))
        self.digests[words[-1]] = label.partition("=")[2]
        self.imports.append(words[-2])
        return ""


@pytest.fixture
def podman(monkeypatch: pytest.MonkeyPatch) -> FakePodman:
    fake = FakePodman()
    monkeypatch.setattr(base_image, "host_podman", lambda: fake)
    monkeypatch.setattr(base_image, "host_mirror", lambda: MIRROR)
    return fake


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    suites: list[str] = []

    def make(suite: str, _mirror: DebianMirror, tar: Path) -> None:
        suites.append(suite)
        tar.write_bytes(b"tree")

    monkeypatch.setattr(base_image, "_make_tar", make)
    return suites


def test_it_is_built_and_imported_once(podman: FakePodman, built: list[str], tmp_path: Path) -> None:
    assert ensure_base_image("trixie", cache=tmp_path) == "localhost/groundplane/base:trixie"
    ensure_base_image("trixie", cache=tmp_path)
    assert built == ["trixie"]
    assert len(podman.imports) == 1


def test_an_emptied_podman_takes_the_tar_from_the_cache(podman: FakePodman, built: list[str], tmp_path: Path) -> None:
    ensure_base_image("trixie", cache=tmp_path)
    podman.digests.clear()
    ensure_base_image("trixie", cache=tmp_path)
    assert built == ["trixie"]
    assert len(podman.imports) == 2


def test_fresh_builds_anew(podman: FakePodman, built: list[str], tmp_path: Path) -> None:
    ensure_base_image("trixie", cache=tmp_path)
    ensure_base_image("trixie", cache=tmp_path, fresh=True)
    assert built == ["trixie", "trixie"]
    assert podman.digests


def test_another_mirror_makes_another_image_and_the_old_tar_goes(
    podman: FakePodman, built: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_base_image("trixie", cache=tmp_path)
    other = DebianMirror("http://other.test/debian", MIRROR.security)
    monkeypatch.setattr(base_image, "host_mirror", lambda: other)
    ensure_base_image("trixie", cache=tmp_path)
    assert built == ["trixie", "trixie"]
    assert [path.name for path in (tmp_path / "images").glob("*.tar")] == [
        f"base-trixie-{base_image_digest('trixie', other)}.tar"
    ]
    assert set(podman.digests.values()) == {base_image_digest("trixie", other)}


def test_an_unknown_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sid") as refused:
        ensure_base_image("sid", cache=tmp_path)
    assert "trixie" in refused.value.cure
