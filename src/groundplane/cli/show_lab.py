"""What `lab` shows: progress, the nodes' table, what to type next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from groundplane.cli.common import console, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.lab.deploy import Deployed
    from groundplane.lab.service import LabIsUp, LabStatus


def teller() -> Callable[[str], None]:
    """Tells what is being done on standard error, with the seconds since the start."""
    out = console(stderr=True)
    begin = time.monotonic()

    def tell(what: str) -> None:
        out.print(f"[bold]==>[/] [dim]{time.monotonic() - begin:6.1f} s[/]  {escape(what)}")

    return tell


def status_as_json(status: LabStatus) -> dict[str, Any]:
    """A lab for programs."""
    lab = status.lab
    return {
        "name": lab.name,
        "running": status.running,
        "suite": lab.suite,
        "profile": lab.profile,
        "site": str(status.folder.site),
        "networks": {name: network.cidr for name, network in lab.networks.items()},
        "apt_proxy": lab.apt_proxy,
        "verified": lab.verified,
        "nodes": [
            {
                "name": node.node,
                "state": node.state.value,
                "groups": list(lab.node(node.node).groups),
                "addresses": dict(node.addresses),
                "disks": list(node.disks),
            }
            for node in status.nodes
        ],
    }


def show_status(status: LabStatus, *, as_json: bool) -> None:
    """The lab's nodes as a table, or as JSON."""
    if as_json:
        print_json(status_as_json(status))
        return
    out = console()
    lab = status.lab
    table = Table(box=None, pad_edge=False, header_style="bold")
    networks = [name for name, network in lab.networks.items() if network.addressed]
    for title in ("node", "state", *networks, "disks", "groups"):
        table.add_column(title)
    for node in status.nodes:
        colour = "green" if node.state == "running" else "red"
        table.add_row(
            node.node,
            f"[{colour}]{node.state.value}[/]",
            *(node.addresses[name] for name in networks),
            " ".join(node.disks) or "-",
            " ".join(lab.node(node.node).groups),
        )
    out.print(f"Lab [bold]{escape(lab.name)}[/] (Debian {lab.suite}), site {escape(str(status.folder.site))}")
    out.print(table)
    if lab.verified:
        out.print(f"Layers verified here: {', '.join(lab.verified)}")


def show_summary(status: LabStatus, is_up: LabIsUp, deployed: Deployed) -> None:
    """What runs where, and what to type next."""
    out = console()
    lab = status.lab
    name = "" if lab.name == "lab" else f" --name {lab.name}"
    out.print()
    show_status(status, as_json=False)
    out.print()
    if deployed.layers:
        did = "applied" if deployed.applied else "up to date"
        checked = "verified on every node" if deployed.verified else "verified before"
        out.print(f"[green]Layers {', '.join(deployed.layers)}: {did}, {checked}.[/]")
    out.print("Nothing had to be made." if not is_up.changed else f"Made or started: {len(is_up.changed)} things.")
    out.print("\nNext:")
    site = f"groundplane --site {status.folder.site}"
    for words, what in (
        (f"groundplane lab ssh{name} node1", "log in to a node"),
        (f"groundplane lab status{name}", "what runs where"),
        (f"{site} plan", "what would change"),
        (f"{site} status", "the nodes by layers"),
        (f"groundplane lab down{name}", "remove all of it"),
    ):
        out.print(f"  {escape(words)}   [dim]# {what}[/]")
