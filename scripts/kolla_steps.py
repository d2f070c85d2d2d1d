"""Writes down what a kolla-ansible runs for each service, and what that depends on, from its own playbooks and roles.

    scripts/kolla_steps.py FOLDER VERSION > images/kolla/RELEASE/steps.yml

FOLDER is share/kolla-ansible of that version; scripts/lock calls this. groundplane.site.kolla.catalogue reads the file.
Too many variables of a service are harmless (it runs once more than it had to), too few aren't, so whatever may be
read counts as read. Needs PyYAML and Jinja2.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from kolla_needs import needs_of
from kolla_references import EXPRESSIONS, MAGIC, Read, is_template, read_text, read_value
from kolla_services import ENABLED, Indented, add_defaults, expression, read_folder, shared_defaults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ACTIONS = ("deploy", "reconfigure")
"""What of a role counts: what it does when a configuration is applied."""
NO_SERVICES = {"prechecks"}
HELPERS = {"logs"}
"""Plays that prepare hosts: they belong to the service that comes next."""
PRUNED = ("enabled", "group", "haproxy", "host_in_groups")
"""What the load balancer reads of another service's table."""
_TEMPLATE = re.compile(r"[^\s'\"]*(?:\{\{[^}]*\}\}[^\s'\"]*)*\.j2")
_HOLE = re.compile(r"\{\{[^}]*\}\}")
_OVERLAY = re.compile(r"\{\{\s*node_custom_config\s*\}\}/?(.*)$")


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def mappings(value: object) -> Iterator[dict[Any, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from mappings(item)
    elif isinstance(value, list):
        for item in value:
            yield from mappings(item)


def module(task: dict[Any, Any], name: str) -> Any:
    return task.get(f"ansible.builtin.{name}", task.get(name))


def called_role(called: dict[str, Any]) -> str:
    return str(called.get("name") or called["role"])


class Role:
    """The files of one role."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.folder = folder
        self.defaults = read_folder(folder / "defaults")
        self.vars = read_folder(folder / "vars")

    @cached_property
    def tables(self) -> dict[str, Any]:
        """The tables of containers, by their variables."""
        both = {**self.defaults, **self.vars}
        return {name: value for name, value in both.items() if name.endswith("_services") and isinstance(value, dict)}

    @cached_property
    def containers(self) -> tuple[str, ...]:
        return tuple(key for table in self.tables.values() for key in table)

    @cache  # noqa: B019 - a short script
    def tasks(self, name: str) -> list[Any]:
        path = self.folder / "tasks" / f"{name.removesuffix('.yml')}.yml"
        return (yaml.safe_load(path.read_text()) or []) if path.is_file() else []

    @cached_property
    def handlers(self) -> list[Any]:
        path = self.folder / "handlers" / "main.yml"
        return (yaml.safe_load(path.read_text()) or []) if path.is_file() else []

    @cached_property
    def plain_templates(self) -> tuple[str, ...]:
        """Those without the usual ending."""
        return tuple(name for name in self.templates if not name.endswith(".j2"))

    @cached_property
    def templates(self) -> dict[str, str]:
        folder = self.folder / "templates"
        files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
        return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


class Reached:
    """What a service reaches when it is applied: tasks, templates, and the roles that these call."""

    def __init__(self, roles: dict[str, Role], shared: dict[str, Any], own: str) -> None:
        self.roles = roles
        self.own = own
        self.read = Read()
        self.definitions: dict[str, Any] = dict(shared)
        self.called: set[str] = set()
        self.toolbox: set[str] = set()
        """Modules that are run in the toolbox."""
        self.overlays: set[str] = set()
        self._seen: set[tuple[str, str]] = set()
        self._templates: set[tuple[str, str]] = set()

    def play(self, play: dict[str, Any]) -> None:
        self.read.add(read_value({key: value for key, value in play.items() if key not in {"roles", "tasks", "hosts"}}))
        for written in play.get("roles", []):
            entry = {"role": written} if isinstance(written, str) else written
            self.read.add(read_value(entry))
            self.role(entry["role"])
        for task in mappings(play.get("tasks", [])):
            self.task(None, task)

    def role(self, name: str, entry: str = "main", given: object = None) -> None:
        role = self.roles[name]
        self.called.add(name)
        self.read.add(read_value(given))
        pruned = self.own == "loadbalancer" and name != self.own
        for key, value in {**role.defaults, **role.vars}.items():
            if pruned and key in role.tables:
                self.definitions[key] = {
                    container: {part: of[part] for part in PRUNED if part in of} for container, of in value.items()
                }
                # Back ends are the hosts of the container's group.
                self.read.groups |= {str(of["group"]) for of in value.values() if "haproxy" in of and "group" in of}
            else:
                self.definitions.setdefault(key, value)
        if entry in {"main", "main.yml"}:
            for action in ACTIONS:
                self.file(role, action)
        self.file(role, entry)
        # What another role's part notifies restarts nothing of its own: its containers are that service's.
        if name == self.own or (not pruned and entry in {"main", "main.yml"}):
            for task in mappings(role.handlers):
                self.task(role, task)

    def file(self, role: Role, name: str) -> None:
        name = name.removesuffix(".yml")
        if (role.name, name) in self._seen:
            return
        self._seen.add((role.name, name))
        for task in mappings(role.tasks(name)):
            self.task(role, task)

    def task(self, role: Role | None, task: dict[Any, Any]) -> None:
        """One task, or any mapping in it."""
        self.read.add(read_value({key: value for key, value in task.items() if not isinstance(value, dict | list)}))
        for key, value in task.items():
            if isinstance(value, list):
                self.read.add(read_value([item for item in value if isinstance(item, str)], bare=key in EXPRESSIONS))
        if isinstance(toolbox := task.get("kolla_toolbox"), dict):
            self.toolbox.add(str(toolbox.get("module_name")))
        for how in ("include_role", "import_role"):
            if isinstance(called := module(task, how), dict) and called_role(called) in self.roles:
                self.role(called_role(called), called.get("tasks_from", "main"), task.get("vars"))
        if role is not None:
            self.task_of(role, task)

    def task_of(self, role: Role, task: dict[Any, Any]) -> None:
        """The files that a role's task brings in."""
        for how in ("include_tasks", "import_tasks"):
            if (included := module(task, how)) is not None:
                file = included["file"] if isinstance(included, dict) else included
                if "kolla_action" not in file:
                    self.file(role, file)
        for text in strings({key: value for key, value in task.items() if key not in {"block", "rescue", "always"}}):
            for found in [*_TEMPLATE.findall(text), *(name for name in role.plain_templates if text.endswith(name))]:
                self.template(role, found)
            if self.own != "loadbalancer" or role.name == self.own or role.name.endswith("-config"):
                self.overlay(role, task, text)

    def template(self, role: Role, written: str) -> None:
        wanted = re.sub(r".*/templates/", "", written)
        pattern = re.compile(".*".join(re.escape(part) for part in _HOLE.split(wanted)) + "$")
        for name, text in role.templates.items():
            if (role.name, name) in self._templates or not (
                pattern.match(name) or pattern.match(name.rpartition("/")[2])
            ):
                continue
            self._templates.add((role.name, name))
            self.read.add(read_text(text))
            for further in _TEMPLATE.findall(text):
                if further != name:
                    self.template(role, further)

    def overlay(self, role: Role, task: dict[Any, Any], text: str) -> None:
        """The override files that a text names."""
        match = _OVERLAY.search(text)
        if match is None or not match[1] or match[1].startswith("{{ item.dest"):
            return
        path = re.sub(r"\{\{\s*inventory_hostname\s*\}\}", "{{ inventory_hostname }}", match[1].strip())
        containers = self.roles.get(self.own, role).containers
        loops = [task.get(key) for key in ("with_items", "loop")]
        items = [item for loop in loops if isinstance(loop, list) for item in loop if isinstance(item, str)]
        names: tuple[str, ...] = ("*",)
        if re.search(r"\{\{\s*(item\.key|service_name)\s*\}\}", path):
            names = containers or ("*",)
        elif re.search(r"\{\{\s*item\s*\}\}", path) and items:
            names = tuple(item for item in items if not is_template(item)) or ("*",)
        whole = str(task)
        for name in names:
            made = re.sub(r"\{\{\s*(item\.key|service_name|item)\s*\}\}", name, path)
            made = re.sub(r"\{\{\s*\w*keyring\w*\s*\}\}", "*.keyring", made)
            made = re.sub(r"\{\{(?! inventory_hostname \}\})[^}]*\}\}", "*", made)
            if made.endswith("/") and "policy" in whole:
                self.overlays |= {f"{made}policy.yaml", f"{made}policy.json"}
            elif made.endswith("/"):
                self.overlays.add(f"{made}**")
            else:
                self.overlays.add(made)
                if not {".", "*"} & set(made.rpartition("/")[2]):
                    self.overlays.add(f"{made}/**")

    def close(self) -> None:
        """Follows the definitions of what is read."""
        waiting = list(self.read.names | self.put_together())
        seen = set(waiting)
        while waiting:
            name = waiting.pop()
            if name not in self.definitions:
                continue
            found = read_value(self.definitions[name])
            self.read.add(found)
            found.names |= self.put_together()
            waiting += found.names - seen
            seen |= found.names
        self.read.names |= seen
        for group in [name for name in self.read.groups if name.startswith("$")]:
            self.read.groups.discard(group)
            value = self.definitions.get(group[1:])
            if isinstance(value, str) and not is_template(value):
                self.read.groups.add(value)

    def put_together(self) -> set[str]:
        """Names of which templates say the beginning or the end; the rest is the role's own name."""
        own = self.own.replace("-", "_")
        ends = tuple(pattern[1:] for pattern in self.read.patterns if pattern[0] == "*")
        starts = tuple(pattern[:-1] for pattern in self.read.patterns if pattern[0] != "*")
        return {
            name
            for name in self.definitions
            if (ends and name.startswith(own) and name.endswith(ends)) or (starts and name.startswith(starts))
        }


@dataclass(slots=True)
class Service:
    """A service while it is put together."""

    name: str
    plays: list[dict[str, Any]] = field(default_factory=list)


def plays(folder: Path, name: str) -> Iterator[list[dict[str, Any]]]:
    """The plays of site.yml in their order; those of an imported playbook belong together."""
    for play in yaml.safe_load((folder / name).read_text()):
        imported = module(play, "import_playbook")
        yield [play] if imported is None else yaml.safe_load((folder / imported).read_text())


def play_roles(play: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Roles of a play and where they are entered."""
    for written in play.get("roles", []):
        yield (written if isinstance(written, str) else written["role"]), "main"
    for task in play.get("tasks", []):
        for how in ("include_role", "import_role"):
            if isinstance(called := module(task, how), dict):
                yield called_role(called), called.get("tasks_from", "main")


def services(folder: Path) -> dict[str, Service]:
    """Kolla's plays by service.

    Of plays that belong together, those before a role's own play prepare it, whichever role they use: nova-api has to
    find the cells' databases when it starts. Those after the last one belong to that.
    """
    found: dict[str, Service] = {}
    before: list[dict[str, Any]] = []
    for together in plays(folder, "site.yml"):
        mains = [next((role for role, entry in play_roles(play) if entry == "main"), None) for play in together]
        for index, play in enumerate(together):
            owner = next((role for role in [*mains[index:], *reversed(mains[:index])] if role), None)
            if owner in HELPERS:
                before.append(play)
            elif owner is not None and owner not in NO_SERVICES:
                found.setdefault(owner, Service(owner)).plays += [*before, play]
                before = []
    return found


def group_children(folder: Path) -> dict[str, list[str]]:
    """All of Kolla's groups to the groups that they consist of."""
    section = ""
    children: dict[str, list[str]] = {}
    for line in (folder / "inventory" / "multinode").read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            section = text.strip("[]")
            children.setdefault(section.removesuffix(":children"), [])
        elif text and section.endswith(":children"):
            children[section.removesuffix(":children")].append(text.split()[0])
    return dict(sorted(children.items()))


def locals_in(role: Role) -> set[str]:
    """Names that tasks set for themselves."""
    found: set[str] = set()
    files = sorted((role.folder / "tasks").glob("*.yml"))
    for tasks in [*(role.tasks(path.stem) for path in files), role.handlers]:
        for task in mappings(tasks):
            found |= {str(task[key]) for key in ("register", "loop_var", "index_var") if isinstance(task.get(key), str)}
            for part in (module(task, "set_fact"), task.get("vars")):
                found |= set(map(str, part)) if isinstance(part, dict) else set()
    return found


def known_names(folder: Path, roles: dict[str, Role], shared: dict[str, Any]) -> set[str]:
    """Every variable that kolla-ansible knows: what it sets a default for, and what it reads besides."""
    defined = set(shared).union(*(set(role.defaults) | set(role.vars) for role in roles.values()))
    read = read_value(shared)
    own: set[str] = set()
    for role in roles.values():
        own |= locals_in(role)
        read.add(read_value([role.defaults, role.vars]))
        for path in sorted((role.folder / "tasks").glob("*.yml")):
            read.add(read_value(role.tasks(path.stem)))
        read.add(read_value(role.handlers))
        for text in role.templates.values():
            read.add(read_text(text))
    for path in sorted(folder.glob("*.yml")):
        read.add(read_value(yaml.safe_load(path.read_text())))
    examples = (folder.parent / "etc_examples" / "kolla" / "globals.yml").read_text()
    defined |= set(re.findall(r"^#?([a-z][a-z0-9_]+):", examples, re.MULTILINE))
    return defined | {name for name in read.names - read.made - own - MAGIC if not name.startswith(("ansible_", "_"))}


def play_hosts(service: Service) -> tuple[list[str], list[str]]:
    """Kolla's groups in which the service's plays run, and the switches that its plays ask for."""
    groups: dict[str, None] = {}
    switches: dict[str, None] = {}
    for play in service.plays:
        hosts = play["hosts"] if isinstance(play["hosts"], list) else [play["hosts"]]
        for host in hosts:
            if match := ENABLED.match(host):
                switches[f"{match[1]} | bool"] = None
            elif not host.startswith("&"):
                groups[host] = None
    return list(groups), list(switches)


def enabled_by(service: Service) -> str:
    """The condition on which the service's main play does anything."""
    main = next(play for play in service.plays if service.name in dict(play_roles(play)))
    conditions = [f"({text})" for text in play_hosts(Service(service.name, [main]))[1]]
    for host in main["hosts"] if isinstance(main["hosts"], list) else [main["hosts"]]:
        # Open vSwitch's plays ask for two switches at once.
        for switch, value in re.findall(r"(enable_[a-z_]+?)_(True|False)", host) if not ENABLED.match(host) else []:
            conditions.append(f"({switch.removeprefix('_')} | bool)" if value == "True" else f"(not {switch} | bool)")
    return " and ".join(dict.fromkeys(conditions))


def listed(names: Iterable[str]) -> str:
    return " ".join(sorted(names))


def describe(folder: Path) -> dict[str, Any]:
    roles = {path.name: Role(path) for path in sorted((folder / "roles").iterdir()) if path.is_dir()}
    shared = shared_defaults(folder)
    known = known_names(folder, roles, shared)
    children = group_children(folder)
    found = services(folder)
    toolbox = next(name for name in found if "kolla-toolbox" in roles[name].containers)
    result: dict[str, Any] = {}
    for name, service in found.items():
        reached = Reached(roles, shared, name)
        for play in service.plays:
            reached.play(play)
        reached.close()
        hosts = [group for group in play_hosts(service)[0] if group in children]
        groups = {group for group in reached.read.groups if group in children}
        result[name] = {
            **({"enabled": condition} if (condition := enabled_by(service)) else {}),
            "hosts": hosts,
            "needs": needs_of(name, reached, found, toolbox),
            "overlays": sorted(reached.overlays),
            "groups": listed(groups),
            "others": listed(reached.read.others & known),
            "variables": listed(reached.read.names & known),
            "plays": service.plays,
        }
    needed: dict[str, Any] = {}
    conditions = {"{{ " + each["enabled"] + " }}" for each in result.values() if "enabled" in each}
    add_defaults(conditions, dict(definitions(roles, shared)), needed)
    passwords = yaml.safe_load((folder.parent / "etc_examples" / "kolla" / "passwords.yml").read_text())
    return {
        "services": result,
        "groups": children,
        "defaults": dict(sorted(needed.items())),
        "booleans": listed(name for name, value in definitions(roles, shared) if is_boolean(value)),
        "variables": listed(known),
        "passwords": listed(passwords),
    }


def definitions(roles: dict[str, Role], shared: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from {**{key: value for role in roles.values() for key, value in role.defaults.items()}, **shared}.items()


def is_boolean(value: object) -> bool:
    """A default that is true or false, or an expression that ends in the filter `bool`."""
    if isinstance(value, bool):
        return True
    return isinstance(value, str) and (
        value.strip() in {"yes", "no"} or bool(re.fullmatch(r"[a-z0-9_]+ \| bool", expression(value)))
    )


def main() -> None:
    folder, version = Path(sys.argv[1]) / "ansible", sys.argv[2]
    print(f"# Made by scripts/lock from kolla-ansible {version}; do not edit.")
    print("# What it runs for each service, and what that depends on: groundplane.site.kolla.catalogue reads it.")
    document = {"kolla_ansible": version, **describe(folder)}
    yaml.dump(document, sys.stdout, Dumper=Indented, sort_keys=False, width=60, allow_unicode=True)


if __name__ == "__main__":
    main()
