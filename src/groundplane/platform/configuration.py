"""What a site declares of its platform, worked out from its variables and read as models."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.openstack.api import SiteVariables
from groundplane.platform.options import (
    CatalogueService,
    Domain,
    Flavor,
    Group,
    Image,
    Network,
    Project,
    Router,
    SecurityGroupRule,
    User,
    VolumeType,
)
from groundplane.site.conditions import to_bool
from groundplane.site.model_problems import model_problems
from groundplane.site.option_places import OptionPlaces
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from groundplane.errors import Place
    from groundplane.site.site import Site
    from groundplane.site.values import Value

LAYER = "platform"
PRUNABLE = ("flavors", "images", "volume_types", "routers", "networks", "services", "security_group_rules")
"""What `platform_prune` may name: whose objects are removed when they were made here and are no longer declared."""
PASSWORD = "password"  # noqa: S105 - the key's name

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PlatformConfiguration:
    """What is declared, in the files' order; `places` has the place that sets each option."""

    domains: tuple[Domain, ...] = ()
    roles: tuple[str, ...] = ()
    projects: tuple[Project, ...] = ()
    groups: tuple[Group, ...] = ()
    users: tuple[User, ...] = ()
    flavors: tuple[Flavor, ...] = ()
    images: tuple[Image, ...] = ()
    volume_types: tuple[VolumeType, ...] = ()
    networks: tuple[Network, ...] = ()
    routers: tuple[Router, ...] = ()
    security_group_rules: tuple[SecurityGroupRule, ...] = ()
    services: tuple[CatalogueService, ...] = ()
    prune: frozenset[str] = frozenset()
    scs: bool = False
    places: dict[str, Place] = field(default_factory=dict)


def read_configuration(site: Site) -> PlatformConfiguration:
    """What the site declares.

    Raises:
        InputError: with all problems and their places.
    """
    problems: list[Problem] = []
    found = Reader(site, problems).read()
    if problems:
        raise InputError(
            f"The platform layer's options have {counted(len(problems), 'problem')}", problems=tuple(problems)
        )
    return found


class Reader:
    """Reads a site's options; tells what is wrong in `problems`."""

    def __init__(self, site: Site, problems: list[Problem]) -> None:
        self.site = site
        self.problems = problems
        self.variables = SiteVariables(site)
        self._places = OptionPlaces()

    def read(self) -> PlatformConfiguration:
        prune = self.texts("platform_prune")
        for index, name in enumerate(prune):
            if name not in PRUNABLE:
                place = self.place("platform_prune", index)
                self.problems.append(Problem(f"'{name}' can't be pruned", suggest(name, PRUNABLE), place))
        return PlatformConfiguration(
            domains=self.models(Domain, "platform_domains"),
            roles=self.texts("platform_roles"),
            projects=self.models(Project, "platform_projects"),
            groups=self.models(Group, "platform_groups"),
            users=self.models(User, "platform_users"),
            flavors=self.models(Flavor, "platform_flavors"),
            images=self.models(Image, "platform_images"),
            volume_types=self.models(VolumeType, "platform_volume_types"),
            networks=self.models(Network, "platform_networks"),
            routers=self.models(Router, "platform_routers"),
            security_group_rules=self.models(SecurityGroupRule, "platform_security_group_rules"),
            services=self.models(CatalogueService, "platform_services"),
            prune=frozenset(prune),
            scs=to_bool(self.of("platform_scs")),
            places={name: value.place for name in OPTIONS if (value := self.find(name)) is not None},
        )

    def find(self, name: str) -> Value | None:
        return self.site.variables.value(name, None)

    def of(self, name: str) -> Any:
        """An option's value with its templates worked out, but for passwords; None where it has none."""
        found = self.find(name)
        if found is None:
            return None
        try:
            return self._resolved(found.value)
        except InputError as error:
            what = f"the value of '{name}' can't be worked out without Ansible: {error.why}"
            self.problems.append(Problem(what, error.cure, error.place or found.place))
            return None

    def _resolved(self, value: Any) -> Any:
        """Passwords stay templates: they are worked out when a user is made, and nowhere else."""
        if isinstance(value, list):
            return [self._resolved(each) for each in value]
        if isinstance(value, dict):
            return {key: each if key == PASSWORD else self._resolved(each) for key, each in value.items()}
        return self.variables.resolve(value)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(str(entry) for entry in self._list(name))

    def models(self, model: type[Model], name: str) -> tuple[Model, ...]:
        """A list's entries as models; those that can't be are told and left out."""
        found = []
        for index, entry in enumerate(self._list(name)):
            try:
                found.append(model.model_validate_json(json.dumps(entry, default=str)))
            except ValidationError as error:
                value = self.find(name)
                if value is not None:
                    self.problems += model_problems(error, self._places.below(value, name, (index,), entry), model)
        return tuple(found)

    def place(self, name: str, *path: str | int) -> Place | None:
        """Where a part of an option is written."""
        value = self.find(name)
        return self._places.place(value, name, *path) if value is not None else None

    def _list(self, name: str) -> list[Any]:
        found = self.of(name)
        if found is None:
            return []
        if not isinstance(found, list):
            self.problems.append(Problem(f"'{name}' is no list", "Write each entry after a dash.", self.place(name)))
            return []
        return found


OPTIONS = (
    "platform_domains",
    "platform_roles",
    "platform_projects",
    "platform_groups",
    "platform_users",
    "platform_flavors",
    "platform_images",
    "platform_volume_types",
    "platform_networks",
    "platform_routers",
    "platform_security_group_rules",
    "platform_services",
    "platform_prune",
    "platform_scs",
)
"""All options of the layer."""
