"""images/kolla/RELEASE/services.yml: which containers kolla-ansible deploys, where and on which condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from groundplane.errors import InputError
from groundplane.site.model_problems import read_model
from groundplane.site.source import read_source
from groundplane.site.strict import Strict

if TYPE_CHECKING:
    from groundplane.content import Content
    from groundplane.errors import Problem
    from groundplane.site.release import Release


class ContainerFile(Strict):
    """A container of a service. Either `hosts` or `group` says where it runs."""

    image: str
    group: str = Field(default="", description="Kolla's inventory group, or an expression that gives it.")
    hosts: str = Field(default="", description="A condition on the host, in terms of inventory_hostname and groups.")
    enabled: str = "true"


class ServiceFile(Strict):
    """A service: what one role of kolla-ansible deploys."""

    enabled: str = "true"
    containers: dict[str, ContainerFile]


class ServicesFile(Strict):
    """All services that one version of kolla-ansible knows, in the order of their deployment."""

    kolla_ansible: str
    services: dict[str, ServiceFile]
    groups: dict[str, tuple[str, ...]] = Field(description="Kolla's groups to the groups that they consist of.")
    defaults: dict[str, Any] = Field(description="kolla-ansible's own values of what the conditions name.")
    switches: tuple[str, ...] = Field(description="Names of all its enable_ variables.")


def read_services(release: Release, content: Content) -> ServicesFile:
    """The services of a release's kolla-ansible.

    Raises:
        InputError: the release has no OpenStack, or the file is missing, wrong or of another kolla-ansible.
    """
    if release.openstack is None or release.images is None:
        raise InputError(
            f"The release {release.name} pins no OpenStack",
            cure="Name another release in site.yml, or leave openstack out of the layers.",
        )
    path = content.images / "kolla" / release.images.templates / "services.yml"
    problems: list[Problem] = []
    source = read_source(path, problems)
    found = read_model(ServicesFile, source, problems) if source is not None else None
    if found is None:
        raise InputError(f"{path} can't be used", problems=tuple(problems), cure="scripts/lock makes it anew.")
    if found.kolla_ansible != release.openstack.kolla_ansible:
        raise InputError(
            f"{path} is of kolla-ansible {found.kolla_ansible}, the release pins {release.openstack.kolla_ansible}",
            cure="scripts/lock makes it anew.",
        )
    return found
