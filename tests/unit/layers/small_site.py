"""A toolkit and a site, as small as a test wants them, in a temporary folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from groundplane.content import Content
from groundplane.site.loading import load_site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.site.site import Site

FINGERPRINT_KEY = "0123456789abcdef"


@dataclass
class SmallSite:
    """Write what the test is about, then `load()`. Playbooks and roles that layers name are made on the way."""

    root: Path
    layers: dict[str, Any] = field(default_factory=dict)
    own_layers: dict[str, Any] | None = None
    hosts: dict[str, dict[str, Any]] = field(default_factory=lambda: {"node1": {}, "node2": {}})
    groups: dict[str, list[str]] = field(default_factory=dict)
    all_vars: dict[str, Any] = field(default_factory=dict)
    site_layers: list[str] | None = None
    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Role to its defaults; its options are their names."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Role to the text of tasks/main.yml."""
    ansible_core: str = "2.20.1"
    images: dict[str, Any] | None = None
    """The block of site.yml."""

    @property
    def toolkit(self) -> Path:
        return self.root / "toolkit"

    @property
    def path(self) -> Path:
        return self.root / "site"

    def write(self) -> None:
        write(self.toolkit / "playbooks" / "layers.yml", self.layers)
        for layer in self.layers.get("layers", {}).values():
            for step in layer.get("steps", {}).values():
                if "playbook" in step:
                    touch(self.toolkit / "playbooks" / step["playbook"])
        for name, defaults in self.roles.items():
            specs = {"argument_specs": {"main": {"options": {option: {"type": "raw"} for option in defaults}}}}
            role = self.toolkit / "roles" / name
            write(role / "meta" / "argument_specs.yml", specs)
            write(role / "defaults" / "main.yml", defaults)
            (role / "tasks").mkdir(exist_ok=True)
            (role / "tasks" / "main.yml").write_text(self.tasks.get(name, "---\n"))
        for name in self.layers.get("layers", {}):
            (self.toolkit / "environments" / name).mkdir(parents=True, exist_ok=True)
        (self.toolkit / "environments").mkdir(parents=True, exist_ok=True)
        pin = {"ansible_core": self.ansible_core, "python": ">=3.12", "requirements": "r.txt"}
        write(self.toolkit / "releases" / "2026.1.yml", {"name": "2026.1", "runtime": pin})
        layers = self.site_layers if self.site_layers is not None else list(self.layers.get("layers", {}))
        write(
            self.path / "site.yml",
            {
                "name": "small",
                "release": "2026.1",
                "domain": "small.example",
                "layers": layers,
                "networks": {"management": {"cidr": "10.0.0.0/16"}},
                **({"images": self.images} if self.images is not None else {}),
            },
        )
        numbered = {name: {"host_number": 10 + index, **own} for index, (name, own) in enumerate(self.hosts.items())}
        children: dict[str, Any] = {group: {"hosts": dict.fromkeys(members)} for group, members in self.groups.items()}
        write(
            self.path / "inventory" / "hosts.yml",
            {"all": {"hosts": numbered, "children": children, "vars": self.all_vars}},
        )
        if self.own_layers is not None:
            write(self.path / "layers.yml", self.own_layers)

    def load(self, secrets: Mapping[str, Any] | None = None) -> Site:
        self.write()
        return self.reload(secrets)

    def reload(self, secrets: Mapping[str, Any] | None = None) -> Site:
        opened = {"groundplane_fingerprint_key": FINGERPRINT_KEY, **(secrets or {})}
        return load_site(self.path, content=Content(self.toolkit), secrets=opened)


def write(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data, sort_keys=False))


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\n")


def layer(steps: Mapping[str, Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """A layer whose steps have a playbook of their own name."""
    return {
        "description": "A layer",
        "steps": {name: {"description": name, "playbook": f"{name}.yml", **step} for name, step in steps.items()},
        **more,
    }
