"""Roles of a step: where they lie, and which variables they say they take."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from groundplane.errors import Place, Problem
from groundplane.site.source import read_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundplane.layers.model import StepRole


def find_role(name: str, folders: Sequence[Path]) -> Path | None:
    """The role's folder, in the first of `folders` that has it."""
    return next((folder / name for folder in folders if (folder / name).is_dir()), None)


def role_options(role: StepRole, problems: list[Problem]) -> tuple[str, ...]:
    """The options of the role's entry point, from its argument_specs; appends what is wrong with them."""
    options, wrong = _role_options(role.path, role.entry)
    problems.extend(wrong)
    return options


@cache
def _role_options(role: Path, entry: str) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    problems: list[Problem] = []
    file = _specs_file(role)
    if file is None:
        what = f"The role '{role.name}' has no argument_specs: nobody can tell which variables it reads"
        return (), (Problem(what, "Write its options in meta/argument_specs.yml.", Place(role)),)
    source = read_source(file, problems)
    data = source.data if source is not None else None
    specs = data.get("argument_specs") if isinstance(data, dict) else None
    main = specs.get(entry) if isinstance(specs, dict) else None
    options = main.get("options") if isinstance(main, dict) else None
    if options is None and isinstance(main, dict):
        return (), tuple(problems)
    if not isinstance(options, dict):
        problems.append(
            Problem(
                f"The role '{role.name}' has no options of an entry point '{entry}'",
                f"Write argument_specs, {entry}, options; an empty mapping where there are none.",
                Place(file, 1),
            )
        )
        return (), tuple(problems)
    return tuple(str(name) for name in options), tuple(problems)


@cache
def entry_points(role: Path) -> frozenset[str]:
    """The role's entry points by its argument_specs; none where they can't be read, which is told elsewhere."""
    file = _specs_file(role)
    source = read_source(file, []) if file is not None else None
    data = source.data if source is not None else None
    specs = data.get("argument_specs") if isinstance(data, dict) else None
    return frozenset(map(str, specs)) if isinstance(specs, dict) else frozenset()


def _specs_file(role: Path) -> Path | None:
    files = (role / "meta" / name for name in ("argument_specs.yml", "argument_specs.yaml"))
    return next((file for file in files if file.is_file()), None)
