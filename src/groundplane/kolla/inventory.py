"""The inventory that a service of Kolla's is played with besides the site's own: Kolla's groups, and its values.

kolla-ansible's group_vars/all are those of a playbook, and so beat what an inventory says for `all`. The site's values
for all hosts therefore stand once more in a group of all hosts, GROUP, whose low priority lets each of the site's own
groups win.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from groundplane.kolla.groups import kolla_groups
from groundplane.kolla.variables import kolla_variables
from groundplane.site.inventory_file import PRIORITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundplane.site.kolla.catalogue import KollaCatalogue, KollaService
    from groundplane.site.site import Site

GROUP = "groundplane_kolla"
_SWITCHED = re.compile(r"enable_\w+_(?:True|False)")


def kolla_inventory(site: Site, catalogue: KollaCatalogue) -> dict[str, Any]:
    """Kolla's groups and the translated values, as nested all/children/hosts/vars.

    Groups list their hosts themselves: as parents of the site's groups they would change which of those beats which.
    """
    translated = kolla_variables(site, catalogue)
    groups = {name: tuple(hosts) for name, hosts in kolla_groups(site, catalogue).items()}
    members = frozenset(host for hosts in groups.values() for host in hosts)
    everyone = [host for host in site.inventory.hosts if host in members]
    groups |= dict.fromkeys(switched_groups(catalogue.services.values()), tuple(everyone))
    children: dict[str, Any] = {
        name: {"hosts": dict.fromkeys(hosts)}
        for name, hosts in sorted(groups.items())
        if name not in site.inventory.groups
    }
    children[GROUP] = {
        "hosts": {host: dict(translated.hosts.get(host, {})) or None for host in everyone},
        "vars": {PRIORITY: 0, **translated.common},
    }
    children["deployment"] = {
        "hosts": {
            "localhost": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            }
        }
    }
    return {"all": {"children": children}}


def switched_groups(services: Iterable[KollaService]) -> frozenset[str]:
    """Kolla's groups of hosts "where a service is on": its plays name them. A step is there only where it is."""
    found: set[str] = set()
    for service in services:
        for play in service.plays:
            written = play["hosts"]
            patterns: Sequence[str] = [written] if isinstance(written, str) else written
            found.update(match for pattern in patterns for match in _SWITCHED.findall(pattern))
    return frozenset(found)
