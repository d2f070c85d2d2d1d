"""groundplane hosts: who is there, and whose key is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.lazy_group import Group
from groundplane.cli.options import json_option, yes_option
from groundplane.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.ssh.known_hosts import HostTrust


@click.group(cls=Group)
def command() -> None:
    """Pin host keys on first contact; show what is known of hosts."""


@command.command("list")
@json_option
@click.pass_obj
def list_hosts(obj: str | None, *, as_json: bool) -> None:
    """List hosts with address, groups, and the pinned key's fingerprint."""
    from groundplane.cli.common import open_site, print_json  # noqa: PLC0415
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
        print_json({"hosts": rows})
        return
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, state  # noqa: PLC0415

    table = Table("host", "address", "groups", "key", whole=("host", "address"))
    for row in rows:
        keys, groups = row["keys"], row["groups"]
        shown = state("not trusted yet")
        if isinstance(keys, list) and keys:
            first = next((key for key in keys if key["type"] == "ssh-ed25519"), keys[0])
            shown = escape(first["fingerprint"])
        names = ", ".join(groups) if isinstance(groups, list) else ""
        table.add(f"[bold]{escape(str(row['host']))}[/]", escape(str(row["address"])), escape(names), shown)
    table.show()


@command.command()
@click.argument("hosts", nargs=-1, metavar="[HOST]...", shell_complete=complete_hosts)
@yes_option
@json_option
@click.pass_obj
def trust(obj: str | None, hosts: tuple[str, ...], *, yes: bool, as_json: bool) -> None:
    """Show the keys of hosts and pin them in inventory/known_hosts.

    Without HOST all of the inventory. A host whose key has changed is refused. Compare the fingerprints with those
    on the host's console before you say yes:

    \b
      ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
    """
    from groundplane.cli.agreement import agree  # noqa: PLC0415
    from groundplane.cli.common import open_site, print_json  # noqa: PLC0415
    from groundplane.ssh.known_hosts import Trust  # noqa: PLC0415
    from groundplane.ssh.trust import look, pin_new, refuse_unreachable, targets  # noqa: PLC0415

    site = open_site(obj)
    seen = look(site.known_hosts, targets(site, hosts))
    new = [found for found in seen if found.state is Trust.NEW]
    if not as_json:
        _show(new)
    if new:
        agree(
            f"Pin the keys of {counted(len(new), 'host')}?",
            yes=yes,
            as_json=as_json,
            look="Compare them with those above. ",
        )
    pinned = pin_new(site.known_hosts, seen)
    known = sum(found.state is Trust.KNOWN for found in seen)
    if as_json:
        print_json({"pinned": [_as_data(found) for found in new], "known": known})
    else:
        click.echo(f"{counted(pinned, 'host')} pinned, {known} known before.")
    if pinned and not as_json:
        click.echo("Commit them, so that others trust the same: git add inventory/known_hosts && git commit")
    refuse_unreachable(seen)


@command.command(short_help="Remove the pinned keys of hosts.")
@click.argument("hosts", nargs=-1, required=True, metavar="HOST...", shell_complete=complete_hosts)
@json_option
@click.pass_obj
def forget(obj: str | None, hosts: tuple[str, ...], *, as_json: bool) -> None:
    """Remove the pinned keys of hosts, for instance before they are installed anew.

    What is forgotten comes back by 'groundplane hosts trust'.
    """
    from groundplane.cli.common import open_site, print_json  # noqa: PLC0415
    from groundplane.ssh.known_hosts import forget as forget_hosts  # noqa: PLC0415
    from groundplane.ssh.trust import targets  # noqa: PLC0415

    site = open_site(obj)
    gone = forget_hosts(site.known_hosts, targets(site, hosts))
    if as_json:
        print_json({"forgotten": gone})
        return
    click.echo(f"{counted(gone, 'key')} forgotten." if gone else "Nothing was pinned for these hosts.")


def _as_data(trusted: HostTrust) -> dict[str, Any]:
    return {
        "host": trusted.target.name,
        "address": trusted.target.address,
        "keys": [{"type": key.type, "fingerprint": key.fingerprint} for key in trusted.seen],
    }


def _show(found: Sequence[HostTrust]) -> None:
    for trusted in found:
        click.echo(f"{trusted.target.name} ({trusted.target.address})")
        for key in trusted.seen:
            click.echo(f"  {key.type:<20} {key.fingerprint}")
