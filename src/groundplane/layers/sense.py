"""Whether what a site asks of a layer makes sense, as far as its files tell: each layer knows for itself.

`groundplane validate` asks for all of the site's layers; a plan asks for those that it touches, so that what can't work
is refused before any host is changed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from groundplane.errors import Problem
    from groundplane.site.site import Site

CHECKS = {
    "ceph": "groundplane.ceph.validation",
    "identity": "groundplane.identity.validation",
    "openstack": "groundplane.openstack.validation",
    "platform": "groundplane.platform.validation",
}
"""Layer to the module that has `layer_problems(site)`; imported when it is needed."""


def problems_of(site: Site, layers: Iterable[str]) -> tuple[Problem, ...]:
    """What is wrong with what the site asks of these layers; nothing where all is well or nobody checks."""
    found: list[Problem] = []
    for layer in dict.fromkeys(layers):
        if layer in CHECKS:
            found += import_module(CHECKS[layer]).layer_problems(site)
    return tuple(found)


def refuse_senseless(site: Site, layers: Iterable[str]) -> None:
    """Raises InputError with all problems, where there are any."""
    problems = problems_of(site, layers)
    if problems:
        raise InputError(f"What the site asks for can't be: {counted(len(problems), 'problem')}", problems=problems)
