"""What validation has to know of layers and roles, read straight from their files.

The graph itself is built by `groundplane.layers` from a loaded site; this is what the site needs before that:
which layers exist, which groups they need, and which variables their roles and steps know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.site.source import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.errors import Place, Problem


@dataclass(frozen=True, slots=True)
class RoleOption:
    """One option of a role's argument_specs."""

    name: str
    role: str
    kind: str
    """Ansible's type: str, int, bool, list, dict, float, path, raw …"""
    choices: tuple[Any, ...]
    description: str
    place: Place


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """A role: its options, and the variables that it sets for itself."""

    name: str
    path: Path
    options: Mapping[str, RoleOption]
    defaults: Source | None
    own: frozenset[str]
    """Names in defaults/main.yml and vars/main.yml."""
    specified: bool = True
    """It has argument_specs; without them nobody can say which of its names are misspelt."""


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """A layer as layers.yml has it."""

    name: str
    place: Place
    groups: tuple[str, ...]
    roles: frozenset[str]
    inputs: frozenset[str]
    of_the_site: bool
    of_kolla: bool = False
    """Kolla's services are steps of it, so that it knows all of kolla-ansible's variables."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All layers of the toolkit and the site, and the roles of the toolkit."""

    layers: Mapping[str, LayerFacts] = field(default_factory=dict)
    roles: Mapping[str, RoleFacts] = field(default_factory=dict)


def read_facts(content: Content, site_path: Path, problems: list[Problem]) -> Facts:
    """Reads layers.yml of the toolkit and of the site, and every role's argument_specs.

    Only YAML that can't be read is told here; the structure is checked where the graph is built.
    """
    layers: dict[str, LayerFacts] = {}
    for path, of_the_site in ((content.playbooks / "layers.yml", False), (site_path / "layers.yml", True)):
        if path.is_file():
            source = read_source(path, problems)
            if source is not None:
                for name, layer in _layers(source, of_the_site=of_the_site).items():
                    layers.setdefault(name, layer)
    roles: dict[str, RoleFacts] = {}
    for folder in (content.roles, site_path / "roles"):
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.is_dir() and path.name not in roles:
                    roles[path.name] = read_role(path, problems)
    return Facts(layers, roles)


def _layers(source: Source, *, of_the_site: bool) -> dict[str, LayerFacts]:
    found = {}
    for name, body in _mapping(_mapping(source.data).get("layers")).items():
        steps = [_mapping(step) for step in _mapping(_mapping(body).get("steps")).values()]
        found[str(name)] = LayerFacts(
            name=str(name),
            place=source.place("layers", name),
            groups=tuple(_names([body], "groups")),
            # ROLE:ENTRY is one entry point of a role; its facts are the whole role's.
            roles=frozenset(name.partition(":")[0] for name in _names(steps, "roles")),
            inputs=frozenset(_names(steps, "inputs")),
            of_the_site=of_the_site,
            of_kolla=_mapping(body).get("services") == "kolla",
        )
    return found


def _names(entries: Iterable[Any], key: str) -> list[str]:
    found: list[str] = []
    for entry in entries:
        value = _mapping(entry).get(key)
        if isinstance(value, list):
            found += [str(name) for name in value]
    return found


def read_role(path: Path, problems: list[Problem]) -> RoleFacts:
    """A role's options (all entry points) and the names that it sets for itself."""
    options: dict[str, RoleOption] = {}
    files = [path / "meta" / name for name in ("argument_specs.yml", "argument_specs.yaml")]
    files = [file for file in files if file.is_file()]
    for file in files:
        source = read_source(file, problems)
        if source is not None:
            _options(source, path.name, options)
    defaults_file, vars_file = path / "defaults" / "main.yml", path / "vars" / "main.yml"
    defaults = read_source(defaults_file, problems) if defaults_file.is_file() else None
    own = read_source(vars_file, problems) if vars_file.is_file() else None
    names = {str(name) for source in (defaults, own) if source is not None for name in _mapping(source.data)}
    return RoleFacts(path.name, path, options, defaults, frozenset(names), specified=bool(files))


def _options(source: Source, role: str, into: dict[str, RoleOption]) -> None:
    for entry, spec in _mapping(_mapping(source.data).get("argument_specs")).items():
        for name, body in _mapping(_mapping(spec).get("options")).items():
            option = _mapping(body)
            text = option.get("description", "")
            into.setdefault(
                str(name),
                RoleOption(
                    name=str(name),
                    role=role,
                    kind=str(option.get("type", "str")),
                    choices=tuple(option.get("choices") or ()),
                    description=" ".join(map(str, text)) if isinstance(text, list) else str(text),
                    place=source.place("argument_specs", entry, "options", name),
                ),
            )


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}
