"""How a site's hook joins the steps around it, without touching what they say themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from groundplane.layers.model import Need

if TYPE_CHECKING:
    from groundplane.layers.model import Step


def first_steps(steps: dict[str, Step], layer: str) -> list[str]:
    """The layer's steps that need no other step of it."""
    return [
        id_
        for id_, step in steps.items()
        if step.layer == layer and not any(need.step.startswith(f"{layer}.") for need in step.needs)
    ]


class Hooks:
    """Inserts hooks in the order of the file: of two hooks at the same place, the first one runs first."""

    def __init__(self, steps: dict[str, Step]) -> None:
        self.steps = steps
        layers = {step.layer for step in steps.values()}
        self._first = {layer: first_steps(steps, layer) for layer in layers}
        self._last_after: dict[str, str] = {}

    def before(self, target: str, hook: Step) -> None:
        """The hook takes over what the target (a step, or a layer's first steps) needs; the target needs the hook."""
        waiting = self._first.get(target, [target])
        needs = dict.fromkeys(need for id_ in waiting for need in self.steps[id_].needs)
        self.steps[hook.id] = replace(hook, needs=tuple(needs))
        for id_ in waiting:
            step = self.steps[id_]
            self.steps[id_] = replace(step, needs=(*step.needs, Need(hook.id)))

    def after(self, target: str, hook: Step) -> None:
        """The hook needs the target (a step, or all steps of a layer); what needs a target step needs the hook too."""
        if target in self._first:
            needs = tuple(Need(id_) for id_, step in self.steps.items() if step.layer == target)
            self.steps[hook.id] = replace(hook, needs=needs)
            return
        previous = self._last_after.get(target, target)
        for id_, step in list(self.steps.items()):
            extra = tuple(Need(hook.id, need.everywhere) for need in step.needs if need.step == previous)
            self.steps[id_] = replace(step, needs=(*step.needs, *extra))
        self.steps[hook.id] = replace(hook, needs=(Need(previous),))
        self._last_after[target] = hook.id
