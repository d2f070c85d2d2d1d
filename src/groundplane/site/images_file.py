"""The block `images` of site.yml: where container images come from."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from groundplane.site.strict import Name, Strict

IMAGE_LAYERS = ("ceph", "openstack", "identity")
"""Layers whose services run from container images, in the order of deployment."""
LOCK_FILE = "images.lock"
"""Which images a site runs; see site.images_lock."""


class ImageSource(StrEnum):
    """Who made the images that hosts run."""

    BUILD = "build"
    REGISTRY = "registry"
    UPSTREAM = "upstream"


class UpstreamFile(Strict):
    """Where the projects publish their own images; a repository without a tag each, HOST/PATH."""

    kolla: str | None = Field(default=None, description="Folder that holds Kolla's images, HOST/PATH.")
    ceph: str | None = Field(default=None, description="Ceph's image, HOST/PATH/NAME.")
    keycloak: str | None = Field(default=None, description="Keycloak's image, HOST/PATH/NAME.")
    mirror: bool = Field(
        default=True, description="Copy the images to the site's registry; otherwise hosts pull from there themselves."
    )


class RegistryFile(Strict):
    """The registry from which the hosts pull."""

    managed: bool = Field(
        default=True, description="The supply layer runs it on the first manager; false for one that you run."
    )
    address: str | None = Field(
        default=None, description="HOST:PORT; the first manager's name and port 5000 where absent and managed."
    )
    namespace: str = Field(
        default="groundplane", pattern=r"^[a-z0-9][a-z0-9._/-]*$", description="Path before an image's name."
    )


class MirrorsFile(Strict):
    """What builds ask; the building machine's own configuration where absent."""

    apt: str | None = Field(default=None, description="URL of the Debian archive.")
    apt_security: str | None = Field(default=None, description="URL of Debian's security archive.")
    apt_proxy: str | None = Field(default=None, description="HTTP proxy of apt, such as an apt-cacher-ng.")
    pip: str | None = Field(default=None, description="URL of the Python package index.")
    maven: str | None = Field(default=None, description="URL of a Maven repository that mirrors Maven Central.")


class ImagesFile(Strict):
    """Where container images come from, and which."""

    source: ImageSource = Field(
        default=ImageSource.BUILD,
        description=(
            "build: made here from Debian, PyPI and Maven packages; registry: taken from a registry of yours as they "
            "are; upstream: the projects' own, pinned by digest."
        ),
    )
    layers: tuple[Name, ...] = Field(
        default=(), description="Layers whose images are wanted; the site's layers where absent."
    )
    upstream: UpstreamFile = Field(default_factory=UpstreamFile)
    registry: RegistryFile = Field(default_factory=RegistryFile)
    mirrors: MirrorsFile = Field(default_factory=MirrorsFile)
    parallel: int | None = Field(default=None, ge=1, le=64, description="Builds side by side; one a core where absent.")
