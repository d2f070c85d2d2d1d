"""A guest image for the lab's cloud: built from Debian packages as one raw disk, kept in the cache.

Clouds without the internet have no image to fetch, and under software emulation an ordinary one takes minutes to start.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.machine.base_image import build_lock, ensure_base_image
from groundplane.machine.host_commands import as_root, run_command
from groundplane.machine.podman import host_podman
from groundplane.supply.small_image import ensure_small_image

if TYPE_CHECKING:
    from groundplane.machine.podman import Podman

SUITE = "trixie"
NAME = "Debian 13"
IMAGE = f"localhost/groundplane/guest:{SUITE}"
SOURCE = Path(__file__).resolve().parent / "images" / "guest"
DISK = "/disk.raw"
MIB = 1024**2
GIB = 1024**3
MEMORY_MIB = 512
"""The least that a server needs; systemd, cloud-init and sshd took less than half of it."""


@dataclass(frozen=True, slots=True)
class GuestImage:
    """The disk and what Glance is to know of it."""

    path: Path
    sha512: str
    size: int
    """Bytes."""
    digest: str
    """Of what it was built from."""

    def declaration(self) -> dict[str, Any]:
        """An entry of platform_images. Properties as SCS-0102 asks for them; dates are added where it is uploaded."""
        return {
            "name": NAME,
            "source": str(self.path),
            "checksum": f"sha512:{self.sha512}",
            "disk_format": "raw",
            "min_disk": -(-self.size // GIB),
            "min_ram": MEMORY_MIB,
            "properties": {
                "architecture": "x86_64",
                "os_distro": "debian",
                "os_version": "13",
                "os_purpose": "minimal",
                "hw_disk_bus": "virtio",
                "hw_rng_model": "virtio",
                "image_original_user": "debian",
                "image_description": "Debian 13 with cloud-init, built by the lab from Debian's packages",
                "replace_frequency": "never",
                "provided_until": "none",
                "uuid_validity": "forever",
            },
        }


def ensure_guest_image(*, cache: Path, fresh: bool = False) -> GuestImage:
    """The disk in CACHE/guests, built only where it isn't there or what it is made of changed.

    Raises:
        InputError, FailedError: as `ensure_base_image`; a build failed.
    """
    podman = host_podman()
    base = ensure_base_image(SUITE, cache=cache)
    ensure_small_image(SOURCE, IMAGE, base=base, podman=podman, cache=cache, fresh=fresh)
    digest = podman.image_digest(IMAGE) or ""
    folder = cache / "guests"
    with build_lock(folder, SUITE):
        return kept_image(folder, digest) or _take_out(podman, folder, digest)


def lend(image: GuestImage, folder: Path) -> GuestImage:
    """The same disk as a file in a lab's folder, so that a later build leaves the lab's site as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"debian-13-{image.digest}.raw"
    half = target.with_suffix(".new")
    half.unlink(missing_ok=True)
    try:
        os.link(image.path, half)
    except OSError:
        shutil.copyfile(image.path, half)
    half.replace(target)
    return replace(image, path=target)


def kept_image(folder: Path, digest: str) -> GuestImage | None:
    """The disk of an earlier build, if it was made of the same."""
    for path in folder.glob(f"{SUITE}-{digest}-*.raw"):
        found = re.fullmatch(rf"{SUITE}-{digest}-([0-9a-f]{{128}})", path.stem)
        if found:
            return GuestImage(path, found[1], path.stat().st_size, digest)
    return None


def _take_out(podman: Podman, folder: Path, digest: str) -> GuestImage:
    """Copies the disk out of the image that holds it. The name carries its checksum: it is read once."""
    half = folder / f".{SUITE}.new"
    made = podman.run("create", "--pull", "never", IMAGE, "none", doing=f"Opening {IMAGE}").strip()
    try:
        podman.run("cp", f"{made}:{DISK}", str(half), doing="Copying the guest's disk", timeout=600)
    finally:
        podman.run("rm", made, doing="Closing it again")
    run_command(as_root(["chmod", "0644", str(half)]), doing="Making the guest's disk readable")
    sha512 = _sha512(half)
    target = folder / f"{SUITE}-{digest}-{sha512}.raw"
    half.rename(target)
    # Labs have files of their own.
    for other in folder.glob(f"{SUITE}-*.raw"):
        if other != target:
            other.unlink()
    found = kept_image(folder, digest)
    if found is None:
        raise FailedError("The guest's disk is gone", why=f"{target} isn't there", cure="groundplane lab up --fresh")
    return found


def _sha512(path: Path) -> str:
    total = hashlib.sha512()
    with path.open("rb") as file:
        while block := file.read(4 * MIB):
            total.update(block)
    return total.hexdigest()
