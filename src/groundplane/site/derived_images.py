"""Variables about images: the registry, every image by digest, and the images of each host; from images.lock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, Place
from groundplane.site.images_file import LOCK_FILE, ImageSource
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock, LockedImage
    from groundplane.site.inventory import Inventory
    from groundplane.site.model import SiteFile
    from groundplane.site.site import Site

SUPPLY_LAYER = "supply"
IMAGE_VARIABLES = frozenset({"groundplane_images", "groundplane_host_images"})
"""What is read from images.lock: nothing that uses these may run before its signature is verified."""
REGISTRY_HOST = "managers[0]"
AHEAD = ("ceph",)
"""Layers with few images, that can be deployed while those of the others are built."""
BUILDERS: Mapping[str, str | None] = {"build_ceph_images": "ceph", "build_images": None}
"""Actions of steps (layers.yml) that build what images.lock lacks, to the layer whose images; None are all that aren't
built ahead."""
TO_BUILD = "to-be-built"
"""The tag that stands for a digest which nobody knows yet."""
PULL_PORT = 5000
PUSH_PORT = 5001
HTTPS_PORT = 443
"""A managed registry has two doors: everybody who pulls comes in by the first, which can't write."""


@dataclass(frozen=True, slots=True)
class DerivedImages:
    """Empty where the site has no supply layer; without references while it has no images.lock.

    Attributes:
        registry: managed, address (HOST:PORT), namespace, host, pull_port, push_port; `groundplane_registry`.
        references: image to HOST:PORT/PATH@DIGEST; `groundplane_images`.
        of_hosts: host to the references that it needs, sorted; `groundplane_host_images`.
    """

    registry: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    of_hosts: Mapping[str, list[str]] = field(default_factory=dict)


def derive_images(site_path: Path, file: SiteFile, inventory: Inventory) -> DerivedImages:
    """Reads images.lock; one that is damaged counts as none here, and is refused where it is used (`trusted_lock`)."""
    if SUPPLY_LAYER not in file.layers:
        return DerivedImages()
    from groundplane.site.images_lock import has_lock, read_lock  # noqa: PLC0415 - most sites have none

    registry = registry_variables(file, inventory)
    try:
        lock = read_lock(site_path) if has_lock(site_path) else None
    except InputError:
        lock = None
    if lock is None:
        return DerivedImages(registry, {}, {host: [] for host in inventory.hosts})
    images = lock.run_images()
    references = {name: hosts_reference(file, registry, name, image) for name, image in images.items()}
    of_hosts = _of_hosts(inventory, references, {name: image.groups for name, image in images.items()})
    return DerivedImages(registry, references, of_hosts)


def _of_hosts(
    inventory: Inventory, references: Mapping[str, str], groups_of: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {host: set() for host in inventory.hosts}
    for name, groups in groups_of.items():
        for group in groups:
            for host in inventory.group_hosts.get(group, ()):
                found[host].add(references[name])
    return {host: sorted(names) for host, names in found.items()}


def with_images(site: Site, *, to_build: Mapping[str, Sequence[str]] | None = None) -> Site:
    """The site with what images.lock says by now: a run may build images while the site is open.

    Args:
        to_build: images without a digest yet, to the groups whose hosts are to run them; they stand there by a tag.
    """
    images = derive_images(site.path, site.file, site.inventory)
    prefix = f"{images.registry['address']}/{images.registry['namespace']}"
    more = {name: f"{prefix}/{name}:{TO_BUILD}" for name in to_build or {}}
    of_hosts = _of_hosts(site.inventory, more, to_build or {})
    built = replace(
        images,
        references={**images.references, **more},
        of_hosts={host: sorted([*images.of_hosts.get(host, ()), *of_hosts[host]]) for host in site.inventory.hosts},
    )
    return replace(site, variables=site.variables.with_more_derived(*image_values(site.path, built)))


def image_values(site_path: Path, images: DerivedImages) -> tuple[dict[str, Value], dict[str, dict[str, Value]]]:
    """What is read from images.lock, as variables: for all hosts, and for each host those of its own."""
    place = Place(site_path / LOCK_FILE)
    everyone: dict[str, Any] = {"groundplane_images": dict(images.references), "groundplane_host_images": []}
    return {name: Value(value, Level.DERIVED, place, "site.yml") for name, value in everyone.items()}, {
        host: {"groundplane_host_images": Value(list(needed), Level.DERIVED, place, f"for {host}")}
        for host, needed in images.of_hosts.items()
    }


def registry_variables(file: SiteFile, inventory: Inventory) -> dict[str, Any]:
    """The registry that hosts pull from. `host` is None for one that the supply layer doesn't run."""
    written = file.images.registry
    first = next(iter(inventory.match(REGISTRY_HOST)), None) if written.managed else None
    address = written.address
    if address is None and first is not None:
        # The name in the host's certificate.
        name = first if first.endswith(f".{file.domain}") else f"{first}.{file.domain}"
        address = f"{name}:{PULL_PORT}"
    port = (address or "").rpartition(":")[2]
    return {
        "managed": written.managed,
        "address": address or "",
        "namespace": written.namespace,
        "host": first,
        "pull_port": int(port) if port.isdigit() else HTTPS_PORT,
        "push_port": PUSH_PORT,
    }


def hosts_reference(file: SiteFile, registry: Mapping[str, Any], name: str, image: LockedImage) -> str:
    """Where a host pulls an image from, by digest."""
    if image.reference is not None and not copies_images(file):
        return image.reference
    return f"{registry['address']}/{registry['namespace']}/{name}@{image.digest}"


def builds_images(file: SiteFile) -> bool:
    """Whether applying the site builds what images.lock lacks."""
    return SUPPLY_LAYER in file.layers and file.images.source is ImageSource.BUILD


def built_ahead(file: SiteFile) -> tuple[str, ...]:
    """The layers whose images are built and brought to the hosts before all others', by steps of their own."""
    wanted = file.images.layers or file.layers
    return tuple(name for name in AHEAD if builds_images(file) and name in file.layers and name in wanted)


def copies_images(file: SiteFile) -> bool:
    """Whether the engine brings images into the site's registry; otherwise they are elsewhere already."""
    source = file.images.source
    return source is ImageSource.BUILD or (source is ImageSource.UPSTREAM and file.images.upstream.mirror)


def copied_images(file: SiteFile, lock: ImagesLock) -> dict[str, LockedImage]:
    """The images that belong into the site's registry, by name: parents first, as their layers are shared."""
    found: dict[str, LockedImage] = {}
    if not copies_images(file):
        return found

    def add(name: str) -> None:
        image = lock.images[name]
        if name in found:
            return
        if image.parent is not None:
            add(image.parent)
        found[name] = image

    for name in lock.images:
        add(name)
    return found
