"""Which files of a role count for a step: what they say is what the step does on a host.

A role whose entry point is main counts whole. Of a role that serves several steps, each by an entry point of its own, a
step counts what its entry reaches: its tasks, those that they bring in, and the modules that these call, with what
these import. Its variables count by name where they are used (plan.fingerprint), not by their file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from groundplane.layers.roles import entry_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from groundplane.layers.model import StepRole

MAIN = "main"
VARIABLE_FOLDERS = frozenset({"defaults", "vars"})
_SKIPPED_FOLDERS = frozenset({"molecule", "tests", "docs", "__pycache__"})
_READ_FOLDERS = frozenset({"tasks", "handlers", "templates", "vars"})
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TASK_FILE = re.compile(r"([A-Za-z0-9_-]+)\.ya?ml\b")
_IMPORT = re.compile(r"^\s*(?:from|import)\b.*$", re.MULTILINE)


def role_files(role: StepRole) -> list[Path]:
    """The files of a role that decide what a step does on a host, sorted.

    Not: its tests, its documentation, the argument_specs (they check and change nothing), tasks/verify.yml.
    """
    path = role.path
    files = [
        file
        for file in path.rglob("*")
        if file.is_file()
        and not _SKIPPED_FOLDERS.intersection(file.relative_to(path).parts[:-1])
        and not file.name.startswith((".", "README", "argument_specs."))
        and file.relative_to(path).as_posix() != "tasks/verify.yml"
        and file.suffix != ".pyc"
    ]
    return sorted(files if role.entry == MAIN else _reached(role, files))


def read_files(role: StepRole) -> list[Path]:
    """Those of `role_files` in which variables are read. Defaults aren't among them: a default counts where it wins."""
    return [file for file in role_files(role) if file.relative_to(role.path).parts[0] in _READ_FOLDERS]


def _reached(role: StepRole, files: Iterable[Path]) -> set[Path]:
    by_folder: dict[str, dict[str, Path]] = {}
    found: set[Path] = set()
    others = entry_points(role.path) - {role.entry}
    for file in files:
        folder, name = file.relative_to(role.path).parts[:2]
        if folder in {"tasks", "library", "module_utils"}:
            by_folder.setdefault(folder, {})[file.stem] = file
        elif folder not in VARIABLE_FOLDERS and not (folder == "templates" and name.partition(".")[0] in others):
            found.add(file)
    tasks = _follow({role.entry}, by_folder.get("tasks", {}), _TASK_FILE.findall)
    words = {word for file in tasks for word in _WORD.findall(file.read_text(encoding="utf-8"))}
    modules = {file for name, file in by_folder.get("library", {}).items() if name in words}
    imported = {name for file in modules for name in _imported(file.read_text(encoding="utf-8"))}
    return found | tasks | modules | _follow(imported, by_folder.get("module_utils", {}), _imported)


def _follow(names: set[str], files: dict[str, Path], find: Callable[[str], list[str]]) -> set[Path]:
    """The files of these names, and of those that they name, and so on."""
    found: dict[str, Path] = {}
    queue = [name for name in names if name in files]
    while queue:
        name = queue.pop()
        if name not in found:
            found[name] = files[name]
            queue += [further for further in find(files[name].read_text(encoding="utf-8")) if further in files]
    return set(found.values())


def _imported(text: str) -> list[str]:
    return [word for line in _IMPORT.findall(text) for word in _WORD.findall(line)]
