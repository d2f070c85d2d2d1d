"""groundplane alone: how things stand here, and the command that makes most sense next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from groundplane.overview.model import LayerView, NextCommand, Overview

FEW = 3
FIRST_STEPS = (
    ("groundplane init DIR", "write a new site: plain files that say what a cloud should be"),
    ("groundplane lab up", "a whole cloud on this machine, to try things"),
    ('eval "$(_GROUNDPLANE_COMPLETE=bash_source groundplane)"', "the tabulator key completes; zsh_source, fish_source"),
)


def show(ctx: click.Context, given: str | None, *, as_json: bool) -> None:
    """How the site stands that --site, GROUNDPLANE_SITE or the current folder means; first steps where there is none.

    Raises:
        InputError: a folder was named that is no site.
    """
    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.cli.settings import find_site, settings  # noqa: PLC0415
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.overview.gather import overview_of  # noqa: PLC0415
    from groundplane.overview.model import as_data  # noqa: PLC0415
    from groundplane.overview.next_command import next_command  # noqa: PLC0415

    here = settings()
    try:
        path = find_site(given)
    except InputError:
        if given is not None:
            raise
        _no_site(ctx, here.state, as_json=as_json)
        return
    found = overview_of(
        path,
        toolkit_content(),
        override=here.vault_password_file,
        runtime=here.runtime,
        clouds=here.config.parent / "openstack" / "clouds.yaml",
    )
    following = next_command(found)
    if ctx.get_parameter_source("site") is click.core.ParameterSource.COMMANDLINE:
        following = following.of_site(given or "")
    if as_json:
        print_json(as_data(found, following))
    else:
        _tell(found, following)


def _no_site(ctx: click.Context, state: Path, *, as_json: bool) -> None:
    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.lab.quick_look import lab_sites  # noqa: PLC0415

    labs = lab_sites(state)
    lab = next(iter(labs), None)
    first = (f"groundplane -C {labs[lab]}", f"how the lab {lab} stands") if lab is not None else FIRST_STEPS[0]
    if as_json:
        data = {"command": first[0], "reason": first[1]}
        print_json({"site": None, "labs": {name: str(path) for name, path in labs.items()}, "next": data})
        return
    click.echo("There is no site here: neither this folder nor one above it has a site.yml.\n")
    rows = [*(((first,)) if lab is not None else ()), *FIRST_STEPS]
    formatter = ctx.make_formatter()
    with formatter.section("Begin with"):
        for words, what in rows:
            formatter.write(f"  {words}\n      {what}\n")
    formatter.write("\n")
    if isinstance(ctx.command, click.Group):
        ctx.command.format_commands(ctx, formatter)
    click.echo(formatter.getvalue().rstrip())
    click.echo("\ngroundplane COMMAND --help says more of each.")


def _tell(found: Overview, following: NextCommand) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.lines import NEXT, say  # noqa: PLC0415
    from groundplane.cli.tables import state  # noqa: PLC0415

    out = console()
    release = f", release {escape(found.release)}" if found.release else ""
    out.print(f"Site [bold]{escape(found.name)}[/]{release}, [dim]{escape(str(found.path))}[/]")
    if found.lab is not None:
        running = found.lab.running
        told = state("running" if running == found.lab.nodes else "down") if running is not None else "not known"
        count = f" ({running} of {found.lab.nodes} nodes)" if running is not None else ""
        out.print(f"A lab's: {told}{count}")
    if found.layers:
        out.print()
        _layers(out, found)
    out.print()
    _remarks(out, found)
    _runs(out, found)
    say(out, f"[bold]{escape(following.words)}[/]", mark=NEXT)
    say(out, f"[dim]{escape(following.reason)}[/]", indent=2)


def _layers(out: Console, found: Overview) -> None:
    from groundplane.cli.tables import Table, moment  # noqa: PLC0415
    from groundplane.overview.model import LayerState  # noqa: PLC0415

    table = Table("layer", "state", "steps", "applied", "verified", whole=("layer", "steps", "applied"))
    for layer in found.layers:
        settled = len(layer.named(LayerState.UP_TO_DATE)) + len(layer.named(LayerState.APPLIED))
        table.add(
            f"[bold]{layer.name}[/]",
            _state(layer),
            f"{settled} of {len(layer.steps)}" if layer.steps else "",
            moment(layer.applied_at) if layer.applied_at is not None else "[dim]never[/]",
            _verified(layer),
        )
    table.show(out)


def _state(layer: LayerView) -> str:
    """The layer's state with its steps' names, where these are few and not all."""
    from groundplane.cli.tables import state  # noqa: PLC0415

    names = layer.named(layer.state)
    named = f": {', '.join(names)}" if len(names) <= FEW and len(names) < len(layer.steps) else ""
    return f"{state(layer.state.value)}{named}"


def _verified(layer: LayerView) -> str:
    from groundplane.cli.tables import moment  # noqa: PLC0415
    from groundplane.colours import ATTENTION, BAD  # noqa: PLC0415

    if layer.checked is None:
        return "[dim]never[/]"
    at = moment(layer.checked.at)
    if not layer.checked.good:
        return f"[{BAD}]failed[/] {at}"
    return f"{at} [{ATTENTION}]applied since[/]" if layer.checked.stale else at


def _remarks(out: Console, found: Overview) -> None:
    """What is in the way: mistakes, a closed vault, what could not be looked at."""
    from pathlib import Path  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import short_path  # noqa: PLC0415
    from groundplane.cli.lines import FAILED, NEXT, NOTE, WARNING, say  # noqa: PLC0415
    from groundplane.counting import counted  # noqa: PLC0415
    from groundplane.overview.model import VaultState  # noqa: PLC0415

    if found.problems:
        say(out, f"{counted(len(found.problems), 'problem')} in the site's files", mark=FAILED)
    for problem in found.problems[:FEW]:
        line = f":{problem.line}" if problem.line is not None else ""
        where = f"[bold]{escape(short_path(Path(problem.file)))}{line}[/]: " if problem.file else ""
        say(out, f"{where}{escape(problem.what)}", indent=2)
    if len(found.problems) > FEW:
        say(out, f"[dim]and {len(found.problems) - FEW} more[/]", indent=2)
    if found.vault in (VaultState.LOCKED, VaultState.WRONG, VaultState.NO_SECRETS):
        say(out, f"Secrets {found.vault.value}: {escape(found.vault_told)}", mark=WARNING)
        if found.vault_cure:
            say(out, escape(found.vault_cure), mark=NEXT, indent=2)
    elif found.vault is VaultState.UNASKED and not found.problems:
        told = f"{found.vault_told}; it isn't run for a look, so nothing was compared with today's files."
        say(out, escape(told), mark=NOTE)
    elif found.not_compared and not found.problems:
        say(out, f"Not compared with today's files: {escape(found.not_compared)}", mark=WARNING)
    if found.unpinned and any(layer.applied_at for layer in found.layers):
        say(out, f"Not trusted yet: {', '.join(found.unpinned)} [dim](groundplane hosts trust)[/]", mark=WARNING)
    for note in found.notes:
        say(out, f"Not looked at: {escape(note)}", mark=WARNING)


def _runs(out: Console, found: Overview) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.lines import FAILED, NOTE, say  # noqa: PLC0415
    from groundplane.cli.tables import moment, state  # noqa: PLC0415
    from groundplane.counting import duration  # noqa: PLC0415

    work, last = found.at_work, found.last
    if work is not None:
        steps = found.progress
        told = f", {steps.done} of {steps.whole} steps done" if steps is not None else ""
        now = f", now {', '.join(steps.now[:FEW])}" if steps is not None and steps.now else ""
        since = f" since {_since(work.since)}" if work.since else ""
        text = f"At work: run {work.run or '-'} by {work.holder}{since}{told}{now}"
        say(out, escape(text), mark=NOTE)
    if last is None:
        if work is None:
            say(out, "Nothing has been run yet.")
        return
    if work is not None and work.run == last.id:
        return
    took = f", {duration((last.ended - last.began).total_seconds())}" if last.ended is not None else ""
    why = f" ({escape(last.reason)})" if last.reason else ""
    command, by = escape(last.shown_command), escape(last.holder)
    say(out, f"Last run: {last.id} {command} {state(last.state)}{why}, {moment(last.began)}{took}, by {by}")
    for one in last.failures[:FEW]:
        task = f" at '{escape(one.task)}'" if one.task else ""
        say(out, f"[bold]{one.step}[/] on [bold]{one.host}[/]{task}: {escape(one.reason)}", mark=FAILED)
    if len(last.failures) > FEW:
        say(out, f"[dim]and {len(last.failures) - FEW} more: groundplane runs show {last.id}[/]", indent=2)
    if last.failures:
        first = last.failures[0]
        say(out, f"[dim]groundplane logs {last.id} {first.step} --host {first.host}[/]", indent=2)


def _since(text: str) -> str:
    from datetime import datetime  # noqa: PLC0415

    from groundplane.cli.tables import moment  # noqa: PLC0415

    try:
        return moment(datetime.fromisoformat(text))
    except ValueError:
        return text
