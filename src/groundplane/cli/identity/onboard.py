"""groundplane identity onboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.options import json_option, yes_option

if TYPE_CHECKING:
    from groundplane.identity.customer_files import NewCustomer


@click.command()
@click.argument("name")
@click.option("--display-name", metavar="TEXT", default="", help="The customer's name for people.")
@click.option("--domain", metavar="NAME", default="", help="Its domain in OpenStack; NAME where left out.")
@click.option(
    "--project",
    "projects",
    multiple=True,
    metavar="NAME",
    help="A project of it; 'main' where left out. May be given several times.",
)
@click.option("--no-project", is_flag=True, help="No project: its managers make them.")
@click.option("--manager-group", metavar="NAME", default="managers", show_default=True, help="Who manage the domain.")
@click.option("--member-group", metavar="NAME", default="members", show_default=True, help="Who use the projects.")
@click.option(
    "--manager",
    "managers",
    multiple=True,
    metavar="USER:MAIL",
    help="An account that may manage it. May be given several times.",
)
@click.option(
    "--user",
    "users",
    multiple=True,
    metavar="USER:MAIL",
    help="An account that may use the projects. May be given several times.",
)
@click.option("--only-files", is_flag=True, help="Write and check the files; apply nothing.")
@yes_option
@json_option
@click.pass_obj
def command(
    obj: str | None,
    name: str,
    *,
    display_name: str,
    domain: str,
    projects: tuple[str, ...],
    no_project: bool,
    manager_group: str,
    member_group: str,
    managers: tuple[str, ...],
    users: tuple[str, ...],
    only_files: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take in the customer NAME: a realm, a domain with projects, a group of managers and one of members.

    Writes environments/identity/realms/NAME.yml, checks the site, shows the plan, asks, and applies the identity
    layer's part of it alone; nothing of OpenStack is configured anew. Where it isn't wanted, the files are as before.
    Accounts get a first password in secrets.yml, to be changed at the first login.

    \b
    Examples:
      groundplane identity onboard acme --manager alice:alice@acme.example
    """
    from groundplane.identity.customer_files import NewCustomer, read_person  # noqa: PLC0415

    if no_project and projects:
        raise click.UsageError("--project and --no-project are one or the other.")
    new = NewCustomer(
        name,
        display_name,
        domain,
        () if no_project else projects or ("main",),
        manager_group,
        member_group,
        (
            *(read_person(each, manager=True) for each in managers),
            *(read_person(each, manager=False) for each in users),
        ),
    )
    _onboard(obj, new, only_files=only_files, yes=yes, as_json=as_json)


def _onboard(obj: str | None, new: NewCustomer, *, only_files: bool, yes: bool, as_json: bool) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from groundplane.cli.common import open_site_and_secrets, print_json_line, short_path  # noqa: PLC0415
    from groundplane.cli.identity.applying import apply_customers  # noqa: PLC0415
    from groundplane.identity.customer_files import add_customer, changing  # noqa: PLC0415
    from groundplane.layers.sense import refuse_senseless  # noqa: PLC0415
    from groundplane.site.realm_files import LAYER  # noqa: PLC0415

    site, secrets = open_site_and_secrets(obj)
    with changing() as changes:
        path = add_customer(site.path, secrets.password, new, datetime.now(UTC), changes)
        if only_files:
            refuse_senseless(open_site_and_secrets(obj)[0], [LAYER])
            changes.keep()
        else:
            apply_customers(obj, changes, yes=yes, as_json=as_json)
    if as_json:
        passwords = {person.username: person.secret(new.name) for person in new.people}
        print_json_line({"kind": "customer", "customer": new.name, "file": str(path), "first_passwords": passwords})
        return
    click.echo(f"wrote {short_path(path)}")
    for person in new.people:
        click.echo(f"{person.username}'s first password: groundplane secrets show --reveal {person.secret(new.name)}")
    files = " ".join(short_path(each) for each in (path, *((site.secrets_file,) if new.people else ())))
    click.echo(f"Commit what was written: git add {files} && git commit")
