"""The site's values by Kolla's names.

Most of them are ordinary variables: environments/openstack/defaults.yml of the toolkit makes Kolla's variables from
the site's networks, addresses and layers, and a site's own files beat it. What is worked out here is what depends on
Kolla's own names of images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.kolla.image_names import kolla_image
from groundplane.site.kolla.catalogue import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from groundplane.site.kolla.catalogue import KollaCatalogue
    from groundplane.site.site import Site

LAYER = "openstack"


@dataclass(frozen=True, slots=True)
class KollaVariables:
    """Values for kolla-ansible; Jinja is left as it is written, and secrets are only referred to.

    Attributes:
        common: for all hosts: what the site gives to no group but `all`, and what is worked out.
        hosts: host to values that are worked out for it alone.
    """

    common: Mapping[str, Any]
    hosts: Mapping[str, Mapping[str, Any]]


def kolla_variables(site: Site, catalogue: KollaCatalogue | None = None) -> KollaVariables:
    """All variables of Kolla's that the site or the toolkit sets; the others keep kolla-ansible's own values.

    Raises:
        InputError: the release pins no OpenStack, or its catalogue can't be used.
    """
    known = catalogue or read_catalogue(site.release, site.content)
    common: dict[str, Any] = dict(_images(site, known))
    for name in site.variables.names(None):
        found = site.variables.value(name, None)
        if found is not None and not found.secret and (name in known.variables or found.source == LAYER):
            common[name] = found.value
    return KollaVariables(dict(sorted(common.items())), {})


def image_variables(catalogue: KollaCatalogue) -> dict[str, str]:
    """Kolla's variables that name images (nova_super_conductor_image_full), to its image (nova-conductor).

    By Kolla's convention a variable is called after the container or after the image, now and then without -server.
    """
    found: dict[str, str] = {}
    for service in catalogue.services.values():
        for container, entry in service.containers.items():
            for stem in (entry.image.removesuffix("-server"), entry.image, container):
                name = f"{stem.replace('-', '_')}_image_full"
                if name in catalogue.variables:
                    found[name] = entry.image
    return found


def _images(site: Site, catalogue: KollaCatalogue) -> Iterator[tuple[str, str]]:
    value = site.variables.value("groundplane_images", None)
    references: Mapping[str, str] = value.value if value is not None else {}
    for name, image in image_variables(catalogue).items():
        if image in references:
            yield name, kolla_image(references[image])
