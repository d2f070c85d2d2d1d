"""Which variables a value, a template or a role's files refer to.

Ansible alone renders Jinja; here it's only read. Too many names are harmless (a step runs once more than it had to),
too few are not, so whatever may be a reference counts as one. Callers keep the names that are variables of the site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_ENVIRONMENT = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])  # noqa: S701 - parsed, never rendered
_IDENTIFIER = re.compile(r"(?<![A-Za-z0-9_.])[A-Za-z_][A-Za-z0-9_]*|(?<=\bvars\.)[A-Za-z_][A-Za-z0-9_]*")
"""A word that isn't the attribute of another one."""
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_OF_OTHERS = (
    re.compile(r"""hostvars\s*\[[^\]]*\]\s*(?:\.\s*|\[\s*['"])([A-Za-z_]\w*)"""),
    re.compile(r"""hostvars\s*\.\s*\w+\s*(?:\.\s*|\[\s*['"])([A-Za-z_]\w*)"""),
    re.compile(r"""hostvars\s*,\s*\[?\s*['"]([A-Za-z_]\w*)"""),
)
_GROUPS_READ = re.compile(r"(?<!\.)\bgroups\s*(?:\[|\.\w|\||,)|\bin\s+groups\b")
"""The inventory's groups, and not a module's option of the same name (groups: [sudo])."""
_BY_NAME = frozenset({"vars", "lookup", "query", "q"})
"""Ways to a variable whose name is a text."""
IMAGES = "groundplane_images"
"""Every image of the site: who names one by its key depends on that one alone, as "groundplane_images.KEY"."""
_ONE_IMAGE = re.compile(
    rf"""(?<![\w.]){IMAGES}\s*(?:\.(?P<word>[A-Za-z_]\w*)(?!\s*\(|\w)|\[\s*(?P<quote>['"])(?P<key>[\w.-]+)(?P=quote)\s*\])"""
)


@dataclass(frozen=True, slots=True)
class References:
    """Names of variables of the host itself, and of variables that are read from other hosts."""

    names: frozenset[str] = frozenset()
    of_others: frozenset[str] = frozenset()

    def __or__(self, other: References) -> References:
        return References(self.names | other.names, self.of_others | other.of_others)


NOTHING = References()


def in_value(value: Any) -> References:
    """What the Jinja in a value refers to, however deep it lies."""
    found = NOTHING
    for text in _texts(value):
        if "{{" in text or "{%" in text:
            found |= in_template(text)
    return found


@lru_cache(maxsize=65536)
def in_template(text: str) -> References:
    """What a template's expressions refer to; every word of it where it can't be parsed."""
    text, images = _without_single_images(text)
    try:
        tree = _ENVIRONMENT.parse(text)
    except jinja2.TemplateSyntaxError:
        return images | in_text(text)
    names = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}
    if names & _BY_NAME:
        names |= {node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)}
    return images | References(frozenset(names), _of_others(text))


def in_text(text: str) -> References:
    """Every word of a text: tasks hold expressions without braces (when, that, until), so each may be a name."""
    text, images = _without_single_images(text)
    names = frozenset(_IDENTIFIER.findall(text))
    if "groups" in names and not _GROUPS_READ.search(text):
        names -= {"groups"}
    return images | References(names, _of_others(text))


def in_files(files: Iterable[Path]) -> References:
    """Every word of these files, YAML's comments left out. Files that aren't text are skipped."""
    found = NOTHING
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found |= in_text(_COMMENT.sub("", text) if file.suffix in {".yml", ".yaml"} else text)
    return found


def _without_single_images(text: str) -> tuple[str, References]:
    """The text without the images that it names by their keys, and those."""
    if IMAGES not in text:
        return text, NOTHING
    found = frozenset(f"{IMAGES}.{match['word'] or match['key']}" for match in _ONE_IMAGE.finditer(text))
    return _ONE_IMAGE.sub("none", text), References(found)


def _of_others(text: str) -> frozenset[str]:
    if "hostvars" not in text:
        return frozenset()
    return frozenset(name for pattern in _OF_OTHERS for name in pattern.findall(text))


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
