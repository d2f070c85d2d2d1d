"""Makes a bundle: gathers its files, signs the list of them, writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.supply.bundle.debian import fetch_repository
from groundplane.supply.bundle.images import (
    ImageContent,
    fetch_images,
    image_items,
    locked_images,
    registry_copies,
    store_tool,
    wanted_names,
)
from groundplane.supply.bundle.items import Item, data_item, file_item
from groundplane.supply.bundle.manifest import (
    SIGNATURE_NAMESPACE,
    BaseEntry,
    FileEntry,
    Manifest,
    PackageEntry,
    manifest_digest,
    write_manifest,
)
from groundplane.supply.bundle.sources import Machine, Sources, gather_sources
from groundplane.supply.bundle.toolkit import release_items, toolkit_items
from groundplane.supply.bundle.wanted_packages import MANAGER
from groundplane.supply.bundle.wheels import fetch_wheels, wheel_name
from groundplane.supply.bundle.writing import check_space, check_target, write_folder, write_tar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site
    from groundplane.supply.store import Store

FILES = Path(__file__).resolve().parent / "files"
INHERITED = ("images/blobs/", "debian/pool/", "debian-security/pool/", "wheels/", "sboms/")
"""What an incremental bundle leaves out where the one before has it; the rest is small and always there."""


@dataclass(frozen=True, slots=True)
class Created:
    """A bundle that was made."""

    path: Path
    manifest: Manifest
    digest: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked for.

    Attributes:
        tar: one tar instead of a folder.
        suites: Debian suites of manager and hosts; the release's where empty.
        only_images: just these of the site's images; all where empty.
        since: the bundle before, and its manifest's digest.
        force: replace a bundle that is there.
    """

    target: Path
    tar: bool = False
    suites: tuple[str, ...] = ()
    only_images: tuple[str, ...] = ()
    since: tuple[Manifest, str] | None = None
    force: bool = False


def create_bundle(
    site: Site,
    machine: Machine,
    wishes: Wishes,
    *,
    private_key: str,
    tell: Callable[[str], None] = lambda _: None,
    progress: Callable[[int], Callable[[int], None]] = lambda _: lambda _: None,
) -> Created:
    """Makes the bundle. Until it is whole its name ends in .part.

    Args:
        private_key: what it is signed with (`signature.signing_key`).
        tell: what is being done, in a sentence.
        progress: gets the number of bytes to write, gives what is told of each part written.

    Raises:
        InputError: the target is there; the lock is missing, or isn't trusted; an image isn't needed.
        FailedError: something can't be fetched, an image isn't built, the disk is full.
    """
    from groundplane.supply.signature import sign  # noqa: PLC0415
    from groundplane.supply.store import open_store  # noqa: PLC0415

    check_target(wishes.target, force=wishes.force)
    now = datetime.now(UTC)
    lock, names = _wanted_images(site, wishes.only_images)
    tell("Asking the mirrors what there is")
    sources = gather_sources(site, machine, wishes.suites)
    with open_store(cache=machine.cache, podman=machine.podman, memory=machine.runtime) as store:
        images = _images(store, sources, machine, (lock, names), tell)
        items = [
            *image_items(store.files, images),
            *_packages(sources, machine, tell),
            *_site_items(site, machine, lock, names),
            *_installer(sources),
        ]
        unique = {item.path: item for item in items}
        manifest = _manifest(sources, images, list(unique.values()), wishes, now)
        text = write_manifest(manifest)
        signature = sign(text, private_key=private_key, namespace=SIGNATURE_NAMESPACE, runtime=machine.runtime)
        own = [unique[path] for path in sorted(manifest.own)]
        check_space(wishes.target, own)
        tell(f"Writing {len(own):,} files, {manifest.bytes / 1e6:,.0f} MB")
        advance = progress(manifest.bytes)
        if wishes.tar:
            folder = wishes.target.name.removesuffix(".tar")
            seconds = int(now.timestamp())
            write_tar(wishes.target, own, text, signature, folder=folder, seconds=seconds, advance=advance)
        else:
            write_folder(wishes.target, own, text, signature, advance=advance)
    return Created(wishes.target, manifest, manifest_digest(text))


def _wanted_images(site: Site, only: Sequence[str]) -> tuple[ImagesLock | None, tuple[str, ...]]:
    from groundplane.supply.catalogue import needed_images  # noqa: PLC0415
    from groundplane.supply.trusted_lock import read_trusted_lock  # noqa: PLC0415

    needed = needed_images(site)
    if not needed:
        return None, ()
    lock = read_trusted_lock(site.path)
    return lock, wanted_names(lock, needed, only)


def _images(
    store: Store,
    sources: Sources,
    machine: Machine,
    wanted: tuple[ImagesLock | None, tuple[str, ...]],
    tell: Callable[[str], None],
) -> list[ImageContent]:
    lock, names = wanted
    found: list[ImageContent] = []
    if lock is not None:
        found, missing = locked_images(store, lock, names)
        if missing:
            tell(f"Fetching {len(missing)} images into the store")
            with registry_copies(sources.site, memory=machine.runtime) as copy_from:
                fetch_images(store, lock, missing, copy_from=copy_from)
            found, _ = locked_images(store, lock, names)
    return [*found, *_tools(store, sources, machine, tell)]


