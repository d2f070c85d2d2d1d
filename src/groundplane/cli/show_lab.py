"""What `lab` shows: progress, the nodes, the ways in, what it took, what to type next."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from groundplane.cli.common import console, print_json
from groundplane.cli.lines import DONE, NEXT, NOTE, WARNING, say
from groundplane.cli.tables import Table, facts, state
from groundplane.colours import ATTENTION, GOOD
from groundplane.counting import counted, duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import Console

    from groundplane.lab.deploy import Deployed
    from groundplane.lab.service import LabIsUp
    from groundplane.lab.summary import LabSummary
    from groundplane.lab.times import LayerTime

LONGEST_STEPS = 6
"""Of the critical path that are named."""
GIB = 1024**3
SOCKS_PORT = 1080
BESIDES = 6
"""Columns that a line of a command and its purpose takes besides both."""
WIDEST = 60
"""Of the commands that others are lined up with."""
KEYCLOAK = "Keycloak"


def teller() -> Callable[[str], None]:
    """Tells what is being done on standard error, with the seconds since the start."""
    out = console(stderr=True)
    begin = time.monotonic()

    def tell(what: str) -> None:
        out.print(f"[bold]==>[/] [dim]{time.monotonic() - begin:6.1f} s[/]  {escape(what)}")

    return tell


def show_status(summary: LabSummary, *, machine: str, as_json: bool) -> None:
    """A lab as it is; `machine` is USER@HOST of this one, as a laptop calls it."""
    if as_json:
        print_json(summary.as_data())
        return
    out = console()
    _head(out, summary)
    _nodes(out, summary)
    _ways(out, summary, machine)
    _took(out, summary)
    _next(out, summary)


def show_summary(summary: LabSummary, is_up: LabIsUp, deployed: Deployed, *, machine: str, seconds: float) -> None:
    """As `show_status`, with what this call did and how long that took."""
    out = console()
    out.print()
    show_status(summary, machine=machine, as_json=False)
    out.print()
    say(out, f"{escape(done_in_words(is_up, deployed))} [dim]{duration(seconds)}[/]", mark=DONE)


def done_in_words(is_up: LabIsUp, deployed: Deployed) -> str:
    """One sentence of what a call of `lab up` did."""
    made = f"{counted(len(is_up.changed), 'thing')} made or started" if is_up.changed else ""
    layers = ", ".join(deployed.layers)
    if deployed.applied:
        told = f"{layers}: applied and verified"
    elif deployed.verified:
        told = f"{layers}: up to date, and verified now"
    else:
        told = f"{layers}: up to date, and verified before" if layers else ""
    if not (made or deployed.applied or deployed.verified):
        return f"Nothing had to be done.{f' {told}.' if told else ''}"
    return f"{'; '.join(filter(None, (made, told)))}."


def _head(out: Console, summary: LabSummary) -> None:
    status, lab = summary.status, summary.status.lab
    stands = state("running") if status.running else f"[{ATTENTION}]not all of it runs[/]"
    out.print(f"Lab [bold]{escape(lab.name)}[/] (profile {lab.profile}, Debian {lab.suite}): {stands}")
    verified = [layer for layer in summary.layers if layer in summary.times.verified]
    rest = [layer for layer in summary.layers if layer not in summary.times.verified]
    if verified:
        out.print(f"Verified: [{GOOD}]{', '.join(verified)}[/]")
    if rest:
        out.print(f"[dim]Not verified yet: {', '.join(rest)}[/]")
    work = summary.at_work
    if work is not None:
        watch = f"groundplane -C {status.folder.site} logs {work.run} --follow"
        say(out, f"At work: run {work.run} by {escape(work.holder)}", mark=NOTE)
        say(out, escape(watch), mark=NEXT, indent=2)


def _nodes(out: Console, summary: LabSummary) -> None:
    out.print()
    management = next(name for name, network in summary.status.lab.networks.items() if network.nat)
    uses = {"memory": summary.memory.nodes, "at most": summary.measured.memory.nodes}
    uses = {name: found for name, found in uses.items() if found}
    heads = ("node", *(() if summary.status.running else ("state",)), management, *uses)
    table = Table(*heads, "what runs there", whole=("node", management), right=tuple(uses), spare=tuple(reversed(uses)))
    for node in summary.status.nodes:
        cells = [
            f"[bold]{node.node}[/]",
            *(() if summary.status.running else (state(node.state.value),)),
            node.addresses[management],
            *(gib(found[node.node]) if node.node in found else "[dim]-[/]" for found in uses.values()),
        ]
        table.add(*cells, escape(", ".join(summary.roles[node.node])))
    table.show(out)


def _ways(out: Console, summary: LabSummary, machine: str) -> None:
    ways, site = summary.ways, summary.status.folder.site
    if ways.trouble:
        out.print()
        say(out, f"How to come in can't be told: {escape(ways.trouble)}", mark=WARNING)
        say(out, f"groundplane -C {escape(str(site))} validate", mark=NEXT, indent=2)
    if not ways.doors:
        return
    out.print("\n[bold]Addresses[/]")
    rows = [(door.name, escape(door.url)) for door in ways.doors]
    rows.append(("internal", f"{ways.addresses['internal']} [dim](the API, for the hosts themselves)[/]"))
    if ways.floating:
        rows.append(("floating", f"{', '.join(ways.floating)} [dim](guests, from this machine)[/]"))
    facts(rows, out)
    _laptop(out, summary, machine)
    _people(out, summary)


def _laptop(out: Console, summary: LabSummary, machine: str) -> None:
    """The ways that carry the cloud's own addresses: they stand in its certificates, tokens and redirects."""
    ways = summary.ways
    out.print("\n[bold]From a laptop[/] [dim](over ssh to this machine, which alone reaches these addresses)[/]")
    lines = [(f"sshuttle -r {machine} {' '.join(ways.routes)}", "for everything")]
    lines.append((f"ssh -D {SOCKS_PORT} {machine}", f"for a browser: SOCKS host localhost, port {SOCKS_PORT}"))
    lines += [(f"echo {address} {name} | sudo tee -a /etc/hosts", "") for name, address in ways.names.items()]
    if ways.authority is not None:
        lines.append((f"scp {machine}:{ways.authority} .", "the authority that the browser has to trust"))
        target = f"/usr/local/share/ca-certificates/{summary.status.lab.name}.crt"
        lines.append((f"sudo cp ca.crt {target}", "for programs, before sudo update-ca-certificates"))
    _commands(out, lines)


