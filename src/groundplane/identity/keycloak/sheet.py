"""What is wanted of one of Keycloak's objects, name by name, and where each name stands in its representation.

Keycloak leaves out what is empty, and gives lists in no order: both are taken as equal.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Representation = dict[str, Any]
"""An object as the Admin REST API has it."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """One value of an object.

    Attributes:
        label: for people.
        path: keys of the representation, from the outermost.
        show: makes of a value what people read; two values that are shown alike are equal.
    """

    label: str
    path: tuple[str, ...]
    value: Any
    show: Callable[[Any], Any] = _same


class Sheet:
    """The fields of one object."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = tuple(fields)

    @property
    def wanted(self) -> dict[str, Any]:
        """Label to value, as it is declared."""
        return {field.label: field.show(_in_order(field.value)) for field in self.fields}

    def have(self, there: Mapping[str, Any]) -> dict[str, Any]:
        """Label to value, as it is."""
        return {field.label: field.show(_in_order(_like(field.value, there, field.path))) for field in self.fields}

    def onto(self, there: Mapping[str, Any] | None = None) -> Representation:
        """A representation with all that is wanted, and what else is there as it is."""
        made: Representation = deepcopy(dict(there or {}))
        for field in self.fields:
            at = made
            for key in field.path[:-1]:
                inner = at.get(key)
                if not isinstance(inner, dict):
                    inner = at[key] = {}
                at = inner
            at[field.path[-1]] = deepcopy(field.value)
        return made


def attribute(label: str, name: str, value: str, *, show: Callable[[Any], Any] = _same) -> Field:
    """An attribute of a realm, a client, or a client scope."""
    return Field(label, ("attributes", name), value, show)


def attributes(values: Mapping[str, str]) -> list[Field]:
    return [attribute(f"attribute {name}", name, value) for name, value in values.items()]


def settings(values: Mapping[str, Any]) -> list[Field]:
    """Entries of a representation's `config`, under their own names."""
    return [Field(name, ("config", name), value) for name, value in values.items()]


def chosen(things: Sequence[Mapping[str, Any]], key: str, value: str) -> Mapping[str, Any] | None:
    """The one of a list whose `key` has the value."""
    return next((one for one in things if one.get(key) == value), None)


def _like(wanted: Any, there: Mapping[str, Any], path: Sequence[str]) -> Any:
    found: Any = there
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    # What Keycloak leaves out is false, nothing, or an empty list.
    return found if wanted or found else wanted


def _in_order(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value
