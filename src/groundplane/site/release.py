"""A release: one file that pins every version."""

from __future__ import annotations

from pydantic import Field

from groundplane.site.strict import Strict


class AcceleratorPin(Strict):
    """Mitogen, where this release was proven with it."""

    mitogen: str = Field(description="The pinned version.")


class RuntimePin(Strict):
    """What runs the playbooks."""

    ansible_core: str = Field(description="Exact version of ansible-core.")
    python: str = Field(description="Range of Pythons that it runs on, for example >=3.12,<3.15.")
    requirements: str = Field(description="Locked requirements file beside the release file, with hashes.")
    accelerator: AcceleratorPin | None = None
    image_suite: str = Field(
        default="trixie",
        description="Debian suite of the execution environment, where the machine's Python is too old.",
    )


class PackagePin(Strict):
    """A source archive on the Python package index."""

    package: str = Field(description="Its name there.")
    version: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Checksum of the archive.")


class OpenStackPin(Strict):
    """OpenStack, as Kolla builds and kolla-ansible deploys it."""

    series: str = Field(description="Kolla's openstack_release, for example 2026.1.")
    kolla: str = Field(description="Exact version of kolla.")
    kolla_ansible: str = Field(description="Exact version of kolla-ansible.")
    kolla_requirements: str = Field(description="Locked requirements of kolla, beside the release file, with hashes.")
    constraints: str = Field(description="Upper constraints of everything that images install with pip.")
    sources: dict[str, PackagePin] = Field(description="Kolla's source name (keystone-base) to its archive.")


class MavenPin(Strict):
    """An archive on Maven Central."""

    group: str
    artifact: str
    version: str
    packaging: str = "tar.gz"
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class CephPin(Strict):
    """Ceph, from the distribution's packages where it's built here."""

    version: str = Field(description="The version that this release was proven with.")
    suite: str = Field(description="Debian suite that the image is built on.")


class KeycloakPin(Strict):
    """Keycloak, from its distribution archive."""

    version: str
    archive: MavenPin
    suite: str = Field(description="Debian suite that the image is built on.")
    java: str = Field(description="Debian package of the Java runtime.")


class ImagesPin(Strict):
    """How a release's images are made."""

    suite: str = Field(description="Debian suite of Kolla's base image.")
    suites: dict[str, str] = Field(
        default_factory=dict, description="Images that need another suite's packages, by name."
    )
    templates: str = Field(description="Folder below images/kolla with this release's template overrides.")


class Release(Strict):
    """releases/NAME.yml."""

    name: str
    description: str = ""
    runtime: RuntimePin
    openstack: OpenStackPin | None = None
    ceph: CephPin | None = None
    keycloak: KeycloakPin | None = None
    images: ImagesPin | None = None
    versions: dict[str, str] = Field(default_factory=dict, description="Pinned versions, by component.")
