"""Images on their way into a bundle: one OCI image layout, whose blobs all images share.

Source: OCI image specification, image layout. Blobs are read from the store's own files, as they are.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, InputError
from groundplane.supply.bundle.items import Item, Planned, data_item
from groundplane.supply.bundle.manifest import ImageEntry, blob_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site
    from groundplane.supply.model import NeededImage
    from groundplane.supply.store import Store
    from groundplane.supply.store.disk import StoreFiles

FOLDER = "images"
REFERENCE = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class ImageContent:
    """An image and the blobs that it consists of.

    Attributes:
        media_type: of its manifest.
        manifest_bytes: size of its manifest.
        blobs: digest to size: configuration and layers, the manifest besides.
        local: its name in podman's storage, for a tool of the manager's.
    """

    name: str
    tag: str
    digest: str
    media_type: str
    manifest_bytes: int
    blobs: dict[str, int]
    local: str | None = None

    @property
    def bytes(self) -> int:
        return sum(self.blobs.values())

    @property
    def reference(self) -> str:
        """Its name in the layout."""
        return f"{self.name}:{self.tag}"

    def entry(self) -> ImageEntry:
        return ImageEntry(name=self.name, tag=self.tag, digest=self.digest, bytes=self.bytes, local=self.local)


def wanted_names(lock: ImagesLock, needed: Sequence[NeededImage], only: Sequence[str] = ()) -> tuple[str, ...]:
    """The locked images that the site's hosts run, each behind its parents: a registry gets them in this order.

    Args:
        only: just these of them; all where empty.

    Raises:
        InputError: the lock lacks an image, or `only` names one that isn't needed.
    """
    names = tuple(dict.fromkeys(image.name for image in needed))
    known = lock.run_images()
    strange = [name for name in only if name not in known and name not in names]
    if strange:
        raise InputError(f"The site runs no image {', '.join(strange)}", cure=f"It runs: {', '.join(names) or 'none'}")
    names = tuple(only) or names
    missing = [name for name in names if name not in known]
    if missing:
        raise InputError(
            f"images.lock has no image {', '.join(missing)}",
            why="the site needs it, and the lock was made before",
            cure="Build it, which extends the lock: groundplane images build",
        )
    ordered: dict[str, None] = {}
    for name in names:
        line = [name]
        while (parent := lock.images[line[-1]].parent) is not None:
            line.append(parent)
        ordered |= dict.fromkeys(reversed(line))
    return tuple(ordered)


def read_image(files: StoreFiles, name: str, tag: str, digest: str, *, local: str | None = None) -> ImageContent | None:
    """What an image in the store consists of; None where it isn't there whole."""
    if not files.is_whole(name, digest):
        return None
    manifest: dict[str, Any] = files.json_blob(digest) or {}
    blobs = {str(blob["digest"]): int(blob["size"]) for blob in (manifest["config"], *manifest["layers"])}
    media_type = str(manifest.get("mediaType") or "application/vnd.oci.image.manifest.v1+json")
    return ImageContent(name, tag, digest, media_type, files.blob_path(digest).stat().st_size, blobs, local)


def locked_images(store: Store, lock: ImagesLock, names: Sequence[str]) -> tuple[list[ImageContent], list[str]]:
    """The locked images that the store has, and the names of those that it hasn't."""
    found: list[ImageContent] = []
    missing: list[str] = []
    for name in names:
        image = lock.images[name]
        content = read_image(store.files, name, image.tag, image.digest)
        if content is None:
            missing.append(name)
        else:
            found.append(content)
    return found, missing


def fetch_images(
    store: Store, lock: ImagesLock, names: Sequence[str], *, copy_from: Callable[[str, str, Path], None]
) -> None:
    """Copies images that the lock takes from a registry into the store.

    Args:
        copy_from: copies an image: its reference, where to, and the file with the account for that.

    Raises:
        FailedError: one was to be built here and isn't in the store; or the copy failed.
    """
    unbuilt = [name for name in names if lock.images[name].reference is None]
    if unbuilt:
        raise FailedError(
            f"The image store of this machine lacks {', '.join(unbuilt)}",
            why="images.lock names them, and nobody has built or fetched them here",
            cure="groundplane images build",
        )
    for name in names:
        image = lock.images[name]
        copy_from(str(image.reference), store.reference(name, image.tag), store.auth_file)


@contextmanager
def registry_copies(site: Site, *, memory: Path) -> Iterator[Callable[[str, str, Path], None]]:
    """What `fetch_images` copies with: the site's own registry is asked with its account, others with skopeo's.

    Raises:
        InputError: as `site_registry`.
    """
    from groundplane.supply.published import open_reach  # noqa: PLC0415
    from groundplane.supply.skopeo import copy  # noqa: PLC0415

    with open_reach(site, memory=memory) as reach:

        def copy_from(reference: str, target: str, account: Path) -> None:
            found = reach(reference)
            copy(
                found.reference,
                target,
                source_auth=found.auth_file,
                source_certificates=found.certificates,
                destination_auth=account,
                destination_tls=False,
                doing=f"Fetching the image {reference}",
            )

        yield copy_from


def store_tool(store: Store, local: str, name: str, tag: str) -> ImageContent:
    """A local image of the toolkit's own, put into the store where it isn't there yet.

    Raises:
        FailedError: the copy failed.
    """
    digest = store.has(name, tag) or store.push(local, name, tag)
    content = read_image(store.files, name, tag, digest, local=local)
    if content is None:
        raise FailedError(f"The image {local} was not stored whole", cure="Call again.")
    return content


def image_items(files: StoreFiles, images: Sequence[ImageContent]) -> list[Item]:
    """Every blob once, and the layout's two own files."""
    blobs: dict[str, int] = {}
    for image in images:
        blobs |= {image.digest: image.manifest_bytes, **image.blobs}
    items = [_blob_item(files.blob_path(digest), digest, size) for digest, size in sorted(blobs.items())]
    index = {
        "schemaVersion": 2,
        "manifests": [
            {
                "mediaType": image.media_type,
                "digest": image.digest,
                "size": image.manifest_bytes,
                "annotations": {REFERENCE: image.reference},
            }
            for image in sorted(images, key=lambda image: image.reference)
        ],
    }
    return [
        *items,
        data_item(f"{FOLDER}/index.json", json.dumps(index, indent=1) + "\n"),
        data_item(f"{FOLDER}/oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"})),
    ]


def planned_images(images: Sequence[ImageContent], held: frozenset[str]) -> list[Planned]:
    """What each image adds to those before it, and to a bundle that holds the blobs `held` (their digests)."""
    seen = set(held)
    result = []
    for image in images:
        new = {digest: size for digest, size in image.blobs.items() if digest not in seen}
        seen |= set(new)
        result.append(Planned("images", image.name, image.tag, sum(new.values())))
    return result


def _blob_item(file: Path, digest: str, size: int) -> Item:
    return Item(blob_path(digest), size, digest.partition(":")[2], lambda: file.open("rb"))