def _tools(store: Store, sources: Sources, machine: Machine, tell: Callable[[str], None]) -> list[ImageContent]:
    """Images that the manager itself runs: base images, the execution environment, the store's registry."""
    from groundplane.machine.base_image import ensure_base_image  # noqa: PLC0415
    from groundplane.runtime.container import ensure_container_runtime  # noqa: PLC0415
    from groundplane.supply.small_image import ensure_small_image  # noqa: PLC0415
    from groundplane.supply.store.container import IMAGE, SOURCE  # noqa: PLC0415

    tell("Looking after the manager's own images")
    cache, release = machine.cache, sources.site.release
    suites = dict.fromkeys((*sources.suites, release.runtime.image_suite, "trixie"))
    local = [ensure_base_image(suite, cache=cache) for suite in suites]
    local.append(ensure_container_runtime(release, sources.site.content, cache=cache).facts.name)
    base = ensure_base_image("trixie", cache=cache)
    local.append(ensure_small_image(SOURCE, IMAGE, base=base, podman=machine.podman, cache=cache))
    result = []
    for image in local:
        short, _, tag = image.rpartition("/")[2].partition(":")
        label = machine.podman.image_digest(image) or "unknown"
        result.append(store_tool(store, image, f"tool-{short}", f"{tag}-{label}"))
    return result


def _packages(sources: Sources, machine: Machine, tell: Callable[[str], None]) -> list[Item]:
    items: list[Item] = []
    for repository in sources.repositories:
        items += fetch_repository(repository, cache=machine.cache, podman=machine.podman, tell=tell)
    for wheels in sources.wheels:
        items += fetch_wheels(
            wheels, architecture=sources.architecture, cache=machine.cache, mirrors=sources.mirrors, tell=tell
        )
    tell("Building the toolkit's wheel")
    return [*items, *toolkit_items(sources.toolkit, python=machine.python, cache=machine.cache)]


def _site_items(site: Site, machine: Machine, lock: ImagesLock | None, names: Sequence[str]) -> list[Item]:
    """Release, lock, and what is known of each image."""
    from groundplane.site.images_lock import lock_path  # noqa: PLC0415
    from groundplane.supply.records import record_path, sbom_path  # noqa: PLC0415
    from groundplane.supply.signature import signature_path  # noqa: PLC0415

    items = release_items(site.content, site.release.name)
    if lock is None:
        return items
    file = lock_path(site.path)
    items += [file_item(f"release/{path.name}", path) for path in (file, signature_path(file))]
    for name in names:
        tag = lock.images[name].tag
        for folder, path in (
            ("sboms", sbom_path(machine.cache, name, tag)),
            ("release/records", record_path(machine.cache, name, tag)),
        ):
            if path.is_file():
                items.append(file_item(f"{folder}/{path.name}", path))
    return items


def _installer(sources: Sources) -> list[Item]:
    lists = [
        data_item(f"installer/packages-{suite}", "\n".join(sorted({*MANAGER, "python3"})) + "\n")
        for suite in sources.suites
    ]
    return [
        data_item("install", (FILES / "install").read_bytes(), program=True),
        data_item("README.md", (FILES / "README.md").read_bytes()),
        *lists,
    ]


def _manifest(
    sources: Sources, images: Sequence[ImageContent], items: Sequence[Item], wishes: Wishes, now: datetime
) -> Manifest:
    old, digest = wishes.since if wishes.since is not None else (None, "")
    debian = {file.path: file for repository in sources.repositories for file in repository.files}
    wheels = [item.path for item in items if item.path.endswith(".whl") and item.path.startswith("wheels/")]
    return Manifest(
        release=sources.site.release.name,
        toolkit=sources.toolkit.version,
        architecture=sources.architecture,
        suites=sources.suites,
        made_at=now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        base=BaseEntry(manifest=digest, release=old.release, made_at=old.made_at) if old is not None else None,
        images=tuple(image.entry() for image in images),
        debian=tuple(
            PackageEntry(name=file.name, version=file.version, file=path) for path, file in sorted(debian.items())
        ),
        wheels=tuple(PackageEntry(name=name, version=version, file=path) for path, name, version in _named(wheels)),
        files={item.path: _entry(item, old) for item in items},
    )


def _named(wheels: Sequence[str]) -> list[tuple[str, str, str]]:
    return [(path, *wheel_name(path.rpartition("/")[2])) for path in sorted(wheels)]


def _entry(item: Item, old: Manifest | None) -> FileEntry:
    before = old.files.get(item.path) if old is not None and item.path.startswith(INHERITED) else None
    held = before is not None and (before.sha256, before.bytes) == (item.sha256, item.bytes)
    return FileEntry(bytes=item.bytes, sha256=item.sha256, base=held, program=item.program)
