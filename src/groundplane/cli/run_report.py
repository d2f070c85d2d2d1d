"""How the end of a run is told: what failed where and why, and the command that goes on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape

from groundplane.cli.lines import DONE, FAILED, PAUSED, say
from groundplane.counting import counted, duration
from groundplane.errors import CancelledError, FailedError
from groundplane.plan.wording import hosts_in_words
from groundplane.run.events import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from groundplane.plan.model import Plan
    from groundplane.run.engine import RunResult


def nothing_to_do(terminal: Console, plan: Plan, *, quiet: bool) -> None:
    """Says that everything is as it should be.

    Raises:
        FailedError: of some hosts nobody knows.
    """
    if plan.unreachable:
        raise FailedError(
            f"{len(plan.unreachable)} host{'s' if len(plan.unreachable) > 1 else ''} can't be reached",
            why="; ".join(f"{host}: {why}" for host, why in plan.unreachable.items()),
            cure="Bring them back and call again; --limit '!HOST' leaves one out.",
        )
    if not quiet and terminal.is_terminal:
        say(terminal, "Nothing to do.", mark=DONE)


def report(terminal: Console, result: RunResult) -> None:
    """What a person has to know after a run, in lines; hosts on which the same failed share one."""
    counts = Counter(result.steps.values())
    told = ", ".join(f"{count} {state.value.replace('_', ' ')}" for state, count in counts.items())
    if terminal.is_terminal:
        terminal.print()
    show_failures(terminal, ((one.step, one.host, one.task, one.reason) for one in result.failures))
    for step, hosts in result.held_back.items():
        reasons: dict[str, list[str]] = {}
        for host, reason in hosts.items():
            reasons.setdefault(reason, []).append(host)
        for reason, names in reasons.items():
            say(terminal, f"[bold]{step}[/] was held back on {hosts_in_words(names)}: {escape(reason)}", mark=PAUSED)
    steps = f"steps: {told}" if told else "no step began"
    say(
        terminal,
        f"Run {result.run} {result.state.value} in {duration(result.seconds)}; {steps}; "
        f"{counted(result.changed, 'task')} changed something",
        mark=DONE if result.state is RunState.DONE else FAILED,
    )


def show_failures(terminal: Console, failures: Iterable[tuple[str, str, str, str]]) -> None:
    """Each step, host, task and reason; forty hosts that fail alike are one line."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for step, host, task, reason in failures:
        alike.setdefault((step, task, reason), []).append(host)
    for (step, task, reason), hosts in alike.items():
        what = f"[bold]{step}[/] on " if step else ""
        at = f" at '{escape(task)}'" if task else ""
        say(terminal, f"{what}[bold]{hosts_in_words(hosts)}[/]{at}: {escape(reason)}", mark=FAILED)


def raise_unless_done(result: RunResult, *, dry: bool = False, again: str = "") -> None:
    """The exit code tells the truth. `again` is the command that goes on, where it isn't `apply --resume`.

    Raises:
        CancelledError: the run was cancelled.
        FailedError: something failed, was held back, or can't be reached.
    """
    resume = again or ("" if dry else f"groundplane apply --resume {result.run}")
    if result.state is RunState.CANCELLED:
        raise CancelledError(f"Run {result.run} was cancelled", cure=resume)
    if result.state is not RunState.DONE:
        where = sorted({failure.host for failure in result.failures})
        raise FailedError(
            f"Run {result.run} failed on {', '.join(where[:5])}{' …' if len(where) > 5 else ''}"  # noqa: PLR2004
            if where
            else f"Run {result.run} failed",
            cure=f"groundplane logs {result.run} says more; when it is put right: {resume}"
            if resume
            else f"groundplane logs {result.run} says more",
        )