def _people(out: Console, summary: LabSummary) -> None:
    ways = summary.ways
    out.print("\n[bold]Who may log in[/]")
    table = Table("name", "of", "by", "project", "password's name", whole=("name", "password's name"), spare=("by",))
    for one in ways.accounts:
        table.add(
            f"[bold]{escape(one.name)}[/]",
            escape(one.of),
            "single sign-on" if one.through == KEYCLOAK else "Keystone",
            escape(", ".join(one.projects)) or "[dim]-[/]",
            one.secret or "[dim]-[/]",
        )
    table.show(out)
    own, *federated = ways.entries
    lines = [
        ("groundplane secrets show --reveal NAME", "a password, by its name"),
        ("groundplane openstack clouds --write", "clouds.yaml for this machine"),
        (f"openstack --os-cloud {own} token issue", "a token"),
        *((f"openstack --os-cloud {name} token issue", "shows where to log in") for name in federated),
    ]
    out.print("\n[bold]Passwords and tokens[/] [dim](in the site's folder)[/]")
    _commands(out, lines)


def _took(out: Console, summary: LabSummary) -> None:
    """In few lines: what each layer took, the phases of `lab up`, the chain that all waited for, memory."""
    times, phases = summary.times, summary.measured.phases
    rows: list[tuple[str, str]] = []
    if times.layers:
        rows.append(("applied", ", ".join(_layer_time(layer) for layer in times.layers)))
    checked = [(layer.layer, layer.verified) for layer in times.layers if layer.verified is not None]
    if checked:
        rows.append(("verified", ", ".join(f"{name} {duration(took)}" for name, took in checked)))
    if phases:
        rows.append(("lab up", ", ".join(f"{name} {duration(took)}" for name, took in phases.items())))
    if len(times.critical_path) > 1:
        run = f"[dim]run {times.run.rpartition('-')[2]}, {duration(times.seconds)}:[/]"
        rows.append(("critical path", f"{run} {escape(path(times.critical_path))}"))
    now, highest = summary.memory, summary.measured.memory
    if highest.together:
        told = f"{gib(now.together)} now, {gib(highest.together)} at most" if now.together else gib(highest.together)
        rows.append(("memory", f"nodes {told}; whole machine {gib(highest.machine)} at most"))
    elif now.together:
        rows.append(("memory", f"nodes {gib(now.together)}; whole machine {gib(now.machine)}"))
    if rows:
        out.print("\n[bold]What it took[/]")
        facts(rows, out)


