"""What a site declares of its platform, worked out from its variables and read as models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
from groundplane.site.option_reader import OptionReader
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from groundplane.errors import Place
    from groundplane.site.site import Site

LAYER = "platform"
PRUNABLE = ("flavors", "images", "volume_types", "routers", "networks", "services", "security_group_rules")
"""What `platform_prune` may name: whose objects are removed when they were made here and are no longer declared."""
PASSWORD = "password"  # noqa: S105 - the key's name


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


class Reader(OptionReader):
    """Reads a site's options; tells what is wrong in `problems`."""

    def __init__(self, site: Site, problems: list[Problem]) -> None:
        super().__init__(site, problems)
        self.variables = SiteVariables(site)

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

    def resolve(self, value: Any, host: str | None = None) -> Any:
        """Passwords stay templates: they are worked out when a user is made, and nowhere else."""
        if isinstance(value, list):
            return [self.resolve(each, host) for each in value]
        if isinstance(value, dict):
            return {key: each if key == PASSWORD else self.resolve(each, host) for key, each in value.items()}
        return self.variables.resolve(value)

    def entries(self, name: str, host: str | None = None) -> list[Any]:
        """A list's entries; no role's options say what it has to be, so it is told here."""
        found = self.of(name, host)
        if found is not None and not isinstance(found, list):
            self.problems.append(Problem(f"'{name}' is no list", "Write each entry after a dash.", self.place(name)))
            return []
        return found or []


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
