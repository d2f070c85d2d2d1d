"""Images that can't be built from package registries alone, said before a build runs into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from pydantic import TypeAdapter, ValidationError

from groundplane.errors import FailedError, InputError, Problem
from groundplane.site.strict import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "unavailable.yml"


class Unavailable(Strict):
    """`lacks` is a sentence about what is missing; `switch` is kolla-ansible's variable for the service."""

    lacks: str
    switch: str


def read_unavailable(folder: Path) -> Mapping[str, Unavailable]:
    """What a release's folder of templates says; nothing where it has no such file.

    Raises:
        FailedError: the file is broken.
    """
    file = folder / FILE
    if not file.is_file():
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, Unavailable]).validate_python(content)
    except (yaml.YAMLError, ValidationError) as error:
        raise FailedError(f"{file} is broken", why=str(error), cure="Install groundplane again.") from error


def check_available(names: Iterable[str], unavailable: Mapping[str, Unavailable], site_overrides: Path | None) -> None:
    """An image that the site's own overrides speak of is taken for one that they make possible.

    Raises:
        InputError: names all images that can't be built, each with the switch that leaves it out.
    """
    overridden = site_overrides.read_text(encoding="utf-8") if site_overrides is not None else ""
    problems = tuple(
        Problem(f"{name}: {unavailable[name].lacks}", f"{unavailable[name].switch}: false")
        for name in names
        if name in unavailable and f"{name.replace('-', '_')}_" not in overridden
    )
    if not problems:
        return
    raise InputError(
        f"The image '{problems[0].what.partition(':')[0]}' can't be built here"
        if len(problems) == 1
        else f"{len(problems)} images can't be built here",
        why="images are built from Debian, the Python package index and Maven alone",
        cure="Switch them off in environments/openstack/configuration.yml, give a source by template overrides of your "
        "own, or take images from upstream (images.source).",
        problems=problems,
    )
