"""What holds for every command, so that the next one can't fall out of line."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from groundplane.cli import common
from groundplane.cli.lazy_group import Group, LazyGroup
from groundplane.cli.main import groundplane

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 80
MARGINS = 6
"""click's: before a name, after it, and at the end of a line."""
SOURCES = Path(common.__file__).parent

WITHOUT_JSON = {
    "schema": "is JSON anyway",
    "identity export": "is JSON anyway",
    "images sbom": "is JSON anyway",
    "secrets edit": "a person's editor",
    "secrets rekey": "asks for passwords",
    "secrets unlock": "asks for a password",
    "secrets lock": "its exit code says it",
    "lab up": "for a person; 'lab status --json' says what there is",
    "lab down": "for a person",
    "lab ssh": "another program's output",
    "lab console": "another program's output",
    "lab start": "its exit code says it",
    "lab stop": "its exit code says it",
    "lab image": "prints a name",
}
"""Commands that have no --json, and why."""

OWN_JSON = {
    "common.py": "the two functions that print it",
    "show_error.py": "an error, which is an object",
    "schema.py": "a JSON Schema",
    "inventory.py": "an inventory in Ansible's form",
    "identity/export.py": "writes files",
    "explain.py": "a value within a table",
    "openstack/config.py": "a value within a table",
}
"""Sources that make JSON of their own, and what it is."""

SAME_WORDS = ("--json", "--yes", "--limit", "--extra-vars", "--no-probe", "--confirm", "--layer", "--release", "--site")
"""Options that are the same thing wherever they are, so that they say the same."""
OTHER_WORDS = {
    ("init", "--release"): "a new site has none yet",
    ("", "--json"): "goes without a command",
    ("openstack logs", "--limit"): "has --host as a second name",
}
OPERATION = "Don't ask; where data could be lost, --confirm is wanted too."

ONE_NAME = {
    "--yes": {"-y", "--yes"},
    "--output": {"-o", "--output"},
    "--extra-vars": {"-e", "--extra-vars"},
    "--follow": {"-f", "--follow"},
    "--verbose": {"-v", "--verbose"},
    "--site": {"-C", "--site"},
}
"""Options that come with a letter, always with it."""
NOT_ANY_MORE = {
    "--out": "--output",
    "--file": "--output",
    "--dry-run": "--check",
    "--hosts-limit": "--limit",
    "--format-json": "--json",
    "--no-confirm": "--yes",
}


