"""groundplane identity list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.options import json_option

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

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console, open_site, print_json  # noqa: PLC0415
    from groundplane.colours import ATTENTION  # noqa: PLC0415
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
        console(stderr=True).print(f"[{ATTENTION}]![/] {escape(silent)}: what OpenStack knows isn't told.")


def _show(customers: Sequence[Customer]) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, moment, state  # noqa: PLC0415
    from groundplane.colours import BAD, state_style  # noqa: PLC0415

    numbers = ("projects", "people", "groups")
    table = Table(
        "customer",
        "name",
        "state",
        "domain",
        *numbers,
        "last change",
        whole=("customer", "domain"),
        right=numbers,
        spare=("domain", "groups", "last change"),
    )
    for one in customers:
        table.add(
            f"[bold]{escape(one.name)}[/]",
            escape(one.display_name),
            state(one.state, style=state_style(one.state) or BAD),
            escape(one.domain),
            *("" if number is None else str(number) for number in (one.projects, one.users, one.groups)),
            moment(one.changed_at) if one.changed_at is not None else "",
        )
    table.show()
