"""Works out Kolla's conditions (`enable_heat | bool and …`) from a site's variables.

They are Jinja, and so may be the values that a site gives them. Only what kolla-ansible's own conditions use is known
here: plain Jinja, and Ansible's filter `bool`. Ansible itself isn't needed, so planning images needs no runtime.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.nativetypes import NativeEnvironment
from jinja2.sandbox import ImmutableSandboxedEnvironment

from groundplane.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Template

    from groundplane.site.values import Value

TRUE = frozenset({"yes", "on", "1", "true"})
SINGLE = re.compile(r"\{\{((?:(?!\}\}).)*)\}\}", re.DOTALL)
"""A value that is one expression and nothing else keeps its type, as in Ansible."""

MISSING = object()


class Environment(ImmutableSandboxedEnvironment, NativeEnvironment):
    """Expressions of the site can't reach anything but values."""


def to_bool(value: object) -> bool:
    """Ansible's filter `bool`: yes, on, 1, true (in any case) are true, all else is false."""
    return value.lower() in TRUE if isinstance(value, str) else value in (True, 1)


@cache
def environment() -> Environment:
    made = Environment(undefined=StrictUndefined, autoescape=False)
    made.filters["bool"] = to_bool
    return made


@cache
def compiled(expression: str) -> tuple[frozenset[str], Callable[..., Any]]:
    """The variables that an expression names, and the function that works it out."""
    tree = environment().parse("{{ " + expression + " }}")
    names = frozenset(name.name for name in tree.find_all(nodes.Name) if name.ctx == "load")
    return names, environment().compile_expression(expression, undefined_to_none=False)


@cache
def parsed(text: str) -> tuple[frozenset[str], Template]:
    """The variables that a template names and doesn't set itself, and the template."""
    names = list(environment().parse(text).find_all(nodes.Name))
    own = {name.name for name in names if name.ctx != "load"}
    return frozenset(name.name for name in names) - own, environment().from_string(text)


class Conditions:
    """Evaluates expressions over variables that `find` looks up by name; it gives None where nothing sets one.

    `facts` are what a play knows of its host besides: `groups`, `inventory_hostname`. A variable's own templates are
    worked out when it's first asked for, and once.
    """

    def __init__(self, find: Callable[[str], Value | None], facts: Mapping[str, Any]) -> None:
        self._find = find
        self._values: dict[str, Any] = dict(facts)

    def is_true(self, expression: str) -> bool:
        """Whether a condition holds.

        Raises:
            InputError: it names a variable that nothing sets, or a value can't be worked out.
        """
        return to_bool(self._evaluate(expression, ()))

    def text(self, template: str) -> str:
        """A value with its templates worked out.

        Raises:
            InputError: as `is_true`.
        """
        return str(self._resolve(template, ()))

    def value(self, value: Any) -> Any:
        """Plain data with all templates in it worked out; an expression that stands alone keeps its type.

        Raises:
            InputError: as `is_true`.
        """
        return self._resolve(value, ())

    def _evaluate(self, expression: str, behind: tuple[str, ...]) -> Any:
        try:
            names, evaluate = compiled(expression)
        except TemplateError as error:
            raise self._cannot(expression, str(error), behind) from error
        values = {name: self._value(name, behind) for name in names}
        try:
            found = evaluate(**{name: value for name, value in values.items() if value is not MISSING})
            # A missing variable fails only when it's looked at.
            return bool(found) if isinstance(found, StrictUndefined) else found
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise self._cannot(expression, str(error), behind) from error

    def _value(self, name: str, behind: tuple[str, ...]) -> Any:
        if name not in self._values:
            if name in behind:
                raise self._cannot(name, f"it is made from itself: {' → '.join([*behind, name])}", behind)
            found = self._find(name)
            self._values[name] = MISSING if found is None else self._resolve(found.value, (*behind, name))
        return self._values[name]

    def _resolve(self, value: Any, behind: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {key: self._resolve(each, behind) for key, each in value.items()}
        if isinstance(value, list):
            return [self._resolve(each, behind) for each in value]
        if not isinstance(value, str) or not ("{{" in value or "{%" in value):
            return value
        if "{%" in value:
            return self._render(value, behind)
        single = SINGLE.fullmatch(value.strip())
        if single is not None:
            return self._evaluate(single[1].strip(), behind)
        return SINGLE.sub(lambda part: str(self._evaluate(part[1].strip(), behind)), value)

    def _render(self, text: str, behind: tuple[str, ...]) -> Any:
        """A template with statements; what it gives is read as a value where it is one, as Ansible does."""
        try:
            names, template = parsed(text)
        except TemplateError as error:
            raise self._cannot(text, str(error), behind) from error
        values = {name: self._value(name, behind) for name in names}
        try:
            return template.render({name: value for name, value in values.items() if value is not MISSING})
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise self._cannot(text, str(error), behind) from error

    def _cannot(self, expression: str, why: str, behind: tuple[str, ...]) -> InputError:
        found = self._find(behind[-1]) if behind else None
        if found is None:
            return InputError(f"This condition can't be worked out: {expression}", why=why, cure="Set what it names.")
        return InputError(
            f"The value of {behind[-1]} can't be worked out without Ansible: {expression}",
            why=why,
            cure="Give it a plain value, such as true or false.",
            place=found.place,
        )