def commands(command: click.Command = groundplane, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command and group by its words."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            under = command.get_command(context, name)
            assert under is not None
            yield from commands(under, (*path, name))


ALL = dict(commands())
LEAVES = {path: command for path, command in ALL.items() if not isinstance(command, click.Group)}
every = pytest.mark.parametrize("path", ALL, ids=lambda path: path or "groundplane")


def options(command: click.Command) -> dict[str, click.Option]:
    """By the long name."""
    found = {}
    for given in command.params:
        if isinstance(given, click.Option):
            found[next((name for name in given.opts if name.startswith("--")), given.opts[0])] = given
    return found


def help_of(path: str) -> str:
    result = CliRunner().invoke(groundplane, [*path.split(), "--help"], prog_name="groundplane", terminal_width=WIDTH)
    assert result.exit_code == 0, result.output
    return result.output


@every
def test_help_fits_into_a_terminal_and_nothing_of_it_is_cut(path: str) -> None:
    lines = help_of(path).splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []
    assert [line for line in lines if line.rstrip().endswith("...") and not line.startswith("Usage:")] == []


@every
def test_help_begins_with_a_sentence_in_the_imperative(path: str) -> None:
    command = ALL[path]
    assert command.help is not None
    first = " ".join(command.help.split("\n\n")[0].split())
    assert first[0].isupper()
    assert first.endswith((".", ":")), first
    word = first.split()[0].rstrip(",:")
    assert word not in {"A", "An", "The", "New", "This", "It", "Before", "Hosts", "Without"}, first
    assert not word.endswith("s"), f"'{word}' is no imperative"


@pytest.mark.parametrize("path", [path for path, one in ALL.items() if isinstance(one, LazyGroup)])
def test_a_groups_table_says_in_a_line_what_each_command_does(path: str) -> None:
    group = ALL[path]
    assert isinstance(group, LazyGroup)
    widest = max(map(len, group.table))
    for name, (_, text) in group.table.items():
        assert text[0].isupper(), name
        assert text.endswith("."), name
        assert len(text) <= WIDTH - widest - MARGINS, f"{name}: {len(text)} is too long for a line"


@pytest.mark.parametrize("path", [path for path, one in ALL.items() if isinstance(one, click.Group)])
def test_a_mistyped_command_brings_the_nearest_one(path: str) -> None:
    assert isinstance(ALL[path], Group)
    name = next(iter(ALL[path].list_commands(click.Context(ALL[path]))))  # type: ignore[attr-defined]
    with pytest.raises(click.UsageError, match=f"Did you mean '{name}'"):
        groundplane.main([*path.split(), f"{name}x"], prog_name="groundplane", standalone_mode=False)


@pytest.mark.parametrize("path", LEAVES)
def test_a_program_can_ask_for_json(path: str) -> None:
    assert ("--json" in options(LEAVES[path])) is (path not in WITHOUT_JSON)


def test_json_is_printed_by_one_of_two_functions() -> None:
    """They take objects alone, never a list at the top: the types hold that, so nothing may go past them."""
    wrong = []
    for file in SOURCES.rglob("*.py"):
        name = str(file.relative_to(SOURCES))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if name not in OWN_JSON and isinstance(node, ast.Attribute) and ast.unparse(node) == "json.dumps":
                wrong.append(f"{name}:{node.lineno}: use print_json or print_json_line")
    assert wrong == []
    assert {name for name in OWN_JSON if not (SOURCES / name).is_file()} == set()


def test_nothing_is_excused_that_is_not_there() -> None:
    assert set(WITHOUT_JSON) <= set(ALL)
    assert {path for path, _ in OTHER_WORDS} <= set(ALL)


@pytest.mark.parametrize("name", SAME_WORDS)
def test_the_same_option_has_the_same_words(name: str) -> None:
    said: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for path, command in ALL.items():
        given = options(command).get(name)
        if given is not None and (path, name) not in OTHER_WORDS and given.help != OPERATION:
            said[given.help, tuple(sorted(given.opts)), given.metavar].append(path)
    assert len(said) == 1, dict(said)


@every
def test_options_are_called_as_elsewhere(path: str) -> None:
    for name, given in options(ALL[path]).items():
        assert name not in NOT_ANY_MORE, f"{name} is called {NOT_ANY_MORE[name]} here"
        assert set(given.opts) == ONE_NAME.get(name, set(given.opts)), given.opts
        assert given.help, f"{name} says nothing"
        assert given.help[0].isupper() or given.help.startswith(("lab:", "tree ")), f"{name}: {given.help}"
        assert given.help.endswith((".", "]")), f"{name}: {given.help}"
        if given.multiple:
            assert "May be given several times." in given.help, f"{name}: {given.help}"


@every
def test_what_can_be_completed_is(path: str) -> None:
    """A host, a layer, a run … is found with the tabulator key."""
    known = {"host", "hosts", "run", "realm", "limit", "layers"}
    for given in ALL[path].params:
        offers = given._custom_shell_complete is not None or isinstance(given.type, click.Path | click.Choice)
        words = given.make_metavar(click.Context(ALL[path]))
        wanted = given.name in known or any(word in words for word in ("LAYER|", "SERVICE", "IMAGE]"))
        assert offers or not wanted or path.startswith("lab"), f"{given.name} of {path}"


def test_tables_and_colours_are_those_of_all() -> None:
    """rich's own table, or a colour by its name, would be a table or a meaning of its own."""
    own = {"tables.py"}
    wrong = []
    for file in SOURCES.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module == "rich.table" and file.name not in own:
                wrong.append(f"{file.name}:{node.lineno} makes a table of its own")
            if isinstance(node, ast.Attribute) and node.attr in {"secho", "style"} and _is_click(node.value):
                wrong.append(f"{file.name}:{node.lineno} colours by click, which knows no NO_COLOR")
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for colour in ("green", "red", "bold red", "yellow", "cyan", "magenta", "blue"):
                    if f"[{colour}]" in node.value:
                        wrong.append(f"{file.name}:{node.lineno} has the colour {colour} by its name")
    assert wrong == []


def _is_click(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "click"
