"""The smoke test as a run of its own: the stage, and what it told of its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.checks.engine_checks import ENGINE_CHECKS, run_check
from groundplane.openstack.smoke.check import smoke
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.checks.engine_checks import CheckCall
    from groundplane.openstack.smoke.course import Made
    from groundplane.openstack.smoke.options import SmokeOptions
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

LAYER, NAME = "platform", "smoke"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the test that has ended; `told` is what it found, or what went wrong."""

    name: str
    seconds: float
    good: bool
    told: str

    def as_data(self) -> dict[str, Any]:
        return {"part": self.name, "seconds": round(self.seconds, 2), "good": self.good, "told": self.told}


@dataclass(slots=True)
class SmokeStory:
    """What there is to tell afterwards; `made` only where the test went through."""

    parts: list[Part] = field(default_factory=list)
    made: Made | None = None

    def as_data(self) -> dict[str, Any]:
        """For programs: parts with seconds, and the server's id, address and login."""
        made = self.made
        return {
            "kind": "smoke",
            "parts": [part.as_data() for part in self.parts],
            "server": {"id": made.server, "address": made.address, "login": made.login} if made is not None else None,
        }


def smoke_stage(
    site: Site, options: SmokeOptions, *, connection: SshConnection, memory: Path, holder: str
) -> tuple[Stage, SmokeStory]:
    """The test as a stage for `run_stages`; the story is complete when that has returned.

    Args:
        memory: Settings.runtime; `holder` Settings.holder.
    """
    (check,) = (check for check in ENGINE_CHECKS[LAYER] if check.name == NAME)
    story = SmokeStory()
    managers = site.inventory.group_hosts.get("managers", ())
    hosts = tuple(managers[:1]) or tuple(site.inventory.hosts)[:1]

    def work(call: CheckCall) -> None:
        try:
            story.made = smoke(call, options)
        finally:
            for task, seconds in call.tasks:
                wrong = [problem for problems in task.problems.values() for problem in problems]
                story.parts.append(Part(task.name, seconds, not wrong, "; ".join(wrong or task.remarks)))

    act = partial(
        run_check,
        work,
        site,
        hosts,
        steps=(),
        connection=connection,
        memory=memory,
        holder=holder,
        minutes=check.minutes,
    )
    return Stage(id=f"{LAYER}.{NAME}", description=check.description, playbook=None, hosts=hosts, act=act), story
