"""What a release's kolla-ansible can deploy: its services, what it runs for each, and what that depends on.

Two generated files say it, both made by scripts/lock from the pinned kolla-ansible: images/kolla/RELEASE/services.yml
(containers, where and when they run) and steps.yml beside it (plays, variables, override files, needs). Nothing is made
up here, and no service has code of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from groundplane.errors import InputError
from groundplane.site.kolla.services import read_services
from groundplane.site.source import LOADER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.site.kolla.services import ContainerFile, ServicesFile
    from groundplane.site.release import Release

STEPS_FILE = "steps.yml"
_known: dict[tuple[Path, int, int], KollaCatalogue] = {}
"""By file and when it was written: a command asks several times."""


@dataclass(frozen=True, slots=True)
class KollaService:
    """One of Kolla's services: what a role of kolla-ansible deploys.

    Attributes:
        plays: kolla-ansible's own, in their order.
        variables: the names of all that these plays read when they deploy or reconfigure.
        overlays: override files that they read, below node_custom_config: `nova.conf`,
            `nova/{{ inventory_hostname }}/nova.conf`, with `*` and `**` as in a shell.
        needs: services that have to run first, those that a site leaves out among them.
        hosts: Kolla's groups in which the plays run.
        containers: by their names in the role; none for a service that only registers something.
        enabled: the condition on which there is anything to do, in Jinja.
        groups: Kolla's groups whose members the plays read.
        others: variables that they read of other hosts.
    """

    name: str
    plays: tuple[Mapping[str, Any], ...]
    variables: frozenset[str]
    overlays: tuple[str, ...]
    needs: tuple[str, ...]
    hosts: tuple[str, ...]
    containers: Mapping[str, ContainerFile] = field(default_factory=dict)
    enabled: str = "true"
    groups: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KollaCatalogue:
    """All services of one kolla-ansible, in the order of its site.yml.

    Attributes:
        kolla_ansible: its version.
        groups: Kolla's groups to the groups that they consist of; those at the bottom (control, compute …) to none.
        variables: the names of all variables that it knows.
        booleans: those of them that are true or false.
        passwords: the names of its passwords.yml.
        defaults: its own values of what the conditions of services name.
    """

    kolla_ansible: str
    services: Mapping[str, KollaService]
    groups: Mapping[str, tuple[str, ...]]
    variables: frozenset[str]
    passwords: tuple[str, ...]
    booleans: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def read_catalogue(release: Release, content: Content) -> KollaCatalogue:
    """The services of a release's kolla-ansible.

    Raises:
        InputError: the release has no OpenStack, or a file of the catalogue is missing, wrong or of another version.
    """
    if release.openstack is None or release.images is None:
        raise InputError(
            f"The release {release.name} pins no OpenStack",
            cure="Name another release in site.yml, or leave openstack out of the layers.",
        )
    path = content.images / "kolla" / release.images.templates / STEPS_FILE
    try:
        changed = path.stat().st_mtime_ns, path.with_name("services.yml").stat().st_mtime_ns
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    found = _known.get((path, *changed))
    if found is None:
        found = _known[(path, *changed)] = _read(path, read_services(release, content))
    if found.kolla_ansible != release.openstack.kolla_ansible:
        raise InputError(
            f"{path} is of kolla-ansible {found.kolla_ansible}, the release pins {release.openstack.kolla_ansible}",
            cure="scripts/lock makes it anew.",
        )
    return found


def _read(path: Path, services: ServicesFile) -> KollaCatalogue:
    try:
        # Not read_source: nobody writes this file, so nobody needs its lines.
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe one
        return KollaCatalogue(
            kolla_ansible=data["kolla_ansible"],
            services={
                name: _service(name, written, services.services[name].containers if name in services.services else {})
                for name, written in data["services"].items()
            },
            groups={name: tuple(children) for name, children in data["groups"].items()},
            variables=frozenset(data["variables"].split()),
            passwords=tuple(data["passwords"].split()),
            booleans=frozenset(data["booleans"].split()),
            defaults={**services.defaults, **data["defaults"]},
        )
    except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        raise _unusable(path, str(error)) from error


def _service(name: str, written: Mapping[str, Any], containers: Mapping[str, ContainerFile]) -> KollaService:
    return KollaService(
        name=name,
        plays=tuple(written["plays"]),
        variables=frozenset(written["variables"].split()),
        overlays=tuple(written["overlays"]),
        needs=tuple(written["needs"]),
        hosts=tuple(written["hosts"]),
        containers=containers,
        enabled=written.get("enabled", "true"),
        groups=tuple(written["groups"].split()),
        others=frozenset(written["others"].split()),
    )


def _unusable(path: Path, why: str) -> InputError:
    return InputError(f"{path} can't be used", why=why, cure="scripts/lock makes it anew.")
