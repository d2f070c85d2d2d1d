"""What can be told wrong of the platform layer from a site's files alone, before the cloud is asked.

Sources: SCS-0100, SCS-0102, SCS-0103, SCS-0114 (see `scs`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, Problem
from groundplane.platform import scs
from groundplane.platform.configuration import LAYER, Reader
from groundplane.platform.image_files import is_url, local_path
from groundplane.platform.subnet_plan import plan_subnet
from groundplane.site.conditions import to_bool
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.errors import Place
    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.options import Flavor, Image
    from groundplane.site.site import Site

NO_SCS = "or say platform_scs: false, where the cloud isn't to be SCS-compatible."


def layer_problems(site: Site) -> tuple[Problem, ...]:
    """All that is wrong; nothing where the site has no such layer."""
    if LAYER not in site.file.layers:
        return ()
    problems: list[Problem] = []
    reader = Reader(site, problems)
    configuration = reader.read()
    problems += _Checks(reader, configuration).all()
    return tuple(dict.fromkeys(problems))


class _Checks:
    """Each yields what it finds."""

    def __init__(self, reader: Reader, asked: PlatformConfiguration) -> None:
        self.reader = reader
        self.site = reader.site
        self.asked = asked

    def all(self) -> Iterator[Problem]:
        yield from self.names()
        yield from self.flavors()
        yield from self.images()
        yield from self.volume_types()
        yield from self.networks()
        yield from self.users()
        yield from self.services()

    def at(self, name: str, *path: str | int) -> Place | None:
        return self.reader.place(name, *path)

    def names(self) -> Iterator[Problem]:
        kinds: dict[str, tuple[str, list[str]]] = {
            "platform_domains": ("domain", [one.name for one in self.asked.domains]),
            "platform_projects": ("project", [f"{one.domain}/{one.name}" for one in self.asked.projects]),
            "platform_groups": ("group", [f"{one.domain}/{one.name}" for one in self.asked.groups]),
            "platform_users": ("user", [f"{one.domain}/{one.name}" for one in self.asked.users]),
            "platform_flavors": ("flavor", [one.name for one in self.asked.flavors]),
            "platform_images": ("image", [one.name for one in self.asked.images]),
            "platform_volume_types": ("volume type", [one.name for one in self.asked.volume_types]),
            "platform_networks": ("network", [f"{one.project}/{one.name}" for one in self.asked.networks]),
            "platform_routers": ("router", [f"{one.project}/{one.name}" for one in self.asked.routers]),
            "platform_services": ("service", [f"{one.name} ({one.type})" for one in self.asked.services]),
        }
        for option, (what, names) in kinds.items():
            for name, count in Counter(names).items():
                if count > 1:
                    index = len(names) - 1 - names[::-1].index(name)
                    shown = name.removeprefix("Default/").removeprefix("/")
                    yield Problem(f"the {what} '{shown}' is declared twice", "Remove one.", self.at(option, index))

    def flavors(self) -> Iterator[Problem]:
        for index, flavor in enumerate(self.asked.flavors):
            if flavor.name.startswith(scs.PREFIX):
                yield from self._promise(flavor, self.at("platform_flavors", index))
        names = {flavor.name for flavor in self.asked.flavors}
        missing = [name for name in scs.MANDATORY_FLAVORS if name not in names]
        if self.asked.scs and missing:
            yield Problem(
                f"SCS-0103 asks for {len(missing)} flavors more: {', '.join(missing)}",
                f"Add their names to platform_flavors; {NO_SCS}",
                self.at("platform_flavors"),
            )

    def _promise(self, flavor: Flavor, place: Place | None) -> Iterator[Problem]:
        promised = scs.parse_flavor_name(flavor.name)
        if promised is None:
            cure = "For example SCS-2V-8, SCS-4V-16-100s, SCS-8C-32_ib; or a name that doesn't begin with SCS-."
            yield Problem(f"the flavor '{flavor.name}' isn't named as SCS-0100 says", cure, place)
            return
        for what in ("vcpus", "ram", "disk"):
            has, said = getattr(flavor, what), getattr(promised, what)
            if has < said:
                yield Problem(
                    f"the flavor '{flavor.name}' promises {what} {said} by its name and has {has}",
                    "A name may not promise more than there is (SCS-0100): leave the value out, or name it otherwise.",
                    place,
                )

    def images(self) -> Iterator[Problem]:
        for index, image in enumerate(self.asked.images):
            if not is_url(image.source):
                path = local_path(image, self.site.path)
                if not path.is_file():
                    yield Problem(
                        f"the image '{image.name}' is to come from {path}, which isn't there",
                        "Put the file there, or correct its source.",
                        self.at("platform_images", index, "source"),
                    )
                if is_url(image.checksum):
                    yield Problem(
                        f"the image '{image.name}' is a file, and its checksum is to be found elsewhere",
                        "Write the checksum itself: sha512:HEX.",
                        self.at("platform_images", index, "checksum"),
                    )
            if self.asked.scs and image.visibility in ("public", "community"):
                yield from self._metadata(image, index)

    def _metadata(self, image: Image, index: int) -> Iterator[Problem]:
        """What SCS-0102 asks of images that everybody sees; two of them are added by themselves."""
        place = self.at("platform_images", index)
        have = {"image_source": "private", "image_build_date": "2000-01-01", **image.properties}
        missing = [name for name in scs.IMAGE_PROPERTIES if name not in have]
        missing += [name for name in ("min_disk", "min_ram") if not getattr(image, name)]
        if missing:
            yield Problem(
                f"the image '{image.name}' lacks what SCS-0102 asks for: {', '.join(missing)}",
                f"Add them to its properties (min_disk and min_ram beside them); {NO_SCS}",
                place,
            )
        for name, written in scs.IMAGE_PROPERTIES.items():
            if name in image.properties and not written.fullmatch(image.properties[name]):
                yield Problem(
                    f"the image '{image.name}' has {name} '{image.properties[name]}', which SCS-0102 doesn't know",
                    f"It is written like this: {written.pattern}",
                    self.at("platform_images", index, "properties", name),
                )

    def volume_types(self) -> Iterator[Problem]:
        barbican = self._switch("enable_barbican")
        for index, one in enumerate(self.asked.volume_types):
            if one.description.startswith("[scs:") and not scs.ASPECTS.match(one.description):
                yield Problem(
                    f"the volume type '{one.name}' has an aspect that SCS-0114 doesn't know",
                    "Begin with [scs:encrypted], [scs:replicated] or [scs:encrypted, replicated].",
                    self.at("platform_volume_types", index, "description"),
                )
            if one.encryption is not None and not barbican:
                yield Problem(
                    f"the volume type '{one.name}' is encrypted, and there is nobody to keep the keys",
                    "Say enable_barbican: true in environments/openstack/configuration.yml.",
                    self.at("platform_volume_types", index, "encryption"),
                )

    def networks(self) -> Iterator[Problem]:
        subnets = {subnet.name for network in self.asked.networks for subnet in network.subnets}
        external = {network.name for network in self.asked.networks if network.external}
        for index, network in enumerate(self.asked.networks):
            for number, subnet in enumerate(network.subnets):
                place = self.at("platform_networks", index, "subnets", number)
                if subnet.site_network and subnet.site_network not in self.site.networks.networks:
                    what = (
                        f"the subnet '{subnet.name}' is of the network '{subnet.site_network}', which site.yml hasn't"
                    )
                    yield Problem(what, suggest(subnet.site_network, self.site.networks.networks), place)
                    continue
                try:
                    plan_subnet(subnet, self.site.networks)
                except InputError as error:
                    yield Problem(error.what, "Correct its addresses.", place)
        for index, router in enumerate(self.asked.routers):
            if router.external and router.external not in external:
                what = (
                    f"the router '{router.name}' has its gateway in '{router.external}', no declared external network"
                )
                yield Problem(what, suggest(router.external, external), self.at("platform_routers", index, "external"))
            for name in router.subnets:
                if name not in subnets:
                    what = f"the router '{router.name}' has an interface in '{name}', which isn't declared"
                    yield Problem(what, suggest(name, subnets), self.at("platform_routers", index, "subnets"))

    def users(self) -> Iterator[Problem]:
        for index, user in enumerate(self.asked.users):
            if "{{" not in user.password:
                yield Problem(
                    f"the password of the user '{user.name}' stands there in clear",
                    'Move it to secrets.yml (groundplane secrets edit) and write "{{ ITS_NAME }}" here; and change it.',
                    self.at("platform_users", index, "password"),
                )
        domains = {
            "platform_projects": [project.domain for project in self.asked.projects],
            "platform_groups": [group.domain for group in self.asked.groups],
            "platform_users": [user.domain for user in self.asked.users],
        }
        for option, names in domains.items():
            for index, name in enumerate(names):
                yield from self._domain(name, option, index)

    def _domain(self, name: str, option: str, index: int) -> Iterator[Problem]:
        known = {"Default", *(domain.name for domain in self.asked.domains)}
        if name not in known:
            yield Problem(
                f"the domain '{name}' isn't declared",
                suggest(name, known, "Add it to platform_domains."),
                self.at(option, index, "domain"),
            )

    def services(self) -> Iterator[Problem]:
        for index, service in enumerate(self.asked.services):
            for interface, url in service.endpoints.items():
                if not is_url(url):
                    yield Problem(
                        f"the {interface} endpoint of the service '{service.name}' is no URL: '{url}'",
                        "Write https://NAME:PORT/PATH.",
                        self.at("platform_services", index),
                    )

    def _switch(self, name: str) -> bool:
        found: Any = self.site.variables.value(name, None)
        try:
            return found is not None and to_bool(self.reader.variables.resolve(found.value))
        except InputError:
            return True
