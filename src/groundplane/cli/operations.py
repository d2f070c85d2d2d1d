"""What the commands that change what runs share: options, the plan and the question, carrying it out, the exit code."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack

import click

from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from groundplane.cli.planning import Planning
    from groundplane.run.engine import RunResult
    from groundplane.run.events import Watcher
    from groundplane.run.operation import Operation
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

    Watch = Callable[[Watcher], Watcher]

Command = TypeVar("Command", bound="Callable[..., Any]")


def operation_options(command: Command) -> Command:
    """Gives the parameters `yes`, `confirm`, `check` and `as_json`, which `carry_out` takes."""
    options = (
        click.option("-y", "--yes", is_flag=True, help="Don't ask; where data could be lost, --confirm is wanted too."),
        click.option("--confirm", metavar="WORD", default="", help="The word that the plan asks for, for programs."),
        click.option("--check", is_flag=True, help="Ansible's check mode: say what would be done, change nothing."),
        json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Desk:
    """A site that is open, and a way to its hosts."""

    work: Planning
    connection: SshConnection

    @property
    def site(self) -> Site:
        return self.work.site


@contextmanager
def open_desk(obj: str | None) -> Iterator[Desk]:
    """Opens the site with its secrets and journal, and the connection to its hosts.

    Raises:
        InputError: anything of these is wrong, or the secrets can't be opened.
    """
    from groundplane.cli.planning import planning  # noqa: PLC0415

    with planning(obj) as work, work.connected() as connection:
        yield Desk(work, connection)


class Answers(TypedDict):
    """What `operation_options` gives."""

    yes: bool
    confirm: str
    check: bool
    as_json: bool


def carry_out(
    obj: str | None,
    make: Callable[[Desk], Operation],
    *,
    watch: Callable[[Desk], Watch] | None = None,
    **answers: Unpack[Answers],
) -> None:
    """Opens the site, performs the plan that `make` gives, and closes it again.

    Args:
        watch: gives `perform` its `watch`, but in check mode.

    Raises:
        GroundplaneError: see `open_desk`, `perform`; or what `make` refuses.
    """
    with open_desk(obj) as desk:
        operation = make(desk)
        perform(desk, operation, watch=watch(desk) if watch is not None and not answers["check"] else None, **answers)


def is_wanted(operation: Operation, **answers: Unpack[Answers]) -> bool:
    """Shows a plan, and asks; False where there is nothing to do.

    Raises:
        InputError: nobody is there to say yes; --confirm isn't the word.
        CancelledError: a person said no.
    """
    from groundplane.cli.common import console, print_json_line  # noqa: PLC0415

    if answers["as_json"]:
        print_json_line({"kind": "operation", **operation.as_data()})
    else:
        show_operation(console(), operation)
    if operation.nothing:
        return False
    agree(operation, **answers)
    return True


def perform(
    desk: Desk, operation: Operation, *, watch: Watch | None = None, **answers: Unpack[Answers]
) -> RunResult | None:
    """Shows a plan, asks, runs its stages, and tells how it ended; None where there was nothing to do.

    `watch` wraps who watches the run: where something more is to be told meanwhile.

    Raises:
        InputError: nobody is there to say yes; --confirm isn't the word.
        CancelledError: a person said no, or stopped the run.
        FailedError: a stage failed.
    """
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done, report  # noqa: PLC0415

    if not is_wanted(operation, **answers):
        return None
    as_json = answers["as_json"]
    result = run_operation(desk, operation, check=answers["check"], as_json=as_json, watch=watch)
    if not as_json:
        report(console(), result)
    raise_unless_done(result, again=operation.again or "call the same command again")
    return result


def show_operation(terminal: Console, operation: Operation) -> None:
    """The plan, in lines for people."""
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.lines import DONE, WARNING, say  # noqa: PLC0415
    from groundplane.colours import BAD  # noqa: PLC0415

    if operation.nothing:
        say(terminal, f"{escape(operation.title)}: {escape(operation.nothing)}", mark=DONE)
        return
    say(terminal, f"[bold]{escape(operation.title)}[/]")
    for number, line in enumerate(operation.lines, 1):
        say(terminal, escape(line), mark=f"{number}.", indent=2)
    for warning in operation.warnings:
        say(terminal, escape(warning), mark=WARNING)
    if operation.danger:
        say(terminal, f"[{BAD}]Data could be lost:[/] {escape(operation.danger)}")


def agree(operation: Operation, *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Asks, where it has to be asked; with --check nothing is done that would need it.

    Raises:
        InputError: nobody can be asked, or --confirm isn't the word.
        CancelledError: somebody says no.
    """
    from groundplane.cli import agreement  # noqa: PLC0415

    word = operation.confirm if operation.danger else ""
    if check and (not word or confirm in ("", word)):
        return
    agreement.agree(
        "Carry out this plan?", yes=yes, as_json=as_json, look="Look with --check. ", word=word, given=confirm
    )


def run_operation(
    desk: Desk, operation: Operation, *, check: bool, as_json: bool, watch: Watch | None = None, changes: bool = True
) -> RunResult:
    """Runs the stages, and those that run in any case; `changes` as in `run_stages`.

    Raises:
        LockedError, FailedError: see `groundplane.run.stages.run_stages`.
    """
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.watching import watcher_for  # noqa: PLC0415
    from groundplane.machine.cancel import CancelToken, cancel_on_signals  # noqa: PLC0415
    from groundplane.run.stages import run_stages  # noqa: PLC0415

    work = desk.work
    watcher = watcher_for(console(), as_json=as_json)
    if watch is not None:
        watcher = watch(watcher)
    cancel = CancelToken()
    means = work.means(desk.connection, watcher, cancel)
    with cancel_on_signals(cancel):
        return run_stages(
            work.site,
            operation.stages,
            always=operation.always,
            command=operation.command,
            means=means,
            dry=check,
            changes=changes,
        )
