"""What pydantic says, in sentences for people: the line, what is wrong, the nearest known key, the cure."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from groundplane.errors import Problem
from groundplane.site.source import nearest, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic.fields import FieldInfo

    from groundplane.site.source import Source

Model = TypeVar("Model", bound=BaseModel)

_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "list": "a list (lines that begin with '- ')",
    "tuple": "a list (lines that begin with '- ')",
    "dict": "a mapping (NAME: VALUE on lines of their own)",
    "model": "a mapping (NAME: VALUE on lines of their own)",
}
_LIMITS = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most")}
_MOST_SHOWN = 60
_MOST_MENDED = 3
"""What stands below a key that was misspelt is looked at once the key is right."""


def read_model(model: type[Model], source: Source, problems: list[Problem]) -> Model | None:
    """The file as a model; None where anything is wrong, which is told.

    Types are strict: 1500 is a number and "1500" is text. Lists count as tuples and text as enumerations, as in JSON.
    """
    if not isinstance(source.data, dict):
        problems.append(Problem("is no mapping", "Write NAME: VALUE on lines of their own.", source.place()))
        return None
    try:
        return model.model_validate_json(json.dumps(source.data, default=str), strict=True)
    except ValidationError as error:
        problems += model_problems(error, source, model)
        return None


def read_mended(model: type[Model], source: Source) -> Model | None:
    """A file whose mistakes were told, read as if its small ones had been put right, so that others are told too.

    Small are unknown keys (each stands for the missing one that it resembles, or for nothing) and single values that
    can't be (numbers and text for each other; else the default counts). None where more is wrong.
    """
    if not isinstance(source.data, dict):
        return None
    data = json.loads(json.dumps(source.data, default=str))
    for _ in range(_MOST_MENDED):
        try:
            return model.model_validate_json(json.dumps(data), strict=True)
        except ValidationError as error:
            found = error.errors(include_url=False)
            # A key that takes the place of a missing one has to be there before that is looked at.
            for item in sorted(found, key=lambda one: one["type"] != "extra_forbidden"):
                if not _mend(model, data, dict(item)):
                    return None
    return None


def _mend(model: type[BaseModel], data: Any, item: Mapping[str, Any]) -> bool:
    path = tuple(part for part in item["loc"] if part != "[key]")
    owner = data
    for part in path[:-1]:
        owner = owner.get(part) if isinstance(owner, dict) else None
    if not path or not isinstance(owner, dict):
        return False
    key, fields, unknown = path[-1], _fields_of(model, path[:-1]), item["type"] == "extra_forbidden"
    if item["type"] == "missing":
        return key in owner
    if isinstance(owner.get(key), dict | list) and not unknown:
        return False
    value = owner.pop(key, None)
    if unknown:
        near = nearest(key, fields)
        if near is not None:
            owner.setdefault(near, value)
    elif item["type"] == "string_type" and isinstance(value, int | float):
        owner[key] = str(value)
    elif item["type"] == "int_type" and isinstance(value, str) and value.isdigit():
        owner[key] = int(value)
    else:
        return key in fields and not fields[key].is_required()
    return True


def model_problems(error: ValidationError, source: Source, model: type[BaseModel]) -> list[Problem]:
    """Each complaint as a problem with its place."""
    return [_problem(dict(item), source, model) for item in error.errors(include_url=False)]


def _problem(item: dict[str, Any], source: Source, model: type[BaseModel]) -> Problem:
    path = tuple(part for part in item["loc"] if part != "[key]")
    what, cure = _sentence(item, path, model)
    return Problem(what, cure or description_at(model, path) or "See groundplane schema.", source.place(*path))


def _sentence(item: dict[str, Any], path: tuple[str | int, ...], model: type[BaseModel]) -> tuple[str, str]:
    """What is wrong, and the cure; an empty cure stands for the field's description."""
    kind, context, given = item["type"], item.get("ctx") or {}, item.get("input")
    name, shown = dotted(path), _shown(given)
    wanted = _WANTED.get(kind.rsplit("_", 1)[0]) if kind.endswith(("_type", "_parsing")) else None
    what, cure = f"'{name}': {item['msg']}", ""
    if kind == "extra_forbidden":
        where = f" in {dotted(path[:-1])}" if path[:-1] else ""
        what, cure = f"the key '{path[-1]}' is unknown{where}", suggest(path[-1], fields_at(model, path[:-1]))
    elif kind == "missing":
        what, cure = f"'{name}' is missing", f"Add '{path[-1]}:'. {description_at(model, path)}".rstrip()
    elif kind == "string_pattern_mismatch":
        what = f"'{given}' can't be a name ({name})"
        cure = "Begin with a small letter, then small letters, digits, _ and -, at most 63."
    elif kind == "enum":
        what = f"'{name}' is {shown}, which it can't be"
        cure = suggest(given, [str(choice.value) for choice in _enum_at(model, path)])
    elif wanted is not None:
        what, cure = f"'{name}' is {shown}; it has to be {wanted}", _type_cure(kind, path, given)
        keys = fields_at(model, path)
        cure = cure or (f"It has the keys {', '.join(keys)}." if keys else "")
    elif kind in _LIMITS:
        key, words = _LIMITS[kind]
        what = f"'{name}' is {shown}; it has to be {words} {context.get(key)}"
    return what, cure


