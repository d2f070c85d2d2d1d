"""What `apply` is going to do: a fresh plan, a saved one that still holds, or the rest of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.plan.model import HostAction, Plan, ReasonKind
from groundplane.plan.staleness import read_plan, refuse_stale
from groundplane.plan.survey import survey
from groundplane.run.resume import left_of, run_to_resume

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.layers.model import Graph
    from groundplane.plan.model import HostProbe
    from groundplane.run.journal.store import Journal
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked `apply` for."""

    names: tuple[str, ...] = ()
    """Layers and steps; or one file with a plan."""
    limit: str | None = None
    force: bool = False
    probe: bool = True
    resume: str | None = None
    """A run; LATEST for the latest."""


LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan to carry out."""

    plan: Plan
    probe: Mapping[str, HostProbe] | None
    resumes: str | None = None
    asked: tuple[str, ...] = ()


def prepare(
    request: Request,
    *,
    site: Site,
    graph: Graph,
    journal: Journal,
    connection: SshConnection,
    on_answer: Callable[[HostProbe], None] | None = None,
) -> Prepared:
    """Asks the hosts and plans.

    Raises:
        InputError: unknown names, the saved plan is stale, or the run can't be resumed.
        FailedError: no host can be reached.
    """

    def today(
        selection: Sequence[str], limit: str | None, *, probe: bool, force: bool
    ) -> tuple[Plan, Mapping[str, HostProbe] | None]:
        return survey(
            site,
            graph,
            journal,
            connection if probe else None,
            selection=selection,
            limit=limit,
            force=force,
            on_answer=on_answer,
        )

    if request.resume is not None:
        if request.names or request.limit is not None or request.force:
            raise InputError(
                "--resume goes on with a run as it was planned",
                why="it takes no layers, steps, --limit or --force",
                cure=f"groundplane apply --resume {request.resume if request.resume != LATEST else ''}".rstrip(),
            )
        row = run_to_resume(journal, None if request.resume == LATEST else request.resume)
        old = Plan.model_validate_json(row.plan)
        names = tuple(
            step.step for step in old.steps if any(host.action is not HostAction.UP_TO_DATE for host in step.hosts)
        )
        gone = [name for name in names if name not in graph.steps]
        if gone:
            raise InputError(
                f"Run {row.id} can't be resumed: the graph has moved on since",
                why=f"there is no step {', '.join(gone)} any more",
                cure="groundplane apply makes a fresh plan.",
            )
        now, found = today(names, old.limit, probe=request.probe, force=False)
        return Prepared(left_of(old, now, journal, row.id), found, resumes=row.id, asked=names)

    file = Path(request.names[0]) if len(request.names) == 1 else None
    if file is not None and _looks_like_a_file(request.names[0]):
        if request.limit is not None or request.force:
            raise InputError("A saved plan is carried out as it is", why="--limit and --force would change it")
        old = read_plan(file)
        forced = any(
            reason.kind is ReasonKind.FORCED for step in old.steps for host in step.hosts for reason in host.reasons
        )
        now, found = today(old.selection, old.limit, probe=old.probed, force=forced)
        refuse_stale(old, now)
        return Prepared(old.model_copy(update={"created_at": datetime.now(UTC)}), found, asked=old.selection)

    plan, found = today(request.names, request.limit, probe=request.probe, force=request.force)
    return Prepared(plan, found, asked=request.names)


def _looks_like_a_file(name: str) -> bool:
    return "/" in name or name.endswith(".json") or Path(name).is_file()
