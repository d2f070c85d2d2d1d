"""Which images applying a site would build: those that its hosts are to run and images.lock doesn't name yet.

What the lock names stays as it is: another digest of the same image is a person's decision (groundplane images build),
seen in git. A lock of another release, or of images from elsewhere, is left alone for the same reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.site.derived_images import BUILDERS, builds_images, built_ahead, with_images
from groundplane.site.images_file import ImageSource
from groundplane.supply.catalogue import needed_images
from groundplane.supply.trusted_lock import former_lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.site.site import Site
    from groundplane.supply.model import NeededImage


def lacking_images(site: Site) -> tuple[NeededImage, ...]:
    """The images to build, in the order of deployment.

    Raises:
        InputError: as `needed_images`; the lock is damaged.
    """
    if not builds_images(site.file):
        return ()
    lock = former_lock(site.path)
    if lock is not None and (lock.release != site.release.name or lock.source is not ImageSource.BUILD):
        return ()
    locked = lock.run_images() if lock is not None else {}
    return tuple(image for image in needed_images(site) if image.name not in locked)


def lacking_for(action: str | None, site: Site, lacking: Sequence[NeededImage]) -> tuple[NeededImage, ...]:
    """Those of them that the step with this action builds; none for any other action."""
    if action is None or action not in BUILDERS:
        return ()
    layer, ahead = BUILDERS[action], built_ahead(site.file)
    return tuple(image for image in lacking if (image.layer == layer if layer else image.layer not in ahead))


def with_lacking(site: Site, lacking: Sequence[NeededImage]) -> Site:
    """The site as plans compare it: images that are to be built stand in it, too, though without a digest.

    So a plan says which steps follow once they are built.
    """
    return with_images(site, to_build={image.name: image.groups for image in lacking}) if lacking else site
