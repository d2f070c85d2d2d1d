"""All that a site's files tell wrong, in one round: the files themselves, the graph, the images, each layer's sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.layers.loading import load_graph
from groundplane.layers.sense import problems_of
from groundplane.site.loading import in_order
from groundplane.supply.catalogue import image_problems

if TYPE_CHECKING:
    from groundplane.layers.model import Graph
    from groundplane.site.site import Site


def check_site(site: Site) -> tuple[Graph | None, tuple[Problem, ...]]:
    """The graph, where there can be one, and all problems by file and line.

    Args:
        site: loaded with strict=False; its own problems are among the result.
    """
    problems = list(site.problems)
    graph = None
    try:
        graph = load_graph(site)
    except InputError as error:
        problems += _of_the_graph(site, _told(error))
    problems += image_problems(site)
    for layer in site.file.layers:
        try:
            problems += problems_of(site, [layer])
        except InputError as error:
            problems += _told(error)
    return graph, in_order(problems)


def _told(error: InputError) -> tuple[Problem, ...]:
    return error.problems or (Problem(error.what, error.cure, error.place),)


def _of_the_graph(site: Site, problems: tuple[Problem, ...]) -> list[Problem]:
    """What isn't only a consequence of what the site's files are told for already."""
    told = {problem.place for problem in site.problems}
    return [
        problem
        for problem in problems
        if not told
        or (problem.place is not None and problem.place.file.is_relative_to(site.path) and problem.place not in told)
    ]
