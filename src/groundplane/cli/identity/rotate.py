"""groundplane identity rotate: new secrets of clients, new signing keys of realms."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_realms
from groundplane.cli.lazy_group import Group
from groundplane.cli.operations import operation_options


@click.group(cls=Group)
def command() -> None:
    """Give clients new secrets, or realms new signing keys."""


@command.command("client-secrets", short_help="Give our own clients new secrets.")
@click.argument("realm", required=False, metavar="[REALM]", shell_complete=complete_realms)
@operation_options
@click.pass_obj
def client_secrets(obj: str | None, realm: str | None, *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Give the clients that are ours new secrets: Keystone's, the manager's, the administrator's, the brokers'.

    With REALM only its own: the proxy realm's (Keystone, the manager), master's (the administrator), or a customer's
    (its broker). Applications that a realm file declares keep theirs. Where Keystone gets a new one, nobody can log in
    to Horizon from the moment on that Keycloak has it until Keystone does.
    """
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415
    from groundplane.identity.configuration import read_identity  # noqa: PLC0415
    from groundplane.identity.rotation import choose_secrets  # noqa: PLC0415
    from groundplane.identity.rotation_plans import plan_client_secrets  # noqa: PLC0415

    with open_desk(obj) as desk:
        configuration = read_identity(desk.site)
        chosen = choose_secrets(configuration, realm)
        operation = plan_client_secrets(
            desk.site, configuration, chosen, password=desk.work.secrets.password, check=check
        )
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
    if check or not chosen.steps:
        return
    from groundplane.cli.apply import apply_request  # noqa: PLC0415
    from groundplane.run.preparation import Request  # noqa: PLC0415

    # It was agreed to with what is written by now.
    apply_request(obj, Request(names=chosen.steps), yes=True, as_json=as_json)
    if not as_json:
        click.echo("Commit what was written: git add secrets.yml && git commit")


@command.command("signing-keys", short_help="Give realms new keys that sign tokens.")
@click.argument("realm", required=False, metavar="[REALM]", shell_complete=complete_realms)
@click.option("--leaked", is_flag=True, help="Old keys go at once: everybody has to log in again.")
@operation_options
@click.pass_obj
def signing_keys(
    obj: str | None, realm: str | None, *, leaked: bool, yes: bool, confirm: str, check: bool, as_json: bool
) -> None:
    """Give REALM, or all realms, new keys that sign tokens.

    What old keys signed stays good: they sign no more, and are removed by the first rotation that comes a day later.
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415
    from groundplane.identity.configuration import read_identity  # noqa: PLC0415
    from groundplane.identity.rotation import choose_realms  # noqa: PLC0415
    from groundplane.identity.rotation_plans import plan_signing_keys  # noqa: PLC0415

    with open_desk(obj) as desk:
        realms = choose_realms(read_identity(desk.site), realm)
        operation = plan_signing_keys(desk.site, realms, datetime.now(UTC), leaked=leaked, check=check)
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
