"""Writes down which containers a kolla-ansible deploys where and when, from its own playbooks, roles and inventory.

    scripts/kolla_services.py FOLDER VERSION > images/kolla/RELEASE/services.yml

FOLDER is share/kolla-ansible/ansible of that version; scripts/lock calls this. Conditions and defaults are copied as
kolla-ansible has them (Jinja); groundplane.kolla.containers works them out for a site. Needs PyYAML and Jinja2.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jinja2 import Environment, TemplateSyntaxError, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST_VARIABLES = {"groups", "inventory_hostname", "hostvars", "ansible_facts", "item"}
# Groups that a role is given by what calls it.
GROUPS = {"mariadb_shard_group": "mariadb", "role_rabbitmq_groups": "rabbitmq"}
# Roles that only help others, or that work on images without being a service.
NO_SERVICES = {"prechecks", "logs", "ceph-rgw"}
ENABLED = re.compile(r"&(enable_[a-z0-9_]+?)_True$")


def plays(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """Role and condition of each play, in the order of deployment."""
    for play in yaml.safe_load((folder / name).read_text()):
        if "import_playbook" in play:
            yield from plays(folder, play["import_playbook"])
            continue
        hosts = play["hosts"] if isinstance(play["hosts"], list) else [play["hosts"]]
        conditions = [f"{match[1]} | bool" for host in hosts if (match := ENABLED.match(host))]
        for role in [*play.get("roles", []), *imported(play.get("tasks", []))]:
            found = {"role": role} if isinstance(role, str) else role
            when = found.get("when", [])
            own = [f"({text})" for text in ([when] if isinstance(when, str) else when)]
            unsaid = [text for text in conditions if text not in "".join(own)]
            yield found["role"], " and ".join([*unsaid, *own])


def imported(tasks: list[dict[str, Any]]) -> Iterator[str]:
    for task in tasks:
        role = task.get("ansible.builtin.import_role", task.get("import_role", {}))
        if role and "tasks_from" not in role:
            yield role["name"]


def expression(value: object) -> str:
    """What stands between {{ and }}, on one line; a constant as Jinja writes it."""
    text = str(value).strip()
    return " ".join(text[2:-2].split()) if text.startswith("{{") else text.lower()


def names_in(value: object) -> set[str]:
    """Variables that templates anywhere in a value name."""
    if isinstance(value, dict):
        return set().union(*(names_in(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(names_in(each) for each in value))
    if not isinstance(value, str) or "{{" not in value:
        return set()
    try:
        tree = Environment().parse(value)  # noqa: S701 - it writes no HTML
    except TemplateSyntaxError as error:
        raise SystemExit(f"kolla-ansible's template can't be read: {value!r}: {error}") from error
    # Not meta.find_undeclared_variables: it refuses Ansible's own filters.
    return {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"} - HOST_VARIABLES


def read_folder(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yml")):
        found |= yaml.safe_load(path.read_text()) or {}
    return found


def shared_defaults(folder: Path) -> dict[str, Any]:
    """group_vars/all, one file in older versions, a folder in newer ones."""
    single = folder / "group_vars" / "all.yml"
    return yaml.safe_load(single.read_text()) if single.is_file() else read_folder(folder / "group_vars" / "all")


def image_name(container: dict[str, Any], defaults: dict[str, Any]) -> str:
    """The last part of Kolla's image, without registry and namespace."""
    name = expression(container["image"]).removesuffix("_full")
    for _ in range(5):
        value = str(defaults[name])
        if written := re.findall(r"\}\}([a-z0-9][a-z0-9-]*)", value):
            return str(written[-1])
        name = expression(value)
    raise SystemExit(f"no image name behind {container['image']}")


def services(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Services in the order of deployment, and the defaults that their conditions need."""
    shared = shared_defaults(folder)
    found: dict[str, Any] = {}
    needed: dict[str, Any] = {}
    for role, condition in plays(folder, "site.yml"):
        if role in NO_SERVICES or role in found:
            continue
        own = read_folder(folder / "roles" / role / "defaults")
        defaults = own | shared
        containers: dict[str, Any] = {}
        for table in (value for name, value in own.items() if name.endswith("_services") and isinstance(value, dict)):
            for container, entry in table.items():
                if not isinstance(entry, dict) or "image" not in entry:
                    continue
                line: dict[str, Any] = {"image": image_name(entry, defaults)}
                hosts = str(entry.get("host_in_groups", ""))
                if "groups[" in hosts:
                    line["hosts"] = expression(hosts)
                else:
                    group = str(entry["group"])
                    line["group"] = GROUPS.get(expression(group), group) if "{{" in group else group
                    line["group"] = " ".join(line["group"].split())
                if (enabled := expression(entry["enabled"])) != "true":
                    line["enabled"] = enabled
                containers[container] = line
        if not containers:
            continue
        found[role] = {**({"enabled": condition} if condition else {}), "containers": containers}
        add_defaults({"{{ " + text + " }}" for text in conditions(found[role])}, defaults, needed)
    return found, dict(sorted(needed.items()))


def conditions(service: dict[str, Any]) -> Iterator[str]:
    yield from ([service["enabled"]] if "enabled" in service else [])
    for container in service["containers"].values():
        yield from (container[name] for name in ("enabled", "hosts") if name in container)
        if "{{" in container.get("group", ""):
            yield expression(container["group"])


def add_defaults(templates: set[str], defaults: dict[str, Any], needed: dict[str, Any]) -> None:
    waiting = names_in(list(templates))
    while waiting:
        name = waiting.pop()
        if name in needed or name not in defaults:
            continue
        value = defaults[name]
        needed[name] = " ".join(value.split()) if isinstance(value, str) else value
        waiting |= names_in(value)


def groups(folder: Path, found: dict[str, Any], defaults: dict[str, Any]) -> dict[str, list[str]]:
    """Kolla's groups to the groups that they consist of, as far as the services need them."""
    section = ""
    children: dict[str, list[str]] = {}
    for line in (folder / "inventory" / "multinode").read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            section = text.strip("[]")
        elif text and section.endswith(":children"):
            children.setdefault(section.removesuffix(":children"), []).append(text.split()[0])
    text = "\n".join([str(found), str(defaults)])
    waiting = {name for name in children if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}
    result: dict[str, list[str]] = {}
    while waiting:
        name = waiting.pop()
        if name in children and name not in result:
            result[name] = children[name]
            waiting |= set(children[name])
    return dict(sorted(result.items()))


def switches(folder: Path) -> list[str]:
    """The names of all variables that turn something on or off."""
    names = set(shared_defaults(folder))
    for role in (folder / "roles").iterdir():
        names |= set(read_folder(role / "defaults"))
    return sorted(name for name in names if name.startswith("enable_"))


class Indented(yaml.SafeDumper):
    """Lists are indented below their key, as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def main() -> None:
    folder, version = Path(sys.argv[1]), sys.argv[2]
    found, defaults = services(folder)
    print(f"# Made by scripts/lock from kolla-ansible {version}; do not edit.")
    print("# Its conditions and defaults, in its own words: groundplane.kolla.containers works them out.")
    document = {
        "kolla_ansible": version,
        "services": found,
        "groups": groups(folder, found, defaults),
        "defaults": defaults,
        "switches": switches(folder),
    }
    yaml.dump(document, sys.stdout, Dumper=Indented, sort_keys=False, width=80, allow_unicode=True)


if __name__ == "__main__":
    main()
