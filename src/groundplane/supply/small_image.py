"""Small images of the toolkit's own (the store, the apt cache, lab nodes), built on the base image from a folder.

A label is the content: what went into an image is noted on it, and nothing is built again while that is the same.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.machine.base_image import build_lock
from groundplane.machine.podman import DIGEST_LABEL

if TYPE_CHECKING:
    from groundplane.machine.podman import Podman


def folder_digest(folder: Path, *more: str) -> str:
    """16 hex digits over names, modes and contents below `folder`, and over `more`."""
    total = hashlib.sha256("\0".join(more).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            mode = path.stat().st_mode & 0o111
            total.update(f"{path.relative_to(folder)}\0{bool(mode)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def ensure_small_image(source: Path, image: str, *, base: str, podman: Podman, cache: Path, fresh: bool = False) -> str:
    """The image's name; built only where it isn't there or its files or its base changed.

    Args:
        source: folder with a Dockerfile (or Containerfile) whose FROM is the argument BASE.
        image: its name in podman's storage.
        base: the image that it stands on, which has to be there.
        cache: Settings.cache; the log is CACHE/images/NAME.log.

    Raises:
        FailedError: the build failed.
    """
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
