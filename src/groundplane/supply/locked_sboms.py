"""Bills of materials of locked images: of the build that the lock names, or of what the lock says where it's gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.site.source import suggest
from groundplane.supply.lock_making import locked_record
from groundplane.supply.records import read_record, read_records
from groundplane.supply.sbom import read_sbom, sbom

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock


def locked_sbom(lock: ImagesLock, name: str, *, cache: Path) -> str:
    """The bill of materials of an image in the lock, as JSON text.

    A machine that didn't build the image makes it from the lock: the same packages, without their architectures.

    Raises:
        InputError: an unknown image, or one that others made.
    """
    if name not in lock.images:
        cure = suggest(name, lock.images, "groundplane images list lists those that are.")
        raise InputError(f"There is no image '{name}' in images.lock", cure=cure)
    image = lock.images[name]
    if image.identity is None:
        raise InputError(
            f"What is in {name} isn't known: it was made by others",
            why=f"it was taken from {image.reference}",
            cure="Ask those who published it for its bill of materials, or let images.source in site.yml be build.",
        )
    newest = read_record(cache, name, image.tag)
    if newest is not None and newest.digest == image.digest:
        return read_sbom(cache, newest)
    older = [found for found in read_records(cache, name, image.tag) if found.digest == image.digest]
    return sbom(older[0] if older else locked_record(lock, name))
