"""A layer's options: worked out from a site's variables, read as models, and told with their lines where wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from groundplane.errors import InputError, Problem
from groundplane.site.model_problems import model_problems
from groundplane.site.option_places import OptionPlaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from groundplane.errors import Place
    from groundplane.site.site import Site
    from groundplane.site.values import Value

Model = TypeVar("Model", bound=BaseModel)


class OptionReader:
    """What the readers of layers share. `host` is None for what holds on all hosts.

    Attributes:
        problems: what is wrong; each thing once.
        unknown: what only Ansible can work out; the same list unless another one is given.
        places: where parts of values are written.
    """

    def __init__(self, site: Site, problems: list[Problem], *, unknown: list[Problem] | None = None) -> None:
        self.site = site
        self.problems = problems
        self.unknown = problems if unknown is None else unknown
        self.places = OptionPlaces()

    def find(self, name: str, host: str | None = None) -> Value | None:
        """What wins. A layer that has defaults of its own gives them here."""
        return self.site.variables.value(name, host)

    def resolve(self, value: Any, host: str | None = None) -> Any:
        """Plain data with its templates worked out, in the layer's own way.

        Raises:
            InputError: that takes Ansible.
        """
        raise NotImplementedError

    def of(self, name: str, host: str | None = None) -> Any:
        """An option's value with its templates worked out; None where that takes Ansible, or it has none."""
        found = self.find(name, host)
        if found is None:
            return None
        try:
            return self.resolve(found.value, host)
        except InputError as error:
            what = f"the value of '{name}' can't be worked out without Ansible: {error.why or error.what}"
            _tell(self.unknown, [Problem(what, error.cure, error.place or found.place)])
            return None

    def text(self, name: str, host: str | None = None) -> str:
        found = self.of(name, host)
        return "" if found is None else str(found)

    def entries(self, name: str, host: str | None = None) -> list[Any]:
        """A list's entries; none where it is no list, which the check of all roles' options tells."""
        found = self.of(name, host)
        return found if isinstance(found, list) else []

    def texts(self, name: str, host: str | None = None) -> tuple[str, ...]:
        return tuple(str(entry) for entry in self.entries(name, host))

    def models(
        self, model: type[Model], name: str, host: str | None = None, *, defaults: Mapping[str, Any] | None = None
    ) -> tuple[Model, ...]:
        """A list's entries as models, each over the defaults; those that can't be are told and left out."""
        found = []
        for index, entry in enumerate(self.entries(name, host)):
            data = merged(defaults or {}, entry)
            try:
                found.append(model.model_validate_json(json.dumps(data, default=str)))
            except ValidationError as error:
                self.tell(error, model, name, (index,), data, host=host)
        return tuple(found)

    def tell(
        self,
        error: ValidationError,
        model: type[BaseModel],
        name: str,
        path: tuple[str | int, ...],
        data: Any,
        *,
        host: str | None = None,
    ) -> None:
        """Puts what a model complained of among the problems, each with its line.

        Args:
            path: keys and indexes from the option to the data that the model got; none for all of it.
        """
        value = self.find(name, host)
        if value is not None:
            _tell(self.problems, model_problems(error, self.places.below(value, name, path, data), model))

    def place(self, name: str, *path: str | int, host: str | None = None) -> Place | None:
        """Where a part of an option is written; None where nothing sets it."""
        value = self.find(name, host)
        return self.places.place(value, name, *path) if value is not None else None


def merged(defaults: Mapping[str, Any], entry: Any) -> Any:
    """The entry over the defaults; mappings within too."""
    if not isinstance(entry, dict):
        return entry
    below = {
        key: merged(value, entry.get(key, {})) if isinstance(value, dict) else entry.get(key, value)
        for key, value in defaults.items()
    }
    return {**entry, **below}


def _tell(told: list[Problem], problems: Iterable[Problem]) -> None:
    """What holds for several hosts is told once."""
    told += [problem for problem in dict.fromkeys(problems) if problem not in told]
