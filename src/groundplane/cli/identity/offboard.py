"""groundplane identity offboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.completion import complete_realms
from groundplane.cli.operations import operation_options

if TYPE_CHECKING:
    from groundplane.cli.operations import Desk
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.keycloak.session import Session
    from groundplane.run.operation import Operation


@click.command()
@click.argument("name", shell_complete=complete_realms)
@click.option("--undo", is_flag=True, help="Let its people in again.")
@click.option("--delete", is_flag=True, help="Remove its realm, its domain and its file for good.")
@operation_options
@click.pass_obj
def command(
    obj: str | None,
    name: str,
    *,
    undo: bool,
    delete: bool,
    yes: bool,
    confirm: str,
    check: bool,
    as_json: bool,
) -> None:
    """Lock the customer NAME out: nobody of its realm can log in, and its domain is off. What it has goes on running.

    Writes 'enabled: false' into its file, shows the plan, asks, and applies it. With --delete all that was made for it
    is removed, once its projects are empty; its name has to be typed for that.

    \b
    Examples:
      groundplane identity offboard acme
      groundplane identity offboard acme --undo
    """
    if undo and delete:
        raise click.UsageError("--undo and --delete are one or the other.")
    if delete:
        _delete(obj, name, yes=yes, confirm=confirm, check=check, as_json=as_json)
        return
    if check:
        raise click.UsageError("--check is for --delete; without it the plan is shown before anybody is asked.")
    from groundplane.cli.common import open_site, short_path  # noqa: PLC0415
    from groundplane.cli.identity.applying import apply_customers  # noqa: PLC0415
    from groundplane.identity.customer_files import changing, switch_customer  # noqa: PLC0415

    site = open_site(obj)
    with changing() as changes:
        path = switch_customer(site.path, name, changes, enabled=undo)
        apply_customers(obj, changes, yes=yes, as_json=as_json)
    if not as_json:
        click.echo(f"Commit what was written: git add {short_path(path)} && git commit")


def _delete(obj: str | None, name: str, *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415
    from groundplane.identity.configuration import read_identity  # noqa: PLC0415

    with open_desk(obj) as desk:
        configuration = read_identity(desk.site)
        declared = configuration.realm(name) is not None
        operation = _plan(desk, configuration, name, check=check)
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
    if declared and not check:
        from groundplane.cli.apply import apply_request  # noqa: PLC0415
        from groundplane.cli.identity.applying import CUSTOMER_STEPS  # noqa: PLC0415
        from groundplane.run.preparation import Request  # noqa: PLC0415

        # Nothing is left to change; the steps' receipts follow the files.
        apply_request(obj, Request(names=CUSTOMER_STEPS), yes=True, as_json=as_json)


def _plan(desk: Desk, configuration: IdentityConfiguration, name: str, *, check: bool) -> Operation:
    from datetime import UTC, datetime  # noqa: PLC0415

    from groundplane.cli.common import console, short_path  # noqa: PLC0415
    from groundplane.identity.customer_files import forget_customer, record_realm  # noqa: PLC0415
    from groundplane.identity.exporting import export_realm  # noqa: PLC0415
    from groundplane.identity.keycloak.session import WORK_SECONDS, keycloak  # noqa: PLC0415
    from groundplane.identity.removal import look_in_keycloak, look_in_openstack, plan_delete  # noqa: PLC0415
    from groundplane.platform.cloud import cloud  # noqa: PLC0415
    from groundplane.platform.rest import Rest  # noqa: PLC0415

    site = desk.site
    realm = configuration.realm(name)
    with console(stderr=True).status("Asking Keycloak and the cloud"):
        with keycloak(site) as session:
            in_keycloak = look_in_keycloak(site, session, configuration, name)
        with cloud(site) as connection:
            in_openstack = look_in_openstack(site, Rest(connection), realm.domain if realm is not None else name)

    def open_session() -> Any:
        return keycloak(site, seconds=WORK_SECONDS)

    moment = datetime.now(UTC)

    def record(session: Session) -> str:
        data = export_realm(session, name, people=True)
        return short_path(record_realm(site.state, name, data, moment))

    def forget() -> str:
        to = forget_customer(site.path, site.state, desk.work.secrets.password, name, moment)
        return short_path(to) if to is not None else ""

    return plan_delete(
        site,
        configuration,
        name,
        in_keycloak,
        in_openstack,
        open_session=open_session,
        record=record,
        forget=forget,
        check=check,
    )
