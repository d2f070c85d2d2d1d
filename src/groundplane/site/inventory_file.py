"""Reads inventory/hosts.yml, group_vars/ and host_vars/ with the same result as Ansible's own loader."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import Place, Problem
from groundplane.site.host_patterns import expand_range
from groundplane.site.inventory import Group, Host, Inventory
from groundplane.site.source import KeyPath, Source, read_source, suggest
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from pathlib import Path

SECTIONS = ("hosts", "children", "vars")
PRIORITY = "ansible_group_priority"
DEFAULT_PRIORITY = 1
_EXTENSIONS = (".yml", ".yaml", ".json")
_VARIABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_GROUP_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_HOST_NAME = re.compile(r"^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$")
_WITH_PORT = re.compile(r"^([^:\[\]]*(?:\[[^\]]*\][^:\[\]]*)*):([0-9]+)$")


@dataclass
class _DraftGroup:
    place: Place
    children: dict[str, Place] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    inline: dict[str, tuple[Value, ...]] = field(default_factory=dict)


@dataclass
class _DraftHost:
    place: Place
    inline: dict[str, tuple[Value, ...]] = field(default_factory=dict)


def load_inventory(folder: Path, problems: list[Problem]) -> Inventory:
    """Loads FOLDER/hosts.yml and the variables beside it; appends what is wrong and goes on as far as it can."""
    path = folder / "hosts.yml"
    reader = _Reader(path, problems)
    source = read_source(path, problems)
    if source is not None:
        reader.read(source)
    return reader.finish(folder)


class _Reader:
    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.groups: dict[str, _DraftGroup] = {}
        self.hosts: dict[str, _DraftHost] = {}
        self._names: dict[str, bool] = {}

    def tell(self, what: str, cure: str, place: Place) -> None:
        self.problems.append(Problem(what, cure, place))

    def read(self, source: Source) -> None:
        if not isinstance(source.data, dict) or not source.data:
            self.tell("has no groups", "Begin with 'all:' and, below it, 'hosts:' or 'children:'.", Place(self.path, 1))
            return
        for name, body in source.data.items():
            if name == "hosts" and isinstance(body, dict) and "all" not in source.data:
                self.tell("'hosts' stands at the top, where groups stand", "Put it below 'all:'.", source.place(name))
                continue
            self._group(source, name, body, (name,))

    def _group(self, source: Source, name: Any, body: Any, path: KeyPath) -> None:
        place = source.place(*path)
        if not isinstance(name, str):
            self.tell(f"a group is named {name!r}, which isn't text", "Put the name in quotes.", place)
            return
        if name not in self.groups:
            if not _GROUP_NAME.match(name):
                better = re.sub("[^A-Za-z0-9_]", "_", name)
                self.tell(
                    f"the group name '{name}' isn't valid", f"Use letters, digits and underscores: {better}.", place
                )
            self.groups[name] = _DraftGroup(place)
        if isinstance(body, dict):
            # Ansible reads sections in the file's order; it matters only for one host's variables in several groups.
            for section, content in body.items():
                self._section(source, name, content, (*path, section))
        elif body is not None:
            self.tell(f"the group '{name}' isn't a mapping", f"It has {', '.join(SECTIONS)}.", place)

    def _section(self, source: Source, group: str, content: Any, path: KeyPath) -> None:
        section = path[-1]
        if section not in SECTIONS:
            cure = suggest(section, SECTIONS, f"A group has {', '.join(SECTIONS)}; variables stand below 'vars:'.")
            self.tell(f"'{section}' is no part of a group", cure, source.place(*path))
            return
        if isinstance(content, str) and section != "vars":
            content = {content: None}  # Ansible takes one name as a mapping with that key.
        if content is None:
            return
        if not isinstance(content, dict):
            self.tell(
                f"'{section}' of the group '{group}' is a {_kind(content)}, not a mapping",
                "Write each name as a key with a colon: 'NAME:'." if section != "vars" else "Write NAME: VALUE.",
                source.place(*path),
            )
        elif section == "hosts":
            self._hosts(source, group, content, path)
        elif section == "vars":
            self._variables(source, content, path, self.groups[group].inline, (Level.GROUP, group))
        else:
            for child, body in content.items():
                self._group(source, child, body, (*path, child))
                if isinstance(child, str):
                    self.groups[group].children.setdefault(child, source.place(*path, child))

    def _hosts(self, source: Source, group: str, content: dict[Any, Any], path: KeyPath) -> None:
        for pattern, variables in content.items():
            here = (*path, pattern)
            place = source.place(*here)
            if not isinstance(pattern, str):
                self.tell(f"a host is named {pattern!r}, which isn't text", "Put the name in quotes.", place)
                continue
            with_port = _WITH_PORT.match(pattern)
            text, port = (with_port.group(1), int(with_port.group(2))) if with_port else (pattern, None)
            try:
                names = expand_range(text)
            except ValueError as error:
                self.tell(f"the host range '{pattern}' can't be read: {error}", "For example node[01:12].", place)
                continue
            if variables is not None and not isinstance(variables, dict):
                self.tell(
                    f"the host '{pattern}' has a {_kind(variables)} where its variables stand",
                    "Write NAME: VALUE on lines of their own below it.",
                    place,
                )
                variables = None  # noqa: PLW2901
            for name in names:
                if name not in self.hosts:
                    if not _HOST_NAME.match(name):
                        self.tell(
                            f"'{name}' can't be a host's name",
                            "Use letters, digits and hyphens (RFC 1123), with dots between labels.",
                            place,
                        )
                    self.hosts[name] = _DraftHost(place)
                self.groups[group].hosts[name] = None
                if port is not None:
                    self.hosts[name].inline["ansible_port"] = (Value(port, Level.HOST, place, name),)
                if variables:
                    self._variables(source, variables, here, self.hosts[name].inline, (Level.HOST, name))

    def _variables(
        self,
        source: Source,
        content: dict[Any, Any],
        path: KeyPath,
        into: dict[str, tuple[Value, ...]],
        owner: tuple[Level, str],
    ) -> None:
        for name, value in content.items():
            place = source.place(*path, name)
            if self._is_variable(name, place):
                into[name] = (*into.get(name, ()), Value(value, owner[0], place, owner[1]))

    def _is_variable(self, name: Any, place: Place) -> bool:
        known = self._names.get(name) if isinstance(name, str) else False
        if known is None:
            known = self._names[name] = bool(_VARIABLE.match(name))
        if not known:
            better = re.sub("[^A-Za-z0-9_]", "_", str(name))
            self.tell(f"'{name}' can't be a variable's name", f"Use letters, digits and underscores: {better}.", place)
        return known

    def finish(self, folder: Path) -> Inventory:
        top = Place(self.path, 1)
        all_group = self.groups.setdefault("all", _DraftGroup(top))
        self.groups.setdefault("ungrouped", _DraftGroup(top))
        self._break_circles()
        with_parent = {child for group in self.groups.values() for child in group.children}
        for name in self.groups:
            if name != "all" and name not in with_parent:
                all_group.children.setdefault(name, self.groups[name].place)
        depths = self._depths()
        direct: dict[str, set[str]] = {host: set() for host in self.hosts}
        for name, group in self.groups.items():
            for host in group.hosts:
                direct[host].add(name)
        for host, groups in direct.items():
            if groups - {"all", "ungrouped"}:
                self.groups["ungrouped"].hosts.pop(host, None)
                groups.discard("ungrouped")
            else:
                self.groups["ungrouped"].hosts[host] = None
                groups.add("ungrouped")
        return self._assemble(folder, depths, direct)

    def _assemble(self, folder: Path, depths: dict[str, int], direct: dict[str, set[str]]) -> Inventory:
        parents: dict[str, set[str]] = {name: set() for name in self.groups}
        for name, draft_group in self.groups.items():
            for child in draft_group.children:
                parents[child].add(name)
        ancestors = _closure(parents, depths)
        priorities = {name: self._priority(group) for name, group in self.groups.items()}
        order = {name: (depths[name], priorities[name], name) for name in self.groups}
        sorted_groups: dict[frozenset[str], tuple[str, ...]] = {}
        group_files = self._files(folder / "group_vars", Level.GROUP, self.groups, "group")
        host_files = self._files(folder / "host_vars", Level.HOST, self.hosts, "host")
        hosts = {}
        members: dict[str, list[str]] = {name: [] for name in self.groups}
        for name, draft in self.hosts.items():
            key = frozenset(direct[name])
            if key not in sorted_groups:
                every = {"all"}.union(*(ancestors[group] for group in key))
                sorted_groups[key] = tuple(sorted(every, key=order.__getitem__))
            for group in sorted_groups[key]:
                members[group].append(name)
            hosts[name] = Host(name, draft.place, sorted_groups[key], draft.inline, host_files.get(name, {}))
        for name in sorted(set(self.hosts) & set(self.groups)):
            self.tell(
                f"'{name}' is both a host and a group, so that a pattern can't tell them apart",
                "Rename one of them.",
                self.hosts[name].place,
            )
        groups = {
            name: Group(
                name,
                draft.place,
                depths[name],
                priorities[name],
                tuple(draft.children),
                tuple(draft.hosts),
                draft.inline,
                group_files.get(name, {}),
            )
            for name, draft in self.groups.items()
        }
        return Inventory(self.path, groups, hosts, {name: tuple(found) for name, found in members.items()})

    def _break_circles(self) -> None:
        """Takes out the edges that close a circle, and tells them."""
        done: set[str] = set()
        for start in list(self.groups):
            stack: list[tuple[str, list[str]]] = [(start, list(self.groups[start].children))]
            way = [start]
            while stack:
                name, left = stack[-1]
                if not left or name in done:
                    done.add(name)
                    stack.pop()
                    way.pop()
                    continue
                child = left.pop()
                if child in way or child == "all":
                    circle = " → ".join((*(way[way.index(child) :] if child in way else (name,)), child))
                    self.tell(
                        f"groups contain each other: {circle}",
                        f"Take '{child}' out of the children of '{name}'.",
                        self.groups[name].children.pop(child),
                    )
                elif child not in done:
                    stack.append((child, list(self.groups[child].children)))
                    way.append(child)

    def _depths(self) -> dict[str, int]:
        """The longest way from `all` to each group; the graph has no circles any more."""
        depths = dict.fromkeys(self.groups, 0)
        work = ["all"]
        while work:
            name = work.pop()
            for child in self.groups[name].children:
                if depths[child] < depths[name] + 1:
                    depths[child] = depths[name] + 1
                    work.append(child)
        return depths

    def _priority(self, group: _DraftGroup) -> int:
        # Ansible takes it out of the variables, too.
        written = group.inline.pop(PRIORITY, None)
        if written is None:
            return DEFAULT_PRIORITY
        value = written[-1].value
        if isinstance(value, int) or (isinstance(value, str) and value.lstrip("-").isdigit()):
            return int(value)
        self.tell(f"{PRIORITY} is {value!r}, not a whole number", "Write a whole number.", written[-1].place)
        return DEFAULT_PRIORITY

    def _files(
        self, folder: Path, level: Level, owners: dict[str, Any], kind: str
    ) -> dict[str, dict[str, tuple[Value, ...]]]:
        """Variables of each owner from FOLDER/OWNER, FOLDER/OWNER.yml or the files in FOLDER/OWNER/."""
        found: dict[str, dict[str, tuple[Value, ...]]] = {}
        if not folder.is_dir():
            return found
        taken: dict[str, Path] = {}
        for entry in sorted(folder.iterdir(), key=_preference):
            if entry.name.startswith(".") or entry.name.endswith("~"):
                continue
            name = _owner(entry, owners)
            if name not in owners:
                self.tell(
                    f"there is no {kind} '{name}', so nobody reads this",
                    suggest(name, owners, f"Rename it after a {kind} of hosts.yml, or delete it."),
                    Place(entry),
                )
                continue
            if name in taken:
                self.tell(
                    f"Ansible doesn't read this, because {taken[name].name} is there too",
                    f"Keep one of them: move the variables to {taken[name].name}.",
                    Place(entry),
                )
                continue
            taken[name] = entry
            into: dict[str, tuple[Value, ...]] = {}
            for file in _variable_files(entry):
                self._variable_file(file, into, level, name)
            found[name] = into
        return found

    def _variable_file(self, file: Path, into: dict[str, tuple[Value, ...]], level: Level, owner: str) -> None:
        source = read_source(file, self.problems)
        if source is None or source.data is None:
            return
        if not isinstance(source.data, dict):
            self.tell(f"is a {_kind(source.data)}, not variables", "Write NAME: VALUE.", Place(file, 1))
            return
        if PRIORITY in source.data:
            self.tell(f"{PRIORITY} has no effect here", "Set it in hosts.yml.", source.place(PRIORITY))
            del source.data[PRIORITY]
        self._variables(source, source.data, (), into, (level, owner))


def _closure(parents: dict[str, set[str]], depths: dict[str, int]) -> dict[str, set[str]]:
    """Each group with all that contain it."""
    result: dict[str, set[str]] = {}
    for name in sorted(parents, key=depths.__getitem__):
        result[name] = {name}.union(*(result[parent] for parent in parents[name]))
    return result


def _preference(entry: Path) -> tuple[int, str]:
    """The order in which Ansible looks: no extension (a folder, usually), .yml, .yaml, .json; it takes the first."""
    suffix = entry.suffix
    return (_EXTENSIONS.index(suffix) + 1 if suffix in _EXTENSIONS else 0, entry.name)


def _owner(entry: Path, owners: dict[str, Any]) -> str:
    if entry.name in owners:
        return entry.name
    return entry.name.removesuffix(entry.suffix) if entry.suffix in _EXTENSIONS else entry.name


def _variable_files(entry: Path) -> list[Path]:
    """The files of a folder as Ansible reads them: sorted by name, folders in between, hidden ones and backups not."""
    if entry.is_file():
        return [entry]
    files: list[Path] = []
    for path in sorted(entry.iterdir(), key=lambda path: path.name):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir() and not path.suffix:
            files.extend(_variable_files(path))
        elif path.is_file() and (not path.suffix or path.suffix in _EXTENSIONS):
            files.append(path)
    return files


def _kind(value: Any) -> str:
    names = {list: "list", str: "text", bool: "yes or no", int: "number", float: "number", dict: "mapping"}
    return names.get(type(value), "value")
