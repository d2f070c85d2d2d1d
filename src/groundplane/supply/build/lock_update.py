"""What a build means for images.lock: new digests, and images that it lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.site.images_lock import same_but_for_the_time
from groundplane.supply.lock_making import lock_from_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.site.images_lock import ImagesLock
    from groundplane.supply.model import ImageRecord, NeededImage


def updated_lock(
    lock: ImagesLock | None,
    *,
    release: str,
    needed: Sequence[NeededImage],
    built: Mapping[str, ImageRecord],
) -> ImagesLock | None:
    """The lock as it has to be after a build; None where it stands as it is, or nothing is there to be locked.

    Images that this build didn't look at keep what the lock says of them, also on a machine that never built them.
    Those that nobody has built yet are left out of it until they are.

    Args:
        needed: everything that the site's hosts run.
        built: records of a build, parents included.
    """
    former = lock if lock is not None and lock.release == release else None
    there = [image for image in needed if _is_whole(image.name, built, former)]
    if not there:
        return None
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    lock_now = lock_from_records(release=release, needed=there, records=built, made_at=made_at, former=former)
    return None if former is not None and same_but_for_the_time(former, lock_now) else lock_now


def _is_whole(name: str | None, built: Mapping[str, ImageRecord], former: ImagesLock | None) -> bool:
    """Whether the image and everything that it stands on was built now, or is locked as built."""
    while name is not None:
        if name in built:
            name = built[name].parent
        elif former is not None and name in former.images and former.images[name].identity is not None:
            name = former.images[name].parent
        else:
            return False
    return True
