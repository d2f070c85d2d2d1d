"""Rendering the templates.

The marks are [[ ]], [% %] and [# #], so that Ansible's own Jinja in a site's files stays as it is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import yaml

from groundplane.content import Content, toolkit_content
from groundplane.files import write_atomically
from groundplane.site.scaffold.parameters import ScaffoldParameters, Template

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIX = ".j2"
_TEMPLATES = Path(__file__).parent / "templates"
_EXAMPLE = "example"


def write_site(
    path: Path, template: str | Template, parameters: ScaffoldParameters, *, content: Content | None = None
) -> tuple[Path, ...]:
    """Writes a site's files (no secrets, no git) and returns their paths; files that are there are replaced.

    The production template takes its hosts from the toolkit's inventories/example.

    Raises:
        FailedError: a file can't be written.
        ValueError: no such template.
    """
    template = Template(template)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - YAML, not HTML; values pass through the filter `yaml`
    )
    environment.filters["yaml"] = _inline_yaml
    environment.filters["yaml_block"] = _block_yaml
    written = []
    for folder in ("common", template.value):
        for name in _files(_TEMPLATES / folder):
            target = path / name.removesuffix(_SUFFIX)
            text = environment.get_template(f"{folder}/{name}").render(
                site=parameters, template=template.value, groups=_groups(parameters)
            )
            # A file that has nothing to say for these parameters isn't written.
            if text.strip():
                write_atomically(target, text)
                written.append(target)
    if template is Template.PRODUCTION:
        example = (content or toolkit_content()).inventories / _EXAMPLE
        for name in _files(example):
            target = path / "inventory" / name
            write_atomically(target, (example / name).read_text(encoding="utf-8"))
            written.append(target)
    return tuple(written)


def _files(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield file.relative_to(folder).as_posix()


def _groups(parameters: ScaffoldParameters) -> dict[str, list[str]]:
    """Groups in the order in which the nodes first name them."""
    groups: dict[str, list[str]] = {}
    for node in parameters.nodes:
        for group in node.groups:
            groups.setdefault(group, []).append(node.name)
    return groups


def _inline_yaml(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, tuple):
        value = list(value)
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return text.strip().removesuffix("...").strip()


def _block_yaml(value: Any, indent: int = 0) -> str:
    """A mapping as a block, without the newline at its end."""
    text = yaml.safe_dump(dict(value), default_flow_style=False, width=10_000, sort_keys=False).rstrip("\n")
    return text.replace("\n", "\n" + " " * indent)
