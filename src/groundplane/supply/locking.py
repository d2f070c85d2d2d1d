"""Writing a site's lock: after a build, or from what registries answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.supply.lock_making import LockChanges, compare_locks, lock_from_records
from groundplane.supply.trusted_lock import former_lock, is_written, write_signed_lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.site.site import Site
    from groundplane.supply.lock import ImagesLock
    from groundplane.supply.model import ImageRecord, NeededImage


@dataclass(frozen=True, slots=True)
class ProposedLock:
    """A lock that isn't written yet, and what it changes. `stands`: the same one is there, with a valid signature."""

    lock: ImagesLock
    changes: LockChanges
    stands: bool


def propose_from_records(
    site: Site,
    needed: Sequence[NeededImage],
    records: Mapping[str, ImageRecord],
    *,
    complete: bool = False,
) -> ProposedLock:
    """The lock after a build.

    Args:
        needed: everything that the site needs (`catalogue.needed_images`).
        records: by name, of what is there now (`BuildResult.records`); the former lock speaks for the rest.
        complete: every needed image has to be there; otherwise those that aren't are left out.

    Raises:
        InputError: the former lock is damaged; with `complete`, an image was never built.
    """
    former = former_lock(site.path)
    if not complete:
        known = {**(former.images if former is not None and former.release == site.release.name else {}), **records}
        needed = [image for image in needed if image.name in known]
    lock = lock_from_records(
        release=site.release.name, needed=needed, records=records, made_at=_now(), former=None if complete else former
    )
    return propose(site, lock)


def propose(site: Site, lock: ImagesLock) -> ProposedLock:
    """A lock beside the one that is there.

    Raises:
        InputError: that one is damaged.
    """
    return ProposedLock(lock, compare_locks(former_lock(site.path), lock), is_written(site.path, lock))


def lock_after_build(
    site: Site,
    needed: Sequence[NeededImage],
    records: Mapping[str, ImageRecord],
    *,
    private_key: str,
    runtime: Path,
) -> ProposedLock:
    """Writes and signs the lock after a build, also after one of some images only. Nothing where it stands.

    Args:
        needed, records: as for `propose_from_records`.
        private_key: `signature.signing_key`; `runtime` is Settings.runtime.

    Raises:
        InputError: the key can't sign, or the former lock is damaged.
        FailedError: it can't be written.
    """
    proposed = propose_from_records(site, needed, records)
    if not proposed.stands:
        write_signed_lock(site.path, proposed.lock, private_key=private_key, runtime=runtime)
    return proposed


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
