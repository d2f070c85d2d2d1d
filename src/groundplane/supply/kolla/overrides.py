"""Template overrides of several origins as the one file that Kolla takes.

kolla-build puts its override files one after the other, so a block that two of them define is an error. Here the later
one wins, and its `super()` is the earlier one's text: a site can refine what the toolkit overrides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

HEADER = "{% extends parent_template %}\n"
_TAG = re.compile(
    r"\{#.*?#\}|\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}"
    r"|\{%[-+]?\s*(?P<tag>block|endblock|extends)\b\s*(?P<name>\w*)[^%]*?[-+]?%\}",
    re.DOTALL,
)
_SUPER = re.compile(r"\{\{[-+]?\s*super\(\)\s*[-+]?\}\}")
_SET = re.compile(r"\{%[-+]?\s*set\s+(?P<name>\w+)_(?:override|append|remove)\b")
_BLOCK = re.compile(r"\{%[-+]?\s*block\s+(\w+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text from one place of a file; `line` counts from 1."""

    text: str
    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class MergedOverrides:
    """The merged template, and where each of its lines comes from."""

    text: str
    origins: tuple[Place, ...]

    def place(self, line: int) -> Place | None:
        """Where a line of the merged text (from 1) was written; None where there is no such line."""
        return self.origins[line - 1] if 0 < line <= len(self.origins) else None


def merge_overrides(files: Sequence[Path]) -> MergedOverrides:
    """One template from all; later files beat earlier ones, block by block, variable by variable.

    Raises:
        InputError: a file is missing or is no valid template; names file and line.
    """
    loose: list[Piece] = []
    blocks: dict[str, list[Piece]] = {}
    for file in files:
        source = _read(file)
        found, rest = split_blocks(source, file)
        loose += [*rest, Piece("\n", file, source.count("\n") + 1)]
        for name, body in found.items():
            blocks[name] = _with_super(body, blocks.get(name, []))
    pieces = list(loose)
    for name, body in blocks.items():
        file, line = (body[0].file, body[0].line) if body else (files[-1], 1)
        opening = "{% block " + name + " %}"
        pieces += [Piece(opening, file, line), *body, Piece("{% endblock %}\n", file, line)]
    return _written(pieces)


def check_names(text: str, file: Path, *, images: Iterable[str], blocks: Iterable[str]) -> None:
    """Kolla passes over what it doesn't know; a site's override must not be a typing error that nobody notices.

    Raises:
        InputError: a block, or a variable such as keystone_base_packages_append, belongs to no image.
    """
    known = set(blocks)
    prefixes = tuple(f"{name.replace('-', '_')}_" for name in images)
    for number, line in enumerate(text.splitlines(), start=1):
        for name in _BLOCK.findall(line):
            if name not in known:
                raise _unknown(f"Kolla's templates have no block '{name}'", name, known, Place(file, number))
        for name in _SET.findall(line):
            if not f"{name}_".startswith(prefixes):
                raise _unknown(
                    f"'{name}' begins with the name of no image of Kolla's",
                    name,
                    [prefix.rstrip("_") for prefix in prefixes],
                    Place(file, number),
                )


def block_names(template: str) -> list[str]:
    """The blocks that a template of Kolla's offers."""
    return _BLOCK.findall(template)


def split_blocks(source: str, file: Path) -> tuple[dict[str, list[Piece]], list[Piece]]:
    """The outermost blocks' bodies, and all that stands outside of them; an `extends` is left out.

    Raises:
        InputError: a block is not closed, or closed without having been opened.
    """
    bodies: dict[str, list[Piece]] = {}
    rest: list[Piece] = []
    depth, start, name, opened = 0, 0, "", 1
    for tag in _TAG.finditer(source):
        kind = tag.group("tag")
        line = source.count("\n", 0, tag.start()) + 1
        if kind == "extends" and depth == 0:
            rest.append(_piece(source, start, tag.start(), file))
            start = tag.end()
        elif kind == "block":
            if depth == 0:
                rest.append(_piece(source, start, tag.start(), file))
                start, name, opened = tag.end(), tag.group("name"), line
            depth += 1
        elif kind == "endblock":
            depth -= 1
            if depth < 0:
                raise _broken("An endblock has no block", file, line)
            if depth == 0:
                bodies[name] = [_piece(source, start, tag.start(), file)]
                start = tag.end()
    if depth:
        raise _broken(f"The block '{name}' is not closed", file, opened)
    rest.append(_piece(source, start, len(source), file))
    return bodies, rest


def _piece(source: str, start: int, end: int, file: Path) -> Piece:
    return Piece(source[start:end], file, source.count("\n", 0, start) + 1)


def _with_super(body: list[Piece], earlier: list[Piece]) -> list[Piece]:
    """`super()` is the earlier override's text; without one it stays, and means Kolla's."""
    if not earlier:
        return body
    pieces: list[Piece] = []
    for piece in body:
        position = 0
        for call in _SUPER.finditer(piece.text):
            before = piece.text[position : call.start()]
            pieces += [Piece(before, piece.file, piece.line + piece.text.count("\n", 0, position)), *earlier]
            position = call.end()
        pieces.append(Piece(piece.text[position:], piece.file, piece.line + piece.text.count("\n", 0, position)))
    return pieces


def _written(pieces: Sequence[Piece]) -> MergedOverrides:
    text = HEADER
    origins: list[Place] = [Place(pieces[0].file, 1)] if pieces else []
    fresh = True
    for piece in pieces:
        lines = piece.text.split("\n")
        for number, part in enumerate(lines):
            if fresh and (part or number < len(lines) - 1):
                origins.append(Place(piece.file, piece.line + number))
                fresh = False
            if number < len(lines) - 1:
                fresh = True
        text += piece.text
    return MergedOverrides(text, tuple(origins))


def _read(file: Path) -> str:
    from jinja2 import Environment, TemplateSyntaxError  # noqa: PLC0415 - heavy, and needed for builds alone

    try:
        source = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The template overrides {file} can't be read",
            why=error.strerror or str(error),
            cure="Put the file there, or leave it out.",
            place=Place(file),
        ) from error
    except UnicodeDecodeError as error:
        raise _broken("It is not UTF-8 text", file, 1) from error
    try:
        Environment(autoescape=False).compile(source)  # noqa: S701 - Dockerfiles, not HTML
    except TemplateSyntaxError as error:
        raise _broken(str(error.message), file, error.lineno) from error
    return source


def _broken(what: str, file: Path, line: int) -> InputError:
    return InputError(
        f"{file.name} is no valid template: {what}",
        cure="Correct it; overrides are Jinja2 templates that extend Kolla's Dockerfile templates.",
        place=Place(file, line),
    )


def _unknown(what: str, name: str, known: Iterable[str], place: Place) -> InputError:
    from difflib import get_close_matches  # noqa: PLC0415 - only when something is wrong

    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return InputError(
        what,
        why="Kolla would pass over it without a word",
        cure=f"Did you mean '{near[0]}'?" if near else "Take the names from Kolla's Dockerfile.j2 of the image.",
        place=place,
    )