def _layer_time(layer: LayerTime) -> str:
    parts = {"building": layer.built, "pushing": layer.pushed, "pulling": layer.pulled}
    told = ", ".join(f"{what} {duration(took)}" for what, took in parts.items() if took)
    return f"{layer.layer} {duration(layer.applied)}{f' ({told})' if told else ''}"


def path(steps: Iterable[tuple[str, float]]) -> str:
    """The longest steps of a chain, in its order, and what the others took together."""
    known = list(steps)
    longest = sorted(known, key=lambda one: -one[1])[:LONGEST_STEPS]
    named = " → ".join(f"{step} {duration(took)}" for step, took in known if (step, took) in longest)
    others = [took for step, took in known if (step, took) not in longest]
    return f"{named}; {counted(len(others), 'other')} {duration(sum(others))}" if others else named


def gib(count: int) -> str:
    return f"{count / GIB:.1f} GiB"


def _next(out: Console, summary: LabSummary) -> None:
    lab, site = summary.status.lab, summary.status.folder.site
    name = "" if lab.name == "lab" else f" --name {lab.name}"
    out.print("\n[bold]Next[/]")
    activate = Path(sys.prefix) / "bin" / "activate"
    lines = [(f"source {activate}", "")] if shutil.which("groundplane") is None and activate.is_file() else []
    lines += [
        (f"cd {site}", "the site's folder"),
        ("groundplane", "how it stands, and what comes next"),
    ]
    if "openstack" in summary.applied:
        lines.append(("groundplane openstack smoke", "a server from a volume, and away again"))
    elif "ceph" in summary.applied:
        lines.append(("groundplane ceph status", "the cluster"))
    lines += [
        (f"groundplane lab ssh{name} node1", "log in to a node"),
        (f"groundplane lab status{name}", "all this again"),
        (f"groundplane lab down{name}", "remove all of it"),
    ]
    _commands(out, lines)


def _commands(out: Console, lines: Iterable[tuple[str, str]]) -> None:
    """Commands as they are typed, never broken by us; what they are for behind them, else on a line before."""
    known = list(lines)
    beside = [(words, what) for words, what in known if what and len(words) + len(what) + BESIDES <= out.width]
    widest = max((len(words) for words, _ in beside), default=0)
    column = min([widest, WIDEST, *(out.width - len(what) - BESIDES for _, what in beside)])
    for words, what in known:
        if (words, what) in beside:
            blanks = " " * (max(column, len(words)) - len(words))
            out.print(f"  {escape(words)}{blanks}  [dim]# {what}[/]", soft_wrap=True)
            continue
        if what:
            out.print(f"  [dim]# {what}:[/]", soft_wrap=True)
        out.print(f"  {escape(words)}", soft_wrap=True)
