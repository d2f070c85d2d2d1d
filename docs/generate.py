"""Writes the reference pages from the code: commands, site.yml, layers, Kolla's services and roles.

Runs as a hook of mkdocs before each build, and by itself:

    python docs/generate.py [--check]

With --check it writes nothing and fails where something that a person sets has no description.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from groundplane.cli.main import COMMANDS, groundplane
from groundplane.content import toolkit_content
from groundplane.identity.options import RealmFile
from groundplane.layers.kolla_steps import DESCRIPTIONS
from groundplane.platform import options
from groundplane.site.images_file import IMAGE_LAYERS
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.model import SiteFile
from groundplane.site.release import Release

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLATFORM: dict[str, type[options.Options]] = {
    "platform_domains": options.Domain,
    "platform_projects": options.Project,
    "platform_groups": options.Group,
    "platform_users": options.User,
    "platform_flavors": options.Flavor,
    "platform_images": options.Image,
    "platform_volume_types": options.VolumeType,
    "platform_networks": options.Network,
    "platform_routers": options.Router,
    "platform_security_group_rules": options.SecurityGroupRule,
    "platform_services": options.CatalogueService,
}
ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference"


def cell(text: object) -> str:
    """Text inside a table."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def paragraph(text: str) -> str:
    """A click help text as Markdown; `\\b` marks a block whose lines stay."""
    blocks = []
    for block in text.strip().split("\n\n"):
        if block.lstrip().startswith("\b"):
            blocks.append("```text\n" + block.replace("\b", "").strip("\n") + "\n```")
        else:
            blocks.append(" ".join(block.split()))
    return "\n\n".join(blocks)


def condition(text: str) -> str:
    """A condition on which a service is on, without what only Ansible needs."""
    return re.sub(r"\((\w+)\)", r"\1", text.replace(" | bool", ""))


