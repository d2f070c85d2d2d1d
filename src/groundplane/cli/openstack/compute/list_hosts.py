"""groundplane openstack compute list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.cli.tables import Table
    from groundplane.openstack.compute.listing import ListedHost

MIB_A_GIB = 1024


@click.command()
@json_option
@click.pass_obj
def command(obj: str | None, *, as_json: bool) -> None:
    """List compute hosts: whether they report and take new servers, what servers they have, and what room."""
    from groundplane.cli.common import console, open_site, print_json  # noqa: PLC0415
    from groundplane.cli.openstack.compute.asking import open_nova  # noqa: PLC0415
    from groundplane.openstack.compute.listing import listed  # noqa: PLC0415

    site = open_site(obj, need_secrets=True)
    with console(stderr=True).status("Asking Nova"), open_nova(site) as nova:
        found = listed(nova)
    if as_json:
        print_json({"hosts": [one.as_data() for one in found]})
        return
    if not found:
        click.echo("Nova knows no compute host yet: groundplane apply openstack")
        return
    _table(found).show()


def _table(found: Sequence[ListedHost]) -> Table:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, state  # noqa: PLC0415

    numbers = ("vCPUs", "memory")
    spare = ("memory", "vCPUs", "zone")
    table = Table("host", "state", "zone", "servers", *numbers, "", whole=("host",), right=numbers, spare=spare)
    for one in found:
        host = one.host
        stands = state("up" if host.up else "down") + ("" if host.enabled else f", {state('disabled')}")
        servers = ", ".join(f"{number} {status}" for status, number in sorted(one.servers.items())) or "none"
        table.add(
            f"[bold]{escape(host.name)}[/]",
            stands,
            escape(host.zone),
            servers,
            _share(one, "VCPU"),
            _share(one, "MEMORY_MB", MIB_A_GIB, " GiB"),
            "; ".join(
                part for part in (escape(host.reason), "Nova was told that it is down" * host.forced_down) if part
            ),
        )
    return table


def _share(one: ListedHost, name: str, divisor: int = 1, unit: str = "") -> str:
    if name not in one.room.total:
        return ""
    used, total = one.room.used.get(name, 0) / divisor, one.room.total[name] / divisor
    return f"{used:.0f} of {total:.0f}{unit}"
