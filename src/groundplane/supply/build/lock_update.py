"""What a build means for images.lock: new digests, and images that it lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.supply.lock import same_but_for_the_time
from groundplane.supply.lock_making import lock_from_records
from groundplane.supply.pins import Pins, lock_pins
from groundplane.supply.records import all_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.site.release import Release
    from groundplane.supply.lock import ImagesLock
    from groundplane.supply.model import ImageRecord, NeededImage


def build_pins(lock: ImagesLock | None, release: Release) -> dict[str, Pins]:
    """Package versions by image. A lock of another release pins nothing, and none pins what the release pins itself."""
    if lock is None or lock.release != release.name:
        return {}
    sources = release.openstack.sources.values() if release.openstack is not None else ()
    return lock_pins(lock, without=[pin.package for pin in sources])


def updated_lock(
    lock: ImagesLock | None,
    *,
    release: str,
    needed: Sequence[NeededImage],
    built: Mapping[str, ImageRecord],
    cache: Path,
) -> ImagesLock | None:
    """The lock as it has to be after a build; None where it stands as it is, or can't be said yet.

    Images that this build didn't look at keep what the lock says of them. Those that were never built are left out of
    it until they are; where one that is locked can't be found on this machine, the lock is left alone.

    Args:
        needed: everything that the site's hosts run.
        built: records of a build, parents included.
    """
    records = dict(built)
    former = lock if lock is not None and lock.release == release else None
    if former is not None:
        known = {record.digest: record for record in all_records(cache)}
        for name, image in former.images.items():
            if name not in records and image.digest in known:
                records[name] = known[image.digest]
    there = [image for image in needed if _whole(image.name, records)]
    if not there:
        return None
    wanted = {image.name for image in needed}
    if former is not None and (former.images.keys() & wanted) - {image.name for image in there}:
        return None
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    lock_now = lock_from_records(release=release, needed=there, records=records, made_at=made_at)
    return None if former is not None and same_but_for_the_time(former, lock_now) else lock_now


def _whole(name: str | None, records: Mapping[str, ImageRecord]) -> bool:
    """Whether the image and everything that it stands on is recorded."""
    while name is not None:
        if name not in records:
            return False
        name = records[name].parent
    return True
