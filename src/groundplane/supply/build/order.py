"""In which order images are built: those first on which the longest chain of work waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from groundplane.supply.build.targets import Target

UNKNOWN_SECONDS = 30.0
"""A guess for an image that was never built here."""


def chain_seconds(targets: Mapping[str, Target], wanted: Collection[str]) -> dict[str, float]:
    """For each wanted image the seconds until the last image that stands on it is done, its own build included."""
    longest: dict[str, float] = {}
    # Targets come parents first, so that children are known when their parent's turn comes.
    for name in reversed(list(targets)):
        if name in wanted:
            target = targets[name]
            own = target.seconds if target.seconds is not None else UNKNOWN_SECONDS
            children = [longest[child] for child in wanted if targets[child].recipe.parent == name]
            longest[name] = own + max(children, default=0.0)
    return longest
