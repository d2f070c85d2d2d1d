"""Images of the lab, built by podman on our own base image from files in this package.

A tag is the content: what went into an image is labelled on it, and nothing is built again while that is the same.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from groundplane.supply.base_image import build_lock, ensure_base_image
from groundplane.supply.podman import DIGEST_LABEL, host_podman

IMAGES = Path(__file__).resolve().parent / "images"


def node_image_name(suite: str) -> str:
    return f"localhost/groundplane/node:{suite}"


def apt_cache_image_name() -> str:
    return "localhost/groundplane/apt-cache:trixie"


def folder_digest(folder: Path, *more: str) -> str:
    """16 hex digits over names, modes and contents below `folder`, and over `more`."""
    total = hashlib.sha256("\0".join(more).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            mode = path.stat().st_mode & 0o111
            total.update(f"{path.relative_to(folder)}\0{bool(mode)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def ensure_node_image(suite: str, *, cache: Path, fresh: bool = False) -> str:
    """localhost/groundplane/node:SUITE, built only where it isn't there or its files changed.

    Raises:
        InputError, FailedError: as `ensure_base_image`.
    """
    base = ensure_base_image(suite, cache=cache, fresh=fresh)
    return _ensure(IMAGES / "node", node_image_name(suite), base, cache=cache, fresh=fresh)


def ensure_apt_cache_image(*, cache: Path, fresh: bool = False) -> str:
    """The image with apt-cacher-ng, on trixie; `fresh` leaves the base image as it is."""
    base = ensure_base_image("trixie", cache=cache)
    return _ensure(IMAGES / "apt-cache", apt_cache_image_name(), base, cache=cache, fresh=fresh)


def _ensure(source: Path, image: str, base: str, *, cache: Path, fresh: bool) -> str:
    podman = host_podman()
    digest = folder_digest(source, podman.image_digest(base) or "")
    if not fresh and podman.image_digest(image) == digest:
        return image
    name = image.rpartition("/")[2].replace(":", "-")
    with build_lock(cache / "images", name):
        if not fresh and podman.image_digest(image) == digest:
            return image
        log = cache / "images" / f"{name}.log"
        log.unlink(missing_ok=True)
        with podman.replacing(image), tempfile.TemporaryDirectory(prefix="groundplane-image-") as context:
            # A checkout's umask must not end up in the image.
            target = Path(context) / "context"
            shutil.copytree(source, target)
            for path in target.rglob("*"):
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            podman.log(
                *("build", "--network", "host", "--pull=never", "--no-cache", "--build-arg", f"BASE={base}"),
                *("--label", f"{DIGEST_LABEL}={digest}", "--tag", image, str(target)),
                doing=f"Building the image {image}",
                log=log,
                timeout=1800,
            )
    return image
