"""groundplane hosts: who is there, and whose key is trusted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from groundplane.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.ssh.known_hosts import HostTrust


@click.group()
def command() -> None:
    """Pin host keys on first contact; show what is known of hosts."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def list_hosts(obj: str | None, *, as_json: bool) -> None:
    """Hosts with address, groups, and the pinned key's fingerprint."""
    from groundplane.cli.common import console, open_site, print_json  # noqa: PLC0415
    from groundplane.ssh.known_hosts import read_known_hosts  # noqa: PLC0415
    from groundplane.ssh.trust import targets  # noqa: PLC0415

    site = open_site(obj)
    known = read_known_hosts(site.known_hosts)
    rows = [
        {
            "host": target.name,
            "address": target.address,
            "port": target.port,
            "groups": [group for group in site.inventory.groups_of(target.name) if group not in {"all", "ungrouped"}],
            "keys": [
                {"type": key.type, "fingerprint": key.fingerprint} for key in known.keys_of(target.address, target.port)
            ],
        }
        for target in targets(site)
    ]
    if as_json:
        print_json(rows)
        return
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for title in ("Host", "Address", "Groups", "Key"):
        table.add_column(title, overflow="fold")
    for row in rows:
        keys = row["keys"]
        shown = "[yellow]not trusted yet[/]"
        if isinstance(keys, list) and keys:
            first = next((key for key in keys if key["type"] == "ssh-ed25519"), keys[0])
            shown = first["fingerprint"]
        groups = row["groups"]
        table.add_row(
            str(row["host"]), str(row["address"]), ", ".join(groups) if isinstance(groups, list) else "", shown
        )
    console().print(table)


@command.command()
@click.argument("hosts", nargs=-1)
@click.option("--yes", is_flag=True, help="Pin without a question: the network is trusted, or the keys were compared.")
@click.pass_obj
def trust(obj: str | None, hosts: tuple[str, ...], *, yes: bool) -> None:
    """Show the keys of hosts and pin them in inventory/known_hosts.

    Without HOST all of the inventory. A host whose key has changed is refused. Compare the fingerprints with those
    on the host's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
    """
    from groundplane.cli.common import open_site  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.ssh.known_hosts import Trust  # noqa: PLC0415
    from groundplane.ssh.trust import look, pin_new, refuse_unreachable, targets  # noqa: PLC0415

    site = open_site(obj)
    seen = look(site.known_hosts, targets(site, hosts))
    new = [found for found in seen if found.state is Trust.NEW]
    _show(new)
    if new and not yes:
        if not sys.stdin.isatty():
            raise InputError(
                f"Nobody has confirmed the keys of {counted(len(new), 'host')}",
                cure="Compare them above, then call with --yes.",
            )
        click.confirm(f"Pin the keys of {counted(len(new), 'host')}?", abort=True, err=True)
    pinned = pin_new(site.known_hosts, seen)
    known = sum(found.state is Trust.KNOWN for found in seen)
    click.echo(f"{counted(pinned, 'host')} pinned, {known} known before.")
    if pinned:
        click.echo("Commit them, so that others trust the same: git add inventory/known_hosts && git commit")
    refuse_unreachable(seen)


@command.command()
@click.argument("hosts", nargs=-1, required=True)
@click.pass_obj
def forget(obj: str | None, hosts: tuple[str, ...]) -> None:
    """Remove the pinned keys of hosts, for instance before they are installed anew."""
    from groundplane.cli.common import open_site  # noqa: PLC0415
    from groundplane.ssh.known_hosts import forget as forget_hosts  # noqa: PLC0415
    from groundplane.ssh.trust import targets  # noqa: PLC0415

    site = open_site(obj)
    gone = forget_hosts(site.known_hosts, targets(site, hosts))
    click.echo(f"{counted(gone, 'key')} forgotten." if gone else "Nothing was pinned for these hosts.")


def _show(found: Sequence[HostTrust]) -> None:
    for trusted in found:
        click.echo(f"{trusted.target.name} ({trusted.target.address})")
        for key in trusted.seen:
            click.echo(f"  {key.type:<20} {key.fingerprint}")
