"""What the package imports is what it names: another package's dependency may be gone with its next version."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import groundplane

SOURCES = Path(groundplane.__file__).parent
PROJECT = Path(__file__).parents[2] / "pyproject.toml"
"""The file, and not what is installed: an editable package keeps its old dependencies until it is installed anew."""


def named() -> set[str]:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    return {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}


def modules_of(text: str) -> set[str]:
    """The top-level modules of all imports in a source, inside functions and for types alone too."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            found.add(node.module)
    return {name.split(".")[0] for name in found}


@cache
def imported() -> dict[str, list[str]]:
    """Modules of others, with the files that import each."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(SOURCES.rglob("*.py")):
        for module in modules_of(file.read_text(encoding="utf-8")) - sys.stdlib_module_names - {SOURCES.name}:
            found[module].append(str(file.relative_to(SOURCES)))
    return found


installed = cache(packages_distributions)


@cache
def distributions(module: str) -> set[str]:
    """Those that a module may come from; several share a namespace."""
    return {canonicalize_name(name) for name in installed().get(module, ())}


def test_every_import_is_of_a_dependency_that_pyproject_names() -> None:
    missing = {
        module: (distributions(module) or "not installed", files[0])
        for module, files in imported().items()
        if not distributions(module) & named()
    }
    assert missing == {}, "name them in pyproject.toml's dependencies, and run scripts/lock"


def test_every_dependency_that_pyproject_names_is_imported() -> None:
    used = {name for module in imported() for name in distributions(module)}
    assert named() - used == set(), "nothing imports them: take them out of pyproject.toml, and run scripts/lock"


def test_an_import_is_found_wherever_it_stands() -> None:
    source = """
import os.path, requests as asking
from . import own
if TYPE_CHECKING:
    from keystoneauth1.session import Session
def late():
    from groundplane.errors import InputError
    import urllib3.util
"""
    assert modules_of(source) == {"os", "requests", "keystoneauth1", "groundplane", "urllib3"}
