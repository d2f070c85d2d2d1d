"""groundplane identity export."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_realms
from groundplane.cli.options import output_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("realm", required=False, metavar="[REALM]", shell_complete=complete_realms)
@output_option("A folder: each realm as REALM.json in it.", folder=True)
@click.option("--people", is_flag=True, help="With people and their groups, without what they log in with.")
@click.pass_obj
def command(obj: str | None, realm: str | None, *, output: Path | None, people: bool) -> None:
    """Write down REALM, or all realms of the site, as Keycloak has them: JSON, without secrets.

    To be read and compared. What brings a cloud's logins back is a backup: groundplane identity backup
    """
    from groundplane.cli.common import open_site, print_json, short_path  # noqa: PLC0415
    from groundplane.files import write_atomically  # noqa: PLC0415
    from groundplane.identity.configuration import read_identity  # noqa: PLC0415
    from groundplane.identity.exporting import export_realms  # noqa: PLC0415
    from groundplane.identity.keycloak.session import keycloak  # noqa: PLC0415

    site = open_site(obj, need_secrets=True)
    configuration = read_identity(site)
    wanted = (realm,) if realm else (configuration.proxy_realm, *(one.name for one in configuration.realms))
    with keycloak(site) as session:
        found = export_realms(session, wanted, people=people)
    if output is None:
        print_json(found[realm] if realm else found)
        return
    for name, data in found.items():
        file = output / f"{name}.json"
        write_atomically(file, json.dumps(data, indent=2, ensure_ascii=False) + "\n", 0o600)
        click.echo(f"wrote {short_path(file)}")
