"""Whether the disks hold what is to be built."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from groundplane.counting import counted, size
from groundplane.errors import FailedError
from groundplane.supply.build.workplace import storage_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.supply.build.targets import Target

UNKNOWN_BYTES = 250_000_000
"""A guess for what an image adds to its parent, where it was never built here."""
UNKNOWN_BASE_BYTES = 500_000_000
"""The same for one that stands on the bare Debian image."""
STORED_SHARE = 0.45
"""Compressed size over uncompressed, where unknown; measured 0.3 to 0.45."""
SLACK_BYTES = 1_500_000_000
"""For what builds need meanwhile: packages, temporary files."""


def needed_bytes(targets: Iterable[Target]) -> tuple[int, int]:
    """What images to be built will take in podman's storage and in the store."""
    storage = stored = 0
    for target in targets:
        guess = UNKNOWN_BYTES if target.recipe.parent is not None else UNKNOWN_BASE_BYTES
        own = guess if target.own_bytes is None else max(target.own_bytes, 0)
        storage += own
        stored += int(own * STORED_SHARE) if target.own_stored_bytes is None else max(target.own_stored_bytes, 0)
    return storage, stored


def check_space(targets: Iterable[Target], *, podman: Podman, store_root: Path) -> str | None:
    """A warning where it may get tight, None where there is room.

    Raises:
        FailedError: there is no room; says how much is needed and free, and where.
    """
    wanted = list(targets)
    if not wanted:
        return None
    storage, stored = needed_bytes(wanted)
    storage_root = storage_folder(podman)
    known = all(target.own_bytes is not None for target in wanted)
    if os.stat(_existing(storage_root)).st_dev == os.stat(_existing(store_root)).st_dev:  # noqa: PTH116 - as it reads
        needs = {storage_root: storage + stored}
    else:
        needs = {storage_root: storage, store_root: stored}
    warnings = []
    for folder, need in needs.items():
        free = _free(folder)
        amount = f"{counted(len(wanted), 'image')} will need about {size(need + SLACK_BYTES)} in {folder}"
        if free < SLACK_BYTES or (known and free < need) or free < need / 2:
            raise FailedError(
                "There is too little room on the disk for the images",
                why=f"{amount}, and {size(free)} are free",
                cure=(
                    "groundplane images prune removes images that no lock and no plan needs; podman system df shows "
                    "what else podman keeps; XDG_CACHE_HOME moves the store to another disk."
                ),
            )
        if free < need + SLACK_BYTES:
            warnings.append(f"The disk may fill up: {amount}, and {size(free)} are free.")
    return " ".join(warnings) or None


def _free(folder: Path) -> int:
    found = os.statvfs(_existing(folder))
    return found.f_bavail * found.f_frsize


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that this user may look into."""
    for path in (folder, *folder.parents):
        try:
            path.stat()
        except OSError:
            continue
        return path
    return folder
