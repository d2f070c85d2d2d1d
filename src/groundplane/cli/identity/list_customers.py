"""groundplane identity list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.common import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.identity.listing import Customer


@click.command()
@click.option("--no-api", is_flag=True, help="Don't ask OpenStack; Keycloak alone.")
@json_option
@click.pass_obj
def command(obj: str | None, *, no_api: bool, as_json: bool) -> None:
    """List customers: state, domain, projects, people and groups, and the last change in Keycloak.

    Customers whose files are gone and whose realms are still there are listed, too.
    """
    from contextlib import ExitStack  # noqa: PLC0415

    from groundplane.cli.common import console, open_site, print_json  # noqa: PLC0415
    from groundplane.errors import GroundplaneError  # noqa: PLC0415
    from groundplane.identity.configuration import read_identity  # noqa: PLC0415
    from groundplane.identity.keycloak.session import keycloak  # noqa: PLC0415
    from groundplane.identity.listing import list_customers  # noqa: PLC0415
    from groundplane.platform.cloud import cloud  # noqa: PLC0415
    from groundplane.platform.rest import Rest  # noqa: PLC0415

    site = open_site(obj, need_secrets=True)
    configuration = read_identity(site)
    silent = ""
    with ExitStack() as stack, console(stderr=True).status("Asking Keycloak and the cloud"):
        session = stack.enter_context(keycloak(site))
        rest = None
        if not no_api:
            try:
                rest = Rest(stack.enter_context(cloud(site)))
            except GroundplaneError as error:
                silent = error.what
        found = list_customers(site, configuration, session, rest)
    if as_json:
        print_json({"customers": [one.as_data() for one in found]})
    elif found:
        _show(found)
    else:
        click.echo("There is no customer yet: groundplane identity onboard NAME")
    if silent:
        click.secho(f"{silent}: what OpenStack knows isn't told.", err=True, fg="yellow")


def _show(customers: Sequence[Customer]) -> None:
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from groundplane.cli.common import show_table  # noqa: PLC0415
    from groundplane.identity.listing import LOCKED, READY  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("customer", "name", "state", "domain", "projects", "people", "groups", "last change"):
        right = title in ("projects", "people", "groups")
        table.add_column(title, overflow="fold", justify="right" if right else "left")
    styles = {READY: "green", LOCKED: "yellow"}
    for one in customers:
        style = styles.get(one.state, "red")
        table.add_row(
            f"[bold]{escape(one.name)}[/]",
            escape(one.display_name),
            f"[{style}]{one.state}[/]",
            escape(one.domain),
            *("" if number is None else str(number) for number in (one.projects, one.users, one.groups)),
            f"{one.changed_at:%Y-%m-%d %H:%M}Z" if one.changed_at is not None else "",
        )
    show_table(table)
