"""The JSON Schema of the files that a person writes, for editors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.site.layer_facts import read_facts
from groundplane.site.model import SiteFile
from groundplane.site.realm_files import FOLDER, LAYER
from groundplane.site.source import read_source, suggest

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from groundplane.content import Content

REALM_FILE = f"{FOLDER}/NAME.yml"
FILES = {"layers.yml": "groundplane.layers.format:LayersFile", REALM_FILE: "groundplane.identity.options:RealmFile"}
"""Files of a site whose models belong to packages that build upon this one; imported when they are asked for."""
OPTIONS = {LAYER: "groundplane.identity.policy_options:RealmDefaults"}
"""Likewise: options of a layer that have a model besides what roles say of them."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEMPLATE = {"type": "string", "pattern": r"\{[{%]"}
"""Wherever something else than text is wanted, an expression for Ansible may stand."""
_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}


def site_schema() -> dict[str, Any]:
    """site.yml."""
    return {"$schema": DIALECT, "title": "site.yml of Groundplane", **_without_title(SiteFile.model_json_schema())}


def layers_schema() -> dict[str, Any]:
    """layers.yml, the toolkit's and a site's own."""
    return _of_model("layers.yml")


def realm_schema() -> dict[str, Any]:
    """environments/identity/realms/NAME.yml."""
    return _of_model(REALM_FILE)


def _of_model(file: str) -> dict[str, Any]:
    return {"$schema": DIALECT, "title": f"{file} of Groundplane", **_without_title(_model(FILES[file]))}


def _model(name: str) -> dict[str, Any]:
    """The schema of the pydantic model MODULE:CLASS."""
    module, _, found = name.partition(":")
    model: type[BaseModel] = getattr(import_module(module), found)
    return model.model_json_schema()


def configuration_schema(layer: str, content: Content) -> dict[str, Any]:
    """environments/LAYER/configuration.yml of one of the toolkit's layers: the options of its roles, described.

    Raises:
        InputError: there is no such layer.
    """
    facts = read_facts(content, content.root, [])
    if layer not in facts.layers:
        raise InputError(
            f"There is no schema of '{layer}'",
            why=f"the toolkit's layers are {', '.join(facts.layers)}",
            cure=suggest(layer, ("site", "layers", "realm", *facts.layers)),
        )
    properties: dict[str, Any] = {}
    for role in sorted(facts.layers[layer].roles & facts.roles.keys()):
        for options in _entry_points(facts.roles[role].path):
            for name, option in options.items():
                properties.setdefault(name, _schema(option))
    models = _model(OPTIONS[layer]) if layer in OPTIONS else {"properties": {}}
    properties |= {name: {"anyOf": [option, TEMPLATE]} for name, option in models["properties"].items()}
    source = read_source(content.environments / layer / "defaults.yml", [])
    for name in (source.data or {}) if source is not None else {}:
        properties.setdefault(name, {})
    return {
        "$schema": DIALECT,
        "title": f"environments/{layer}/configuration.yml of Groundplane",
        "type": "object",
        "additionalProperties": False,
        "properties": dict(sorted(properties.items())),
        **({"$defs": models["$defs"]} if "$defs" in models else {}),
    }


def _entry_points(role: Path) -> list[dict[str, Any]]:
    source = read_source(role / "meta" / "argument_specs.yml", [])
    specs = source.data.get("argument_specs", {}) if source is not None and isinstance(source.data, dict) else {}
    return [spec.get("options") or {} for spec in specs.values()]


def _schema(option: dict[str, Any], *, kind: str | None = None) -> dict[str, Any]:
    """An option of argument_specs; `kind` is given for the members of a list."""
    kind = kind or str(option.get("type", "str"))
    found: dict[str, Any] = {}
    if kind == "list":
        found = {"items": _schema({**option, "description": ""}, kind=str(option.get("elements", "raw")))}
    elif kind == "dict" and option.get("options"):
        members: dict[str, Any] = option["options"]
        found = {
            "properties": {name: _schema(member) for name, member in members.items()},
            "additionalProperties": False,
        }
        required = [name for name, member in members.items() if member.get("required")]
        if required:
            found["required"] = required
    elif option.get("choices"):
        found = {"enum": list(option["choices"])}
    if kind in _TYPES:
        found = {"anyOf": [{"type": _TYPES[kind], **found}, TEMPLATE]}
    elif kind in ("str", "path") and "enum" not in found:
        found = {"type": ["string", "number"]}
    text = option.get("description", "")
    if text:
        found["description"] = " ".join(map(str, text)) if isinstance(text, list) else str(text)
    return found


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    """pydantic's title is the class's name, which says nothing to a person."""
    return {key: value for key, value in schema.items() if key != "title"}
