"""Values of the site with their Jinja worked out, as far as that goes without Ansible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.site.conditions import Conditions
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.kolla.switches import find_switch

if TYPE_CHECKING:
    from groundplane.site.site import Site


def conditions(site: Site, host: str | None = None) -> Conditions:
    """Works out values for a host, or for a host in no group; `groups` and `inventory_hostname` are known."""
    catalogue = read_catalogue(site.release, site.content)
    groups = {name: list(hosts) for name, hosts in site.inventory.group_hosts.items()}
    facts: dict[str, Any] = {"groups": groups, "inventory_hostname": host or ""}
    if host is None:
        return Conditions(find_switch(site, catalogue.defaults), facts)
    find = find_switch(site, catalogue.defaults)
    return Conditions(lambda name: site.variables.value(name, host) or find(name), facts)


def text_value(site: Site, name: str, work_out: Conditions | None = None) -> str:
    """A variable for all hosts as text; empty where nothing sets it.

    Raises:
        InputError: it can't be worked out without Ansible.
    """
    found = site.variables.value(name, None)
    return "" if found is None or found.value is None else (work_out or conditions(site)).text(str(found.value))


def shown_value(found: Conditions, value: Any) -> Any:
    """The value worked out, or as it is written where that takes Ansible."""
    try:
        return found.value(value)
    except InputError:
        return value
