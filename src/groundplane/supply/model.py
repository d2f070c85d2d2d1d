"""Images and how they are made, as all of supply sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IMAGE_NAMESPACE = "localhost/groundplane/images"
"""Where built images stand in podman's own storage."""


class Maker(StrEnum):
    """Who describes an image."""

    KOLLA = "kolla"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class NeededImage:
    """An image that hosts of this site run (a parent that nobody runs isn't one).

    Attributes:
        name: its short name, such as keystone or ceph.
        layer: the layer that runs it.
        service: the service of the layer, such as keystone or nova.
        groups: inventory groups whose hosts run it.
    """

    name: str
    layer: str
    service: str
    maker: Maker
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildMount:
    """A folder of this machine that a build sees, and the image doesn't keep."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an image is made from.

    Attributes:
        name: its short name.
        parent: the short name of the image that its first FROM stands for; None for the bare Debian image of `suite`.
        suite: Debian suite that it ends up on.
        context: folder with a `Dockerfile` and everything that it copies.
        digest: 64 hex digits over everything that goes in besides the parent: files of the context, arguments, pins.
            What a day or this machine decides (mirror addresses, build times, paths) stays out.
        arguments: build arguments; BASE always holds the first FROM's image besides.
        mounts: folders that the build sees.
    """

    name: str
    parent: str | None
    suite: str
    context: Path
    digest: str
    maker: Maker
    arguments: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[BuildMount, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """A package inside an image; `source` is the Debian source package, where it has another name."""

    name: str
    version: str
    architecture: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """What one build left behind, kept beside the store and never changed afterwards.

    Attributes:
        identity: 64 hex digits over the recipe's digest, the parent's identity and the pins: same identity, same image.
        digest: sha256:… of the manifest, which hosts pull by.
        image_id: sha256:… of the configuration, which container engines call the image's id.
        bytes: uncompressed size, parents included.
        stored_bytes: compressed size of all its layers in the store.
        seconds: how long the build took, waiting not included.
        built_at: ISO 8601, UTC.
        archives: source archives that went in, file name to sha256.
    """

    name: str
    release: str
    identity: str
    digest: str
    image_id: str
    parent: str | None
    suite: str
    bytes: int
    stored_bytes: int
    seconds: float
    built_at: str
    debian: tuple[Package, ...] = ()
    python: tuple[Package, ...] = ()
    java: tuple[Package, ...] = ()
    archives: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """RELEASE-IDENTITY, the same in podman's storage, in the store and in a registry."""
        return image_tag(self.release, self.identity)


def image_tag(release: str, identity: str) -> str:
    """The tag that stands for exactly this image."""
    return f"{release}-{identity[:12]}"


def local_name(name: str, release: str, identity: str) -> str:
    """The image in podman's storage."""
    return f"{IMAGE_NAMESPACE}/{name}:{image_tag(release, identity)}"
