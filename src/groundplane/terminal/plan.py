"""How a plan is shown: a table where a person looks, a line for each step and reason in a pipe."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from groundplane.colours import ATTENTION, BAD, GOOD, NEW
from groundplane.counting import counted
from groundplane.plan.model import HostAction, ReasonKind
from groundplane.plan.show import Row, layer_of, plan_rows
from groundplane.plan.wording import hosts_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from rich.console import RenderableType

    from groundplane.plan.model import Plan
    from groundplane.site.site import Site

WIDEST_HOSTS = 36
CLEANING = {"openstack": "groundplane openstack cleanup"}
"""Layer to the command that removes containers which were left over."""
STYLES = {
    ReasonKind.NEVER_APPLIED: NEW,
    ReasonKind.FAILED_LAST_TIME: BAD,
    ReasonKind.INTERRUPTED: BAD,
    ReasonKind.INPUTS_CHANGED: ATTENTION,
    ReasonKind.CONTENT_CHANGED: ATTENTION,
    ReasonKind.RELEASE_CHANGED: ATTENTION,
    ReasonKind.LACKING: NEW,
    ReasonKind.DRIFT: ATTENTION,
    ReasonKind.UNPROVEN: ATTENTION,
    ReasonKind.FORCED: NEW,
}


def render_plan(
    plan: Plan, *, site: Site | None = None, asked: Collection[str] | None = None, plain: bool = False
) -> RenderableType:
    """The whole plan for a console.

    `site` tells changed variables' new values and places. `asked` are the steps that were asked for: others are marked
    as needed. `plain` is for a pipe: no frames, one line for each step and reason.
    """
    rows = plan_rows(plan, site)
    asked = asked if asked is not None else {step.step for step in plan.steps}
    parts: list[RenderableType] = [] if plain else [_headline(plan), Text()]
    if rows:
        parts += _plain_lines(rows, asked) if plain else [*_table(rows, asked), Text()]
    parts += [*_summary(plan, rows), *_leftovers(plan), *_unreachable(plan)]
    return Group(*parts)


def _headline(plan: Plan) -> Text:
    text = Text.assemble(("Plan", "bold"), " for ", (plan.site, "bold"), f", release {plan.release}")
    if plan.selection:
        text.append(f", only {', '.join(plan.selection)}")
    if plan.limit is not None:
        text.append(f", only on {plan.limit}")
    return text


def _table(rows: Sequence[Row], asked: Collection[str]) -> Iterable[RenderableType]:
    """Layers as headings; for each step and set of hosts the wave, the kinds of reasons, and below them the details."""
    names = {row: _name(row, asked) for row in rows}
    widths = (
        max(len(str(row.wave)) for row in rows),
        max(name.cell_len for name in names.values()),
        min(max(len(row.hosts_in_words) for row in rows), WIDEST_HOSTS),
    )
    layer, step = "", ""
    for row in rows:
        if layer_of(row.step) != layer:
            if layer:
                yield Text()
            layer = layer_of(row.step)
            yield Text(layer, "bold")
        first = row.step != step
        step = row.step
        table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
        table.add_column(width=widths[0] + 2, justify="right", style="dim")
        table.add_column(width=widths[1], no_wrap=True)
        table.add_column(width=widths[2], overflow="fold")
        table.add_column(overflow="fold")
        kinds = Text(", ").join(Text(words, STYLES[kind]) for kind, words, _ in row.reasons)
        table.add_row(str(row.wave) if first else "", names[row] if first else "", row.hosts_in_words, kinds)
        yield table
        for kind, _, details in row.reasons:
            for detail in details:
                point = Table.grid(padding=(0, 1, 0, 0))
                point.add_row(Text("·", STYLES[kind]), Text(detail, overflow="fold"))
                yield Padding(point, (0, 0, 0, widths[0] + 4))


def _name(row: Row, asked: Collection[str]) -> Text:
    text = Text(row.step.partition(".")[2])
    if row.step not in asked:
        text.append(" (needed)", "dim")
    return text


def _plain_lines(rows: Sequence[Row], asked: Collection[str]) -> Iterable[Text]:
    """A line for each row, in columns, with whole step ids: for grep."""
    names = [row.step if row.step in asked else f"{row.step} (needed)" for row in rows]
    widest_name = max(len(name) for name in names)
    widest_hosts = min(max(len(row.hosts_in_words) for row in rows), WIDEST_HOSTS)
    for row, name in zip(rows, names, strict=True):
        why = "; ".join(f"{words}: {', '.join(details)}" if details else words for _, words, details in row.reasons)
        yield Text(f"{row.wave:2}  {name:{widest_name}}  {row.hosts_in_words:{widest_hosts}}  {why}")


def _summary(plan: Plan, rows: Sequence[Row]) -> Iterable[Text]:
    hosts = {host.host for step in plan.steps for host in step.hosts}
    idle = [step for step in plan.steps if all(host.action is HostAction.UP_TO_DATE for host in step.hosts)]
    unseen = "" if plan.probed else " The hosts were not asked, so drift stays unseen."
    if not rows:
        reached = len(hosts) - len(plan.unreachable.keys() & hosts)
        if reached or not hosts:
            where = counted(reached, "host")
            yield Text.assemble(
                ("Nothing to do", f"bold {GOOD}"),
                f": {counted(len(plan.steps), 'step')} up to date on {where}.{unseen}",
            )
        return
    steps = list(dict.fromkeys(row.step for row in rows))
    targets = {host for row in rows for host in row.hosts}
    waves = Counter(wave for _, wave in {(row.step, row.wave) for row in rows})
    widest = max(waves.values())
    side = (f", up to {widest}" if len(waves) > 1 else "") + " side by side" if widest > 1 else ""
    in_waves = f" in {len(waves)} waves" if len(waves) > 1 else ""
    yield Text.assemble(
        (f"{counted(len(steps), 'step')} to run", "bold"),
        f" on {counted(len(targets), 'host')}{in_waves}{side}.{unseen}",
    )
    if idle:
        names = ", ".join(step.step.partition(".")[2] for step in idle)
        yield Text.assemble(("Up to date", GOOD), f": {names}")


def _leftovers(plan: Plan) -> Iterable[Text]:
    """A line for each step, with the hosts that have the same of it."""
    by_step: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for left in plan.leftovers:
        by_step[left.step, left.containers].append(left.host)
    for (step, containers), hosts in by_step.items():
        yield Text.assemble(
            ("Left over", f"bold {ATTENTION}"),
            f" of {step}: {', '.join(containers)} on {hosts_in_words(hosts)}, which the site doesn't ask for there",
        )
    layers = dict.fromkeys(layer_of(left.step) for left in plan.leftovers)
    for layer in layers:
        if layer in CLEANING:
            yield Text(f"  → {CLEANING[layer]}", "dim")


def _unreachable(plan: Plan) -> Iterable[Text]:
    by_error: dict[str, list[str]] = defaultdict(list)
    for host, error in plan.unreachable.items():
        by_error[error].append(host)
    for error, hosts in by_error.items():
        yield Text.assemble(("Left out", BAD), f": {hosts_in_words(hosts)}: {error}")
        if error.startswith("untrusted host"):
            command = "forget" if "another key" in error else "trust"
            yield Text(f"  → groundplane hosts {command} {' '.join(hosts)}", "dim")
