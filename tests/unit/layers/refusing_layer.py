"""A layer whose check refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from groundplane.errors import InputError

if TYPE_CHECKING:
    from groundplane.site.site import Site


def layer_problems(_site: Site) -> NoReturn:
    raise InputError("supply can't be looked at")
