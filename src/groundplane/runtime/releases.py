"""Release files by name, where no site is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.site.model_problems import read_model
from groundplane.site.release import Release
from groundplane.site.source import read_source

if TYPE_CHECKING:
    from groundplane.content import Content
    from groundplane.errors import Problem


def release_names(content: Content) -> list[str]:
    return sorted(path.stem for path in content.releases.glob("*.yml"))


def load_release(name: str, content: Content) -> Release:
    """releases/NAME.yml.

    Raises:
        InputError: there is no such release, or its file is wrong.
    """
    path = content.releases / f"{name}.yml"
    if not path.is_file():
        raise InputError(f"There is no release '{name}'", cure=f"Use one of: {', '.join(release_names(content))}")
    problems: list[Problem] = []
    source = read_source(path, problems)
    release = read_model(Release, source, problems) if source is not None else None
    if release is None:
        raise InputError(f"The release file {path.name} can't be read", problems=tuple(problems))
    return release
