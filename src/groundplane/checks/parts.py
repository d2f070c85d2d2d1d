"""A check as a run of its own: its stage, and what it told of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.checks.engine_checks import ENGINE_CHECKS, run_check
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.checks.engine_checks import CheckCall
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a check that has ended; `told` is what it found, or what went wrong."""

    name: str
    seconds: float
    good: bool
    told: str

    def as_data(self) -> dict[str, Any]:
        return {"part": self.name, "seconds": round(self.seconds, 2), "good": self.good, "told": self.told}


def check_stage(
    layer: str,
    name: str,
    work: Callable[[CheckCall], None],
    parts: list[Part],
    *,
    site: Site,
    connection: SshConnection,
    memory: Path,
    holder: str,
) -> Stage:
    """One of a layer's checks as a stage for `run_stages`, on the machine that manages the site.

    Args:
        work: makes the check.
        parts: gets its parts; complete when `run_stages` has returned.
        memory: Settings.runtime; `holder` Settings.holder.
    """
    (check,) = (check for check in ENGINE_CHECKS[layer] if check.name == name)
    managers = site.inventory.group_hosts.get("managers", ())
    hosts = tuple(managers[:1]) or tuple(site.inventory.hosts)[:1]

    def told(call: CheckCall) -> None:
        try:
            work(call)
        finally:
            for task, seconds in call.tasks:
                wrong = [problem for problems in task.problems.values() for problem in problems]
                parts.append(Part(task.name, seconds, not wrong, "; ".join(wrong or task.remarks)))

    act = partial(
        run_check,
        told,
        site,
        hosts,
        steps=(),
        connection=connection,
        memory=memory,
        holder=holder,
        minutes=check.minutes,
    )
    return Stage(id=f"{layer}.{name}", description=check.description, playbook=None, hosts=hosts, act=act)