def _type_cure(kind: str, path: Sequence[str | int], given: Any) -> str:
    key = path[-1] if path else ""
    if kind == "string_type" and isinstance(given, (int, float)) and not isinstance(given, bool):
        prefix = f"{key}: " if isinstance(key, str) else "- "
        return f'Put it in quotes: {prefix}"{given}".'
    if kind == "int_type" and isinstance(given, str) and given.lstrip("-").isdigit():
        return f"Write it without quotes: {key}: {given}."
    if kind == "bool_type" and isinstance(given, str):
        return f"Write {key}: true or {key}: false, without quotes."
    return ""


def dotted(path: Sequence[str | int]) -> str:
    """networks.management.dns[0]"""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    text = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
    return f"the number {text}" if isinstance(value, (int, float)) else f"the text '{text}'"


def fields_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys that the model allows below `path`."""
    return list(_fields_of(model, path))


def _fields_of(model: type[BaseModel], path: Sequence[str | int]) -> dict[str, FieldInfo]:
    found = _annotation_at(model, path)
    return _fields(found) if isinstance(found, type) and issubclass(found, BaseModel) else {}


def description_at(model: type[BaseModel], path: Sequence[str | int]) -> str:
    """The description of the field at `path`."""
    owner = _annotation_at(model, path[:-1]) if path else None
    if isinstance(owner, type) and issubclass(owner, BaseModel):
        field = _fields(owner).get(str(path[-1]))
        return (field.description or "") if field is not None else ""
    return ""


def _enum_at(model: type[BaseModel], path: Sequence[str | int]) -> list[Enum]:
    found = _annotation_at(model, path)
    return list(found) if isinstance(found, type) and issubclass(found, Enum) else []


def _annotation_at(model: type[BaseModel], path: Sequence[str | int]) -> Any:
    current: Any = model
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = _fields(current).get(str(part))
            if field is None:
                return None
            current = _plain(field.annotation)
        else:
            # dict[Name, X] and tuple[X, ...]: the member's type is the last one that isn't the ellipsis.
            arguments = [found for found in getattr(current, "__args__", ()) if found is not Ellipsis]
            current = _plain(arguments[-1]) if arguments else None
    return current


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """By the names that people write."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _plain(annotation: Any) -> Any:
    """X of X | None."""
    arguments = getattr(annotation, "__args__", ())
    if type(None) in arguments:
        rest = [found for found in arguments if found is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation
