"""Which of Kolla's services a site switches on: its own values, then the toolkit's defaults, then kolla-ansible's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from groundplane.errors import Place
from groundplane.site.conditions import Conditions
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.source import read_source
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from groundplane.site.kolla.catalogue import KollaCatalogue, KollaService
    from groundplane.site.site import Site
    from groundplane.site.source import Source


def enabled_services(site: Site) -> tuple[KollaService, ...]:
    """The services that the site switches on, in the order of kolla-ansible's site.yml.

    Raises:
        InputError: as `read_catalogue`; a switch can't be worked out.
    """
    catalogue = read_catalogue(site.release, site.content)
    conditions = site_conditions(site, catalogue)
    return tuple(service for service in catalogue.services.values() if conditions.is_true(service.enabled))


def site_conditions(site: Site, catalogue: KollaCatalogue) -> Conditions:
    """Works out Kolla's conditions with the site's values for all hosts, and kolla-ansible's own where it sets none."""
    return Conditions(find_switch(site, catalogue.defaults), {"groups": {}, "inventory_hostname": ""})


@lru_cache(maxsize=4)
def _defaults(path: Path, _changed: int) -> Source | None:
    """A plan asks for each host."""
    return read_source(path, [])


def find_switch(site: Site, kolla: Mapping[str, Any]) -> Callable[[str], Value | None]:
    """Finds a variable: the site's own, then the toolkit's defaults for the layer, then kolla-ansible's (`kolla`)."""
    path = site.content.environments / "openstack" / "defaults.yml"
    # A layer that the site doesn't have yet can be asked for too, so its defaults needn't be among the variables.
    source = _defaults(path, path.stat().st_mtime_ns) if path.is_file() else None
    ours: dict[str, Any] = source.data if source is not None and source.data else {}

    def find(name: str) -> Value | None:
        found = site.variables.value(name, None)
        if found is not None:
            return found
        if source is not None and name in ours:
            return Value(ours[name], Level.DEFAULT, source.place(name), "openstack")
        if name in kolla:
            return Value(kolla[name], Level.DEFAULT, Place(path), "kolla-ansible")
        return None

    return find
