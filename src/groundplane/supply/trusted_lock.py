"""The lock together with its signature: nothing is pulled, pushed or built from a lock that nobody vouches for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.files import write_atomically
from groundplane.site.images_file import LOCK_FILE
from groundplane.site.images_lock import (
    NAMESPACE,
    ImagesLock,
    has_lock,
    lock_path,
    lock_text,
    parse_lock,
    read_lock,
    read_text,
    same_but_for_the_time,
)
from groundplane.supply.signature import SIGNERS_FILE, Signer, sign, signature_path, verify

if TYPE_CHECKING:
    from pathlib import Path

_WRITING = threading.Lock()
"""A run's steps read the lock while one that builds images writes it: these two see its files as a pair."""
_CURE = (
    f"Restore it with its signature (git checkout -- {LOCK_FILE} {LOCK_FILE}.sig). If the change is meant, look at it "
    "(git diff); groundplane images lock then writes and signs what is there."
)


def read_trusted_lock(site_path: Path) -> ImagesLock:
    """The lock, its signature verified.

    Raises:
        InputError: missing or damaged; not signed; changed after it was signed; signed by somebody who isn't in
            SITE/inventory/images_signers. Each with its cure.
    """
    return verify_lock(site_path)[0]


def verify_lock(site_path: Path) -> tuple[ImagesLock, Signer]:
    """As `read_trusted_lock`, and who signed.

    Raises:
        InputError: as there.
    """
    file = lock_path(site_path)
    with _WRITING:
        text = read_text(site_path)
        signer = verify(
            text.encode(),
            signature_path(file),
            site_path / SIGNERS_FILE,
            namespace=NAMESPACE,
            what=LOCK_FILE,
            place=file,
            cure=_CURE,
        )
    return parse_lock(text, file), signer


def trusted_lock_or_none(site_path: Path) -> ImagesLock | None:
    """As `read_trusted_lock`; None where there is no lock yet.

    Raises:
        InputError: there is one, and it can't be trusted.
    """
    return read_trusted_lock(site_path) if has_lock(site_path) else None


def former_lock(site_path: Path) -> ImagesLock | None:
    """The lock that is there, signed or not, to compare with; None where there is none.

    Raises:
        InputError: damaged.
    """
    return read_lock(site_path) if has_lock(site_path) else None


def write_signed_lock(site_path: Path, lock: ImagesLock, *, private_key: str, runtime: Path) -> bool:
    """Writes the lock and its signature; False where the same lock stands there with a valid one.

    The signature is made before anything is written. Between the two files being replaced a reader is told that they
    don't belong together, never that a half-written lock is good.

    Args:
        private_key: `signature.signing_key`.
        runtime: Settings.runtime.

    Raises:
        InputError: the key can't be used.
        FailedError: signing or writing failed.
    """
    if is_written(site_path, lock):
        return False
    text = lock_text(lock)
    signature = sign(text.encode(), private_key=private_key, namespace=NAMESPACE, runtime=runtime)
    file = lock_path(site_path)
    with _WRITING:
        write_atomically(file, text)
        write_atomically(signature_path(file), signature)
    return True


def is_written(site_path: Path, lock: ImagesLock) -> bool:
    """Whether the same lock stands there with a valid signature."""
    if not has_lock(site_path):
        return False
    try:
        return same_but_for_the_time(read_trusted_lock(site_path), lock)
    except InputError:
        return False
