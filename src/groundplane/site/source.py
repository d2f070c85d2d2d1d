"""YAML files with the line of every key, so that a problem can name its place.

A parsed file is plain data. Duplicate keys, which YAML would swallow, are problems. Ansible's `!vault` and
`!unsafe` become {"__ansible_vault": TEXT} and {"__ansible_unsafe": TEXT}, the form in which Ansible itself
prints and reads them as JSON. Dates stay text as written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml

from groundplane.errors import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KeyPath = tuple[str | int, ...]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml composes a thousand hosts in well under a second; the pure parser is the fallback."""

MOST_NODES = 1_000_000
"""Aliases that unfold to more nodes than this are an attack or an accident."""

_TAG = "tag:yaml.org,2002:"
_STRING = _TAG + "str"
_TEXT_TAGS = frozenset({_STRING, _TAG + "timestamp", _TAG + "value"})
_WRAPPED = {"!vault": "__ansible_vault", "!vault-encrypted": "__ansible_vault", "!unsafe": "__ansible_unsafe"}
VAULT_KEY = "__ansible_vault"
VAULT_HEADER = "$ANSIBLE_VAULT;"


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file: its data, and where each key stands."""

    path: Path
    data: Any
    lines: dict[KeyPath, tuple[int, int]] = field(default_factory=dict, repr=False)
    """Path of keys and indexes to line and column, both from 1."""

    def place(self, *path: str | int) -> Place:
        """Where this key or list item stands; the nearest one above it where it isn't written."""
        for length in range(len(path), -1, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return Place(self.path, *found)
        return Place(self.path, 1)


def read_source(path: Path, problems: list[Problem]) -> Source | None:
    """Reads and parses a file; appends what is wrong with it.

    Returns None where no data could be had. An empty file has the data None.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.append(
            Problem(
                f"can't be read: {error.strerror}",
                "Make the file, or correct its permissions.",
                Place(path),
            )
        )
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(Problem("isn't UTF-8 text", "Save the file as UTF-8.", Place(path, line)))
        return None
    return parse_source(path, text, problems)


def parse_source(path: Path, text: str, problems: list[Problem]) -> Source | None:
    """As `read_source`, from text that was read already."""
    if text.startswith(VAULT_HEADER):
        problems.append(
            Problem(
                "is encrypted; only secrets.yml may be",
                "Move its variables to secrets.yml (groundplane secrets edit) and delete this file.",
                Place(path, 1),
            )
        )
        return None
    try:
        loader = LOADER(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        problems.append(_broken(path, text, error))
        return None
    if node is None:
        return Source(path, None)
    builder = _Builder(path, problems)
    before = len(problems)
    data = builder.build(node, ())
    if builder.fatal:
        return None
    if len(problems) > before and data is None:
        return None
    return Source(path, data, builder.lines)


class _Builder:
    """Turns composed nodes into plain data and notes where each key stands."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.lines: dict[KeyPath, tuple[int, int]] = {}
        self.fatal = False
        self._built = 0
        self._open: set[int] = set()
        self._scalars = yaml.constructor.SafeConstructor()
        self._numbers = {
            _TAG + "int": self._scalars.construct_yaml_int,
            _TAG + "float": self._scalars.construct_yaml_float,
            _TAG + "bool": self._scalars.construct_yaml_bool,
        }

    def build(self, node: Any, path: KeyPath) -> Any:
        self._built += 1
        if self._built > MOST_NODES:
            if not self.fatal:
                self._tell(node, "its aliases unfold without end", "Write the values out instead of nesting aliases.")
            self.fatal = True
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            self._tell(node, "an alias refers to what contains it", "Write the value out.")
            self.fatal = True
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return self._sequence(node, path)
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _tell(self, node: Any, what: str, cure: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(what, cure, Place(self.path, mark.line + 1, mark.column + 1)))

    def _scalar(self, node: Any) -> Any:
        tag = node.tag
        if tag in _TEXT_TAGS:
            return node.value
        number = self._numbers.get(tag)
        if number is not None:
            try:
                return number(node)
            except (ValueError, KeyError):
                self._tell(node, f"{node.value!r} can't be read as the type {tag}", "Put the value in quotes.")
                return node.value
        if tag == _TAG + "null":
            return None
        wrapped = _WRAPPED.get(tag)
        if wrapped is not None:
            return {wrapped: node.value}
        self._tell(node, f"the tag {tag} means nothing here", "Remove the tag; only !vault and !unsafe are known.")
        return node.value

    def _sequence(self, node: Any, path: KeyPath) -> list[Any]:
        result = []
        for index, child in enumerate(node.value):
            here = (*path, index)
            self.lines[here] = (child.start_mark.line + 1, child.start_mark.column + 1)
            result.append(self.build(child, here))
        return result

    def _mapping(self, node: Any, path: KeyPath) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        merged = [value for key, value in node.value if key.tag == _TAG + "merge"]
        for value in merged:
            self._merge(value, path, result)
        written: dict[Any, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._tell(
                    key_node,
                    "a key has to be plain text",
                    'If this is a Jinja expression, put it in quotes: "{{ … }}".',
                )
                continue
            key = self._scalar(key_node)
            mark = key_node.start_mark
            if key in written:
                self._tell(
                    key_node,
                    f"{key!r} is written twice, first in line {written[key]}",
                    "Keep one of them; YAML would silently take the last.",
                )
                continue
            written[key] = mark.line + 1
            here = (*path, key)
            self.lines[here] = (mark.line + 1, mark.column + 1)
            result[key] = self.build(value_node, here)
        return result

    def _merge(self, node: Any, path: KeyPath, into: dict[Any, Any]) -> None:
        """`<<`: the first of several wins, as YAML says; keys written out win over all of them."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in parts:
            if not isinstance(part, yaml.MappingNode):
                self._tell(part, "only a mapping can be merged with <<", "Refer to a mapping, or write the keys out.")
                continue
            for key, value in self._mapping(part, path).items():
                into.setdefault(key, value)


def _broken(path: Path, text: str, error: yaml.YAMLError) -> Problem:
    """A parser's complaint as a sentence with a cure."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        place = Place(path, mark.line + 1, mark.column + 1) if mark is not None else Place(path)
        said = " ".join(part for part in (error.context, error.problem) if part)
        lines = text.splitlines()
        line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
        return Problem(f"isn't valid YAML: {said}", _cure(said, line), place)
    if isinstance(error, yaml.reader.ReaderError):
        line_number = text.count("\n", 0, error.position) + 1
        return Problem(
            f"isn't valid YAML: the character {error.character!r} is not allowed",
            "Remove the character; it's often invisible.",
            Place(path, line_number),
        )
    return Problem(f"isn't valid YAML: {error}", "Correct the file.", Place(path))


_CURES = (
    ("mapping values are not allowed", "Put a value that contains ': ' in quotes, and check the indentation here."),
    ("undefined alias", "A value that begins with * needs quotes; otherwise define the anchor (&NAME) above it."),
    ("single document", "Keep one document: remove the line --- in the middle."),
    ("quoted scalar", "Close the quotes."),
    ("block mapping", "Check the indentation here and in the lines above, and that each key ends with a colon."),
    ("block collection", "Check the indentation here and in the lines above."),
    ("could not find expected ':'", "Check that each key ends with a colon, and the indentation here and above."),
    ("cannot start any token", "Put the value in quotes."),
)
"""What the parser says, and what it nearly always means."""


def _cure(said: str, line: str) -> str:
    if "\\t" in said or "\t" in line[: len(line) - len(line.lstrip())]:
        return "Indent with spaces; YAML forbids tabs."
    if ("{{" in line or "{%" in line) and "mapping values" not in said:
        return 'Put the Jinja expression in quotes: "{{ … }}".'
    return next((cure for part, cure in _CURES if part in said), "Correct this line or the one above it.")


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that this one was probably meant to be."""
    found = get_close_matches(str(name), list(known), 1, 0.6)
    return found[0] if found else None


def suggest(name: object, known: Iterable[str], otherwise: str = "") -> str:
    """A cure for a misspelt name: the nearest known one, else `otherwise`, else the list."""
    names = sorted(set(known))
    near = nearest(name, names)
    if near is not None:
        return f"Did you mean '{near}'?"
    return otherwise or (f"Known here: {', '.join(names)}." if names else "Remove it.")
