"""Which runtime a release gets on this machine: a virtual environment where a Python suits, else a container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from groundplane.errors import InputError
from groundplane.runtime.venv import ensure_venv_runtime, find_python

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.runtime.model import Runtime
    from groundplane.site.release import Release

Kind = Literal["venv", "container"]


def ensure_runtime(
    release: Release, content: Content, *, cache: Path, fresh: bool = False, kind: Kind | None = None
) -> Runtime:
    """The release's runtime, made where it is missing.

    Raises:
        InputError: nothing on this machine runs the release, or what builds it is missing.
        FailedError: making it failed.
    """
    python = find_python(release.runtime.python) if kind != "container" else None
    if python is not None:
        return ensure_venv_runtime(release, content, python, cache=cache, fresh=fresh)
    if kind == "venv":
        raise InputError(
            f"No Python on this machine runs release {release.name}",
            why=f"it wants {release.runtime.python}",
            cure="Leave the choice to groundplane: it builds a container instead.",
        )
    from groundplane.runtime.container import ensure_container_runtime  # noqa: PLC0415 - podman only where needed

    return ensure_container_runtime(release, content, cache=cache, fresh=fresh)
