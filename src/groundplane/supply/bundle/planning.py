"""What a bundle for a site would hold: computed from the site, its lock and the mirrors, before anything is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.supply.bundle.images import locked_images, planned_images, wanted_names
from groundplane.supply.bundle.items import Planned
from groundplane.supply.bundle.manifest import component_of
from groundplane.supply.bundle.sources import gather_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site
    from groundplane.supply.bundle.manifest import Manifest
    from groundplane.supply.bundle.sources import Machine, Sources
    from groundplane.supply.model import NeededImage


@dataclass(frozen=True, slots=True)
class Total:
    """One component in numbers; `unknown` counts what only fetching tells the size of."""

    component: str
    count: int
    bytes: int
    unknown: int


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """What would go in.

    Attributes:
        items: everything new.
        held: how many things the bundle before holds already, and so are left out.
        problems: what stands in the way of making it.
    """

    release: str
    suites: tuple[str, ...]
    items: tuple[Planned, ...]
    held: int = 0
    problems: tuple[str, ...] = ()

    def totals(self) -> list[Total]:
        """By component, in the order of the items."""
        result = []
        for component in dict.fromkeys(item.component for item in self.items):
            of_it = [item for item in self.items if item.component == component]
            known = [item.bytes for item in of_it if item.bytes is not None]
            result.append(Total(component, len(of_it), sum(known), len(of_it) - len(known)))
        return result


def plan_bundle(
    site: Site,
    machine: Machine,
    *,
    suites: Sequence[str] = (),
    only_images: Sequence[str] = (),
    since: Manifest | None = None,
) -> BundlePlan:
    """Computes the list. Nothing is fetched but indexes.

    Args:
        suites: Debian suites of manager and hosts.
        only_images: just these of the site's images.
        since: what a former bundle holds.

    Raises:
        InputError, FailedError: as `gather_sources`, `wanted_names` and `needed_images`.
    """
    from groundplane.supply.catalogue import needed_images  # noqa: PLC0415

    needed = needed_images(site)
    images, problems = _plan_images(site, machine, needed, only_images, since)
    sources = gather_sources(site, machine, suites)
    others = [*_plan_packages(sources, machine)]
    kept = [item for item in others if not _is_held(item, since)]
    ordered = sorted(kept, key=lambda item: (item.component != "images", item.component, item.name))
    return BundlePlan(
        release=site.release.name,
        suites=sources.suites,
        items=(*images, *ordered),
        held=len(others) - len(kept),
        problems=tuple(problems),
    )


def _plan_images(
    site: Site, machine: Machine, needed: Sequence[NeededImage], only: Sequence[str], since: Manifest | None
) -> tuple[list[Planned], list[str]]:
    from groundplane.site.images_lock import has_lock, read_lock  # noqa: PLC0415
    from groundplane.supply.store import open_store  # noqa: PLC0415

    if not needed:
        return [], []
    if not has_lock(site.path):
        planned = [Planned("images", image.name, "", None, "not locked yet") for image in needed]
        return planned, ["The site has no images.lock: groundplane images build"]
    lock: ImagesLock = read_lock(site.path)
    names = wanted_names(lock, needed, only)
    held = frozenset(f"sha256:{entry.sha256}" for entry in since.files.values()) if since is not None else frozenset()
    with open_store(cache=machine.cache, podman=machine.podman, memory=machine.runtime) as store:
        found, missing = locked_images(store, lock, names)
    unbuilt = [name for name in missing if lock.images[name].reference is None]
    problems = [f"The store lacks {', '.join(unbuilt)}: groundplane images build"] if unbuilt else []
    absent = [
        Planned("images", name, lock.images[name].tag, lock.images[name].stored_bytes, _why_absent(lock, name))
        for name in missing
    ]
    return [*planned_images(found, held), *absent], problems


def _why_absent(lock: ImagesLock, name: str) -> str:
    return "not in the store" if lock.images[name].reference is None else "to be fetched"


def _plan_packages(sources: Sources, machine: Machine) -> Iterable[Planned]:
    for repository in sources.repositories:
        yield from repository.planned()
    wheels: dict[tuple[str, str, int | None], Planned] = {}
    for one in sources.wheels:
        for planned in one.planned(machine.cache, sources.architecture):
            wheels[(planned.name, planned.version, planned.bytes)] = planned
    yield from wheels.values()
    yield from _plan_tools(sources)
    yield Planned("toolkit", "groundplane", sources.toolkit.version, None)
    yield Planned("release", sources.site.release.name, "", None)


def _plan_tools(sources: Sources) -> Iterable[Planned]:
    """Images that the manager itself runs; they are put into the store when the first bundle is made."""
    from groundplane.machine.base_image import base_image_name  # noqa: PLC0415
    from groundplane.runtime.container import container_image_name  # noqa: PLC0415
    from groundplane.supply.store.container import IMAGE  # noqa: PLC0415

    release = sources.site.release
    for suite in dict.fromkeys((*sources.suites, release.runtime.image_suite, "trixie")):
        yield Planned("images", f"tool-{base_image_name(suite).rpartition('/')[2].partition(':')[0]}", suite, None)
    for name in (container_image_name(release), IMAGE):
        short, _, tag = name.rpartition("/")[2].partition(":")
        yield Planned("images", f"tool-{short}", tag, None)


def _is_held(item: Planned, since: Manifest | None) -> bool:
    if since is None:
        return False
    known = {"wheels": since.wheels}.get(item.component, since.debian if item.component.startswith("debian") else ())
    return any(
        entry.name == item.name
        and entry.version == item.version
        and component_of(entry.file) == item.component
        and since.files[entry.file].bytes == item.bytes
        for entry in known
    )
