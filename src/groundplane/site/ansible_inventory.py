"""The inventory that Ansible gets: its own merge of it gives exactly our precedence.

Ansible merges variables of all groups in an inventory before those of group_vars/. The engine hands over one
inventory file, where that difference is gone, and the encrypted secrets.yml as group_vars/all/secrets.yml, which is
stronger than any group in the inventory. A variable for which either would matter is therefore given to each host
with the value that wins; all others stay where they are written, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.site.inventory_file import DEFAULT_PRIORITY, PRIORITY
from groundplane.site.values import Level

if TYPE_CHECKING:
    from groundplane.site.site import Site
    from groundplane.site.values import Value


def ansible_inventory(site: Site) -> dict[str, Any]:
    """The whole inventory as nested all/children/hosts/vars, without secrets.

    Plain data for JSON or YAML; Jinja stays as written.
    """
    inventory, variables = site.inventory, site.variables
    per_host = _set_per_host(site)
    groups: dict[str, dict[str, Any]] = {}
    for name, group in inventory.groups.items():
        merged = {**group.inline, **group.files}
        groups[name] = {key: values[-1].value for key, values in merged.items() if key not in per_host}
        if group.priority != DEFAULT_PRIORITY:
            groups[name][PRIORITY] = group.priority
    everyone = {name: value.value for name, value in variables.for_all_hosts().items() if name not in per_host}
    root: dict[str, Any] = {
        "vars": {**everyone, **groups["all"]},
        "hosts": {host: _host(site, host, per_host) for host in inventory.hosts},
        "children": {},
    }
    for name, group in inventory.groups.items():
        if name == "all" or (name == "ungrouped" and not groups[name]):
            continue
        body: dict[str, Any] = {}
        if group.hosts and name != "ungrouped":
            body["hosts"] = dict.fromkeys(group.hosts)
        if group.children:
            body["children"] = dict.fromkeys(group.children)
        if groups[name]:
            body["vars"] = groups[name]
        root["children"][name] = body or None
    return {"all": {key: value for key, value in root.items() if value}}


def host_inventory(site: Site, host: str) -> dict[str, Any]:
    """All variables of one host with the values that win; secrets and vaulted values are left out.

    Raises:
        InputError: there is no such host.
    """
    (name,) = site.inventory.select(host)
    return {key: value.value for key, value in sorted(site.variables.effective(name).items()) if not value.secret}


def _host(site: Site, host: str, per_host: frozenset[str]) -> dict[str, Any] | None:
    entry = site.inventory.hosts[host]
    own = {name: values[-1].value for name, values in {**entry.inline, **entry.files}.items()}
    names = {*per_host, *site.variables.derived_for(host)} - own.keys()
    for name in sorted(names):
        value = site.variables.value(name, host)
        if value is not None and _has_to_be_said(value, name in per_host):
            own[name] = value.value
    return own or None


def _has_to_be_said(value: Value, pushed_down: bool) -> bool:
    """Secrets come encrypted, the command line comes as -e; of the rest, what no group of the inventory says."""
    if value.secret or value.level is Level.COMMAND_LINE:
        return False
    return pushed_down or value.level is Level.DERIVED


def _set_per_host(site: Site) -> frozenset[str]:
    """The variables that Ansible would merge in another order, were they left in groups."""
    inline: set[str] = set()
    files: set[str] = set()
    everywhere: set[str] = set()
    for group in site.inventory.groups.values():
        everywhere.update(group.inline, group.files)
        files.update(group.files)
        if group.name != "all":
            inline.update(group.inline)
    beating_secrets = everywhere & site.variables.secret_names()
    return frozenset((inline & files) | beating_secrets)
