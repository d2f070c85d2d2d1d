"""Images of the lab, built by podman on our own base image from files in this package."""

from __future__ import annotations

from pathlib import Path

from groundplane.machine.base_image import ensure_base_image
from groundplane.machine.podman import host_podman
from groundplane.supply.small_image import ensure_small_image

IMAGES = Path(__file__).resolve().parent / "images"


def node_image_name(suite: str) -> str:
    return f"localhost/groundplane/node:{suite}"


def apt_cache_image_name() -> str:
    return "localhost/groundplane/apt-cache:trixie"


def ensure_node_image(suite: str, *, cache: Path, fresh: bool = False) -> str:
    """localhost/groundplane/node:SUITE, built only where it isn't there or its files changed.

    Raises:
        InputError, FailedError: as `ensure_base_image`.
    """
    base = ensure_base_image(suite, cache=cache, fresh=fresh)
    return ensure_small_image(
        IMAGES / "node", node_image_name(suite), base=base, podman=host_podman(), cache=cache, fresh=fresh
    )


def ensure_apt_cache_image(*, cache: Path, fresh: bool = False) -> str:
    """The image with apt-cacher-ng, on trixie; `fresh` leaves the base image as it is."""
    base = ensure_base_image("trixie", cache=cache)
    return ensure_small_image(
        IMAGES / "apt-cache", apt_cache_image_name(), base=base, podman=host_podman(), cache=cache, fresh=fresh
    )
