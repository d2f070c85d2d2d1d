"""What a day-2 command is about to do: a plan that a person reads, and the stages that carry it out.

Plans are made by pure functions from the site's configuration and the cluster's state; what can't be done safely is
refused there, before anything is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundplane.run.stages import Stage


@dataclass(frozen=True, slots=True)
class Operation:
    """A plan.

    Attributes:
        command: as in the journal, "ceph osd replace".
        title: a line that says what it is about, "Replace osd.3 on node2".
        lines: what will be done, in order, sentences for people.
        always: stages that run in any case, also after a failure and Ctrl-C, to put back what the others set.
        danger: what could be lost. Where it is set, the person has to type `confirm` (osd.3, a host's name); a program
            gives it with --confirm.
        again: what one does where it was cut off; the same command once more where it is empty.
        nothing: there is nothing to do, and this is why.
    """

    command: str
    title: str
    lines: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    always: tuple[Stage, ...] = ()
    warnings: tuple[str, ...] = ()
    danger: str = ""
    confirm: str = ""
    nothing: str = ""
    again: str = ""

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "command": self.command,
            "title": self.title,
            "lines": list(self.lines),
            "warnings": list(self.warnings),
            "danger": self.danger,
            "confirm": self.confirm,
            "nothing": self.nothing,
            "stages": [
                {"id": stage.id, "description": stage.description, "hosts": list(stage.hosts)} for stage in self.stages
            ],
            "always": [
                {"id": stage.id, "description": stage.description, "hosts": list(stage.hosts)} for stage in self.always
            ],
        }