class Pages:
    """Collects pages, and what has no description."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.undescribed: list[str] = []
        self.shown: set[str] = set()
        """Models that have a table on the page that is being made."""

    def described(self, name: str, text: str | None) -> str:
        if not text or not text.strip():
            self.undescribed.append(name)
            return ""
        return text

    # Commands

    def commands(self) -> None:
        lines = ["# Commands", "", "`gp` is the short form of `groundplane`. Every command knows `--help`.", ""]
        lines += ["| command | what it does |", "|---|---|"]
        lines += [f"| [`{name}`](#{name}) | {cell(text)} |" for name, (_, text) in COMMANDS.items()]
        lines.append("")
        top = click.Context(groundplane, info_name="groundplane")
        lines += ["## Options of every command", "", *self.options(groundplane, top, "groundplane"), ""]
        for name, (module, text) in COMMANDS.items():
            try:
                command: click.Command = import_module(module).command
            except ModuleNotFoundError as error:
                # A command may land after its entry in the table; another missing module is a mistake.
                if error.name != module:
                    raise
                self.undescribed.append(f"groundplane {name} (not there yet)")
                lines += [f"## {name}", "", text, ""]
                continue
            lines += self.command(name, command, top, 2)
        self.pages["commands.md"] = "\n".join(lines)

    def command(self, name: str, command: click.Command, parent: click.Context, depth: int) -> Iterator[str]:
        context = click.Context(command, info_name=name, parent=parent)
        path = context.command_path
        title = path.removeprefix("groundplane ")
        yield f"{'#' * depth} {title} {{ #{title.replace(' ', '-')} }}"
        yield ""
        yield paragraph(self.described(path, command.help))
        yield ""
        yield f"```text\n{' '.join([path, *command.collect_usage_pieces(context)])}\n```"
        yield ""
        yield from self.options(command, context, path)
        yield ""
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                member = command.get_command(context, child)
                if member is not None and not member.hidden:
                    yield from self.command(child, member, context, depth + 1)

    def options(self, command: click.Command, context: click.Context, path: str) -> Iterator[str]:
        rows = []
        for parameter in command.params:
            if not isinstance(parameter, click.Option) or parameter.hidden:
                continue
            names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
            if not parameter.is_flag and not parameter.count:
                names += f" {parameter.make_metavar(context)}"
            extra = f" Environment: `{parameter.envvar}`." if isinstance(parameter.envvar, str) else ""
            rows.append(
                f"| {cell(names)} | {cell(self.described(f'{path} {parameter.opts[-1]}', parameter.help))}{extra} |"
            )
        if rows:
            yield "| option | meaning |"
            yield "|---|---|"
            yield from rows

    # site.yml

    def site_file(self) -> None:
        schema = SiteFile.model_json_schema()
        definitions = {"SiteFile": schema, **schema.get("$defs", {})}
        lines = [
            "# site.yml",
            "",
            "What a cloud should be, as far as it isn't said by hosts and layers. Unknown keys are errors.",
            "",
        ]
        lines += ["`groundplane schema` prints the same as a JSON Schema for editors.", ""]
        lines += self.tables(definitions, "site.yml", {"SiteFile": "At the top level"})
        self.pages["site.md"] = "\n".join(lines)

    def tables(self, definitions: Mapping[str, Any], file: str, titles: Mapping[str, str]) -> Iterator[str]:
        """A table of keys for each model of a JSON schema."""
        self.shown = {name for name, definition in definitions.items() if "properties" in definition}
        for name, definition in definitions.items():
            if "properties" not in definition:
                continue
            title = titles.get(name, name.removesuffix("File").lower())
            yield from (
                f"## {title} {{ #{name.lower()} }}",
                "",
                " ".join(definition.get("description", "").split()),
                "",
            )
            yield from ("| key | type | default | meaning |", "|---|---|---|---|")
            required = definition.get("required", [])
            for key, value in definition["properties"].items():
                description = value.get("description", "")
                if "$ref" not in value:
                    self.described(f"{file} {name}.{key}", description)
                default = "**required**" if key in required else self.default(value)
                yield f"| `{key}` | {self.kind(value)} | {default} | {cell(description)} |"
            yield ""

    # What the platform layer declares

    def platform(self) -> None:
        lines = [
            "# The platform's options",
            "",
            "For `environments/platform/configuration.yml`; see [The platform](../platform.md). Each is a list of",
            "entries with the keys below; a flavor that is named as SCS does it may be just its name.",
            "",
        ]
        definitions: dict[str, Any] = {}
        titles = {}
        for option, model in PLATFORM.items():
            schema = model.model_json_schema()
            definitions |= {model.__name__: schema}
            titles[model.__name__] = f"`{option}`"
        inner = [definition for schema in list(definitions.values()) for definition in schema.get("$defs", {}).items()]
        definitions |= {name: definition for name, definition in inner if name not in definitions}
        lines += self.tables(definitions, "platform", titles)
        self.pages["platform.md"] = "\n".join(lines)

    # What the identity layer declares

    def realm(self) -> None:
        schema = RealmFile.model_json_schema()
        lines = [
            "# Realm files",
            "",
            "`environments/identity/realms/NAME.yml`; see [Realms](../realms.md). `groundplane schema realm` prints",
            "the same as a JSON Schema for editors. Spans of time are seconds, or text such as 5m, 10h, 1d.",
            "",
        ]
        definitions = {"RealmFile": schema, **schema.get("$defs", {})}
        lines += self.tables(definitions, "realm", {"RealmFile": "At the top level"})
        self.pages["realm.md"] = "\n".join(lines)

    @staticmethod
    def default(value: Mapping[str, Any]) -> str:
        default = value.get("default")
        return f"`{json.dumps(default)}`" if default not in (None, [], {}, "") else ""

    def kind(self, value: Mapping[str, Any]) -> str:
        if "$ref" in value:
            name = str(value["$ref"]).rsplit("/", 1)[-1]
            return f"[{name.removesuffix('File').lower()}](#{name.lower()})" if name in self.shown else name
        if "anyOf" in value:
            return " or ".join(self.kind(part) for part in value["anyOf"] if part.get("type") != "null")
        if "allOf" in value:
            return self.kind(value["allOf"][0])
        if value.get("type") == "array":
            return f"list of {self.kind(value.get('items', {}))}"
        if value.get("type") == "object":
            members = [value.get("additionalProperties"), *value.get("patternProperties", {}).values()]
            return f"name → {self.kind(next((member for member in members if isinstance(member, dict)), {}))}"
        return str(value.get("type", "any"))

    # Layers, steps, roles

    def layers(self) -> None:
        data = yaml.safe_load((ROOT / "playbooks" / "layers.yml").read_text(encoding="utf-8")) or {}
        lines = [
            "# Layers and steps",
            "",
            "From `playbooks/layers.yml`. A site adds its own in a `layers.yml` beside `site.yml`.",
            "",
        ]
        for layer, entry in (data.get("layers") or {}).items():
            lines += [f"## {layer}", "", self.described(f"layer {layer}", entry.get("description")), ""]
            if entry.get("needs"):
                lines += ["Needs " + ", ".join(f"`{name}`" for name in entry["needs"]) + ".", ""]
            lines += ["| step | what it does | hosts | needs | roles |", "|---|---|---|---|---|"]
            for step, body in (entry.get("steps") or {}).items():
                needs = ", ".join(
                    need if isinstance(need, str) else f"{need['step']} (everywhere)" for need in body.get("needs", [])
                )
                roles = ", ".join(f"[{role}](roles.md#{role.replace(':', '-')})" for role in body.get("roles", []))
                description = self.described(f"step {layer}.{step}", body.get("description"))
                lines.append(
                    f"| `{layer}.{step}` | {cell(description)} | `{body.get('hosts', 'all')}` | {needs} | {roles} |"
                )
            if entry.get("services"):
                lines += ["", "And a step for each of [Kolla's services](services.md) that is switched on."]
            lines += [*self.defaults(layer), ""]
        for layer in IMAGE_LAYERS:
            if layer not in (data.get("layers") or {}) and (defaults := list(self.defaults(layer))):
                lines += [f"## {layer}", "", "So far its container images alone: `images.layers` in `site.yml`."]
                lines += [*defaults, ""]
        self.pages["layers.md"] = "\n".join(lines)

    def defaults(self, layer: str) -> Iterator[str]:
        """What a site would most likely set for a layer."""
        path = ROOT / "environments" / layer / "defaults.yml"
        if path.is_file():
            yield from ("", f"Defaults, set otherwise in a site's `environments/{layer}/configuration.yml`:", "")
            yield from ("```yaml", path.read_text(encoding="utf-8").rstrip(), "```")

    def services(self) -> None:
        lines = [
            "# Kolla's services",
            "",
            "Each that is switched on is a step of the layer `openstack`, by the name `openstack.SERVICE`. Needs of",
            "services that are off fall away. Override files lie below `environments/openstack/overlays/`; most count",
            "for one host alone below a folder of its name.",
            "",
        ]
        for path in sorted((ROOT / "releases").glob("*.yml"), reverse=True):
            release = Release.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
            if release.openstack is None or release.images is None:
                continue
            catalogue = read_catalogue(release, toolkit_content())
            lines += [f"## {release.name} {{ #{release.name.replace('.', '-')} }}", ""]
            lines += [f"kolla-ansible {catalogue.kolla_ansible}.", ""]
            lines += ["| service | what | on when | needs | override files |", "|---|---|---|---|---|"]
            for service in catalogue.services.values():
                what = self.described(f"service {service.name}", DESCRIPTIONS.get(service.name))
                files = [name for name in service.overlays if not {"{", " "} & set(name) and not name.endswith("/**")]
                cells = (
                    f"`{service.name}`",
                    cell(what),
                    "always" if service.enabled == "true" else f"`{cell(condition(service.enabled))}`",
                    ", ".join(service.needs),
                    ", ".join(f"`{name}`" for name in files),
                )
                lines.append(f"| {' | '.join(cells)} |")
            lines.append("")
        self.pages["services.md"] = "\n".join(lines)

    def roles(self) -> None:
        lines = ["# Roles", "", "Options by role, from their `meta/argument_specs.yml`.", ""]
        for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
            role = path.parent.parent.name
            entries = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("argument_specs", {})
            if "main" in entries:
                options = {
                    name: option for entry in entries.values() for name, option in (entry.get("options") or {}).items()
                }
                lines += [f"## {role}", "", *self.role_entry(role, entries["main"], options)]
            else:
                lines += [
                    f"## {role}",
                    "",
                    "Each part has options of its own; those of several are described once.",
                    "",
                ]
                lines += self.role_parts(role, entries)
        self.pages["roles.md"] = "\n".join(lines)

    def role_parts(self, role: str, entries: Mapping[str, Any]) -> Iterator[str]:
        """A role that has an entry point per step: those that a site sets options for."""
        graph = yaml.safe_load((ROOT / "playbooks" / "layers.yml").read_text(encoding="utf-8"))["layers"]
        steps = {name for layer in graph.values() for step in layer["steps"].values() for name in step.get("roles", [])}
        shown: set[str] = set()
        for name, entry in entries.items():
            if f"{role}:{name}" not in steps and name != "verify":
                continue
            options = entry.get("options") or {}
            yield from (f"### {role}, {name} {{ #{role}-{name} }}", "")
            yield from self.role_entry(
                f"{role} {name}", entry, {key: options[key] for key in options if key not in shown}
            )
            if again := [f"`{key}`" for key in options if key in shown]:
                yield from (f"Described above: {', '.join(again)}.", "")
            shown |= options.keys()

    def role_entry(self, role: str, entry: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[str]:
        yield from (self.described(f"role {role}", entry.get("short_description")), "")
        description = entry.get("description", [])
        for text in [description] if isinstance(description, str) else description:
            yield from (text, "")
        if options:
            yield from ("| option | type | default | meaning |", "|---|---|---|---|")
            yield from self.role_options(role, options)
            yield ""

    def role_options(self, role: str, options: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
        for name, option in options.items():
            text = option.get("description", "")
            text = text if isinstance(text, str) else " ".join(text)
            self.described(f"role {role} {prefix}{name}", text)
            kind = option.get("type", "str") + (f" of {option['elements']}" if "elements" in option else "")
            default = (
                "**required**"
                if option.get("required")
                else f"`{cell(option['default'])}`"
                if option.get("default") not in (None, "")
                else ""
            )
            choices = (
                f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}." if "choices" in option else ""
            )
            yield f"| `{prefix}{name}` | {kind} | {default} | {cell(text)}{choices} |"
            yield from self.role_options(role, option.get("options") or {}, f"{prefix}{name}.")


def make() -> Pages:
    pages = Pages()
    pages.commands()
    pages.site_file()
    pages.platform()
    pages.realm()
    pages.layers()
    pages.services()
    pages.roles()
    return pages


def write(pages: Pages) -> None:
    TARGET.mkdir(exist_ok=True)
    for name, text in pages.pages.items():
        path = TARGET / name
        # Rewriting the same text would send `mkdocs serve` round in a circle.
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def on_pre_build(config: object) -> None:
    """What mkdocs calls."""
    write(make())


def main() -> int:
    pages = make()
    if "--check" not in sys.argv[1:]:
        write(pages)
        return 0
    for name in pages.undescribed:
        sys.stdout.write(f"no description: {name}\n")
    sys.stdout.write(f"{len(pages.undescribed)} without a description\n")
    return 1 if pages.undescribed else 0


if __name__ == "__main__":
    sys.exit(main())
