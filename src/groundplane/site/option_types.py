"""A variable against the type that a role's argument_specs give it, before any host is touched.

Only what Ansible itself would refuse or misread is told: it turns "10" into 10 and "yes" into true by itself.
Source: Ansible's documentation, "Argument spec", types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import Problem
from groundplane.site.source import VAULT_KEY, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.site.layer_facts import RoleOption
    from groundplane.site.values import Value

_BOOLEANS = frozenset({"y", "yes", "on", "1", "true", "t", "n", "no", "off", "0", "false", "f"})
_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
    "str": "text",
    "path": "a path",
}
_MOST_SHOWN = 60


def check_option(option: RoleOption, written: Value) -> Iterator[Problem]:
    """Tells a value that the role would refuse."""
    value = written.value
    if value is None or has_jinja(value) or (isinstance(value, dict) and VAULT_KEY in value):
        return
    if not _fits(option.kind, value):
        shown = repr(value) if len(repr(value)) <= _MOST_SHOWN else repr(value)[:_MOST_SHOWN] + "…"
        yield Problem(
            f"'{option.name}' is {shown}; the role '{option.role}' wants {_WANTED.get(option.kind, option.kind)}",
            option.description or "Correct the value.",
            written.place,
        )
        return
    for item in value if isinstance(value, list) else [value]:
        if option.choices and not isinstance(item, dict) and str(item) not in {str(c) for c in option.choices}:
            yield Problem(
                f"'{option.name}' is '{item}', which the role '{option.role}' doesn't know",
                suggest(item, [str(choice) for choice in option.choices]),
                written.place,
            )


def has_jinja(value: Any) -> bool:
    """Whether Ansible has to render the value first, so that its type isn't known yet."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _fits(kind: str, value: Any) -> bool:
    scalar = not isinstance(value, (list, dict))
    text = str(value).strip() if scalar else ""
    number = scalar and not isinstance(value, bool)
    fits = {
        "int": number and text.lstrip("+-").isdigit(),
        "float": number and _is_number(text),
        "bool": scalar and text.lower() in _BOOLEANS,
        # Ansible splits text at commas.
        "list": isinstance(value, list) or number,
        "dict": isinstance(value, dict) or "=" in text or text.startswith("{"),
        "str": scalar,
        "path": scalar,
    }
    return fits.get(kind, True)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
