"""What a site needs of all that this machine has: what its lock names, and what its present recipes stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import GroundplaneError
from groundplane.site.images_file import ImageSource
from groundplane.supply.catalogue import needed_images
from groundplane.supply.locking import site_targets
from groundplane.supply.prune import Keep, keep_of_lock
from groundplane.supply.trusted_lock import former_lock

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site
    from groundplane.supply.build.targets import ImageFinder


def keep_of_site(site: Site, *, cache: Path, store: ImageFinder) -> tuple[Keep, list[str]]:
    """What has to stay, and sentences about what could not be found out.

    Recipes that can't be rendered right now (a broken override, an index that doesn't answer) don't keep anybody from
    freeing a full disk: the lock still says what matters.

    Raises:
        InputError: the lock is damaged.
    """
    keep = keep_of_lock(former_lock(site.path))
    if site.file.images.source is not ImageSource.BUILD:
        return keep, []
    try:
        targets = site_targets(site, needed_images(site), cache=cache, store=store)
    except GroundplaneError as error:
        return keep, [f"Only images.lock says what is needed, because the recipes can't be looked at: {error.what}"]
    plan = Keep(
        tags=frozenset((name, target.tag) for name, target in targets.items()),
        digests=frozenset(
            (name, target.record.digest) for name, target in targets.items() if target.record is not None
        ),
        entries=frozenset(
            str(path)
            for target in targets.values()
            for path in (target.recipe.context, *(mount.source for mount in target.recipe.mounts))
        ),
    )
    return keep | plan, []
