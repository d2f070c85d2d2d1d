"""The lab's images are in the package."""

from __future__ import annotations

from groundplane.lab.node_image import IMAGES


def test_the_package_carries_the_images_files() -> None:
    assert (IMAGES / "node" / "Containerfile").is_file()
    assert (IMAGES / "node" / "files/usr/local/sbin/lab-runc").stat().st_mode & 0o111
    assert (IMAGES / "apt-cache" / "Containerfile").is_file()
