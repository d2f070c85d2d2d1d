"""The guest's disk is built once, kept by what it is made of, and declared as SCS-0102 asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundplane.lab import guest_image
from groundplane.lab.guest_image import GuestImage, ensure_guest_image, kept_image, lend

if TYPE_CHECKING:
    from pathlib import Path


class FakePodman:
    """Copies a disk out of an image that isn't there."""

    def __init__(self) -> None:
        self.copied = 0

    def image_digest(self, _image: str) -> str:
        return "d1"

    def run(self, *words: str, **_: Any) -> str:
        if words[0] == "cp":
            self.copied += 1
            with open(words[2], "wb") as file:  # noqa: PTH123
                file.write(b"disk")
        return "container\n"


@pytest.fixture
def podman(monkeypatch: pytest.MonkeyPatch) -> FakePodman:
    fake = FakePodman()
    monkeypatch.setattr(guest_image, "host_podman", lambda: fake)
    monkeypatch.setattr(guest_image, "ensure_base_image", lambda *_args, **_options: "base")
    monkeypatch.setattr(guest_image, "ensure_small_image", lambda *_args, **_options: "guest")
    monkeypatch.setattr(guest_image, "as_root", list)
    return fake


def test_the_disk_is_taken_out_once(podman: FakePodman, tmp_path: Path) -> None:
    (tmp_path / "guests").mkdir()
    (tmp_path / "guests" / ("trixie-d0-" + "0" * 128 + ".raw")).write_bytes(b"older")
    first = ensure_guest_image(cache=tmp_path)
    assert ensure_guest_image(cache=tmp_path) == first
    assert podman.copied == 1
    assert first.path.read_bytes() == b"disk"
    assert [path.name for path in (tmp_path / "guests").glob("*.raw")] == [first.path.name]
    assert kept_image(tmp_path / "guests", "d2") is None


def test_a_lab_keeps_its_disk_when_another_is_built(tmp_path: Path) -> None:
    source = tmp_path / "cache.raw"
    source.write_bytes(b"disk")
    lent = lend(GuestImage(source, "ab", 4, "d1"), tmp_path / "lab")
    source.unlink()
    assert lent.path == tmp_path / "lab" / "debian-13-d1.raw"
    assert lent.path.read_bytes() == b"disk"


def test_the_declaration_has_what_scs_asks_for(tmp_path: Path) -> None:
    said = GuestImage(tmp_path / "disk.raw", "ab", 300 * 1024**2, "d1").declaration()
    assert said["min_disk"] == 1
    assert said["checksum"] == "sha512:ab"
    asked = {"architecture", "os_version", "os_distro", "hw_disk_bus", "image_original_user", "image_description"}
    assert asked | {"replace_frequency", "provided_until", "uuid_validity"} <= said["properties"].keys()
