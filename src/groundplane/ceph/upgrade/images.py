"""Which daemons run the image that the site's lock names, and which don't."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import ClusterState, Daemon
    from groundplane.site.site import Site

ORDER = ("mgr", "mon", "crash", "osd", "mds", "rgw", "rbd-mirror", "cephfs-mirror", "ceph-exporter", "iscsi", "nfs")
"""Types of daemons that run Ceph's image, in the order in which the orchestrator insists on upgrading them.

Source: https://docs.ceph.com/en/reef/cephadm/upgrade/#staggered-upgrade"""
_SHOWN_DIGITS = 12
_PACKAGE = "ceph-base"


@dataclass(frozen=True, slots=True)
class Target:
    """Where an upgrade goes: the image by digest; `version` is empty where only the image itself knows it."""

    image: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class TypeCount:
    """A type's daemons, those of them that run the target, and what the others run (short names)."""

    type: str
    total: int
    done: int
    others: tuple[str, ...] = ()


def read_target(site: Site, configuration: CephConfiguration) -> Target:
    """The image of the lock, whose signature is verified.

    Raises:
        InputError: there is no lock, nobody vouches for it, or it has no image of Ceph.
    """
    from groundplane.site.images_lock import lock_path  # noqa: PLC0415
    from groundplane.supply.trusted_lock import read_trusted_lock  # noqa: PLC0415

    lock = read_trusted_lock(site.path)
    image = lock.images.get("ceph")
    if image is None or not configuration.image:
        raise InputError(
            "images.lock names no image of Ceph, so there is nothing to upgrade to",
            cure="groundplane images lock",
            place=Place(lock_path(site.path)),
        )
    packages = lock.versions[image.suite].debian if image.suite in lock.versions else {}
    return Target(configuration.image, packages.get(_PACKAGE, "").partition("+")[0].partition("-")[0])


def same_image(one: str, other: str) -> bool:
    """Whether two references name the same image: the same text, or the same digest in whatever registry."""
    return one == other or ("@" in one and one.rpartition("@")[2] == other.rpartition("@")[2])


def runs(daemon: Daemon, image: str) -> bool:
    """Whether the daemon runs the image, by what it was started from or any other name of that."""
    return any(same_image(name, image) for name in (daemon.image, *daemon.digests))


def short_image(image: str) -> str:
    """For people: the digest's first digits, or the tag."""
    name, mark, digest = image.rpartition("@")
    if mark:
        return f"{name.rpartition('/')[2]}@{digest.partition(':')[2][:_SHOWN_DIGITS]}"
    return image.rpartition("/")[2]


def outdated(state: ClusterState, image: str) -> dict[str, list[Daemon]]:
    """Type to its daemons that don't run the image, in the order of upgrading; types without any are left out."""
    found: dict[str, list[Daemon]] = {}
    for type_ in ORDER:
        left = [daemon for daemon in state.daemons if daemon.type == type_ and not runs(daemon, image)]
        if left:
            found[type_] = left
    return found


def count_types(state: ClusterState, image: str) -> tuple[TypeCount, ...]:
    """How far each type is."""
    found = []
    for type_ in ORDER:
        daemons = [daemon for daemon in state.daemons if daemon.type == type_]
        if daemons:
            left = [daemon for daemon in daemons if not runs(daemon, image)]
            found.append(TypeCount(type_, len(daemons), len(daemons) - len(left), former(left)))
    return tuple(found)


def former(daemons: Sequence[Daemon]) -> tuple[str, ...]:
    """The images that these run, with Ceph's version, the most frequent first."""
    counted = Counter(
        f"{short_image(daemon.image) or 'an unknown image'}" + (f" ({daemon.version})" if daemon.version else "")
        for daemon in daemons
    )
    return tuple(name for name, _ in counted.most_common())
