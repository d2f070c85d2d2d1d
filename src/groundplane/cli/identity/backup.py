"""groundplane identity backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.options import json_option, output_option

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.cli.operations import Desk
    from groundplane.identity.backup import Bench


@click.command()
@output_option("The file, or a folder that is there.")
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="Remove all but the newest N of the site's in that folder."
)
@json_option
@click.pass_obj
def command(obj: str | None, *, output: Path | None, keep: int | None, as_json: bool) -> None:
    """Save Keycloak's database and each realm's export in one file, encrypted with the site's vault password.

    Without --output it goes to .groundplane/backups/identity in the site's folder: copy it to where the site isn't.
    Keycloak goes on meanwhile. 'groundplane identity restore FILE' brings it back.

    \b
    Examples:
      groundplane identity backup --output /backup --keep 14
    """
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console, print_json_line, short_path  # noqa: PLC0415
    from groundplane.cli.lines import DONE, say  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, run_operation, show_operation  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done, report  # noqa: PLC0415
    from groundplane.identity.backup import plan_backup  # noqa: PLC0415
    from groundplane.identity.backup_file import keep_newest, place_for  # noqa: PLC0415

    terminal = console()
    with open_desk(obj) as desk:
        file = place_for(output, desk.site)
        operation = plan_backup(open_bench(desk), file)
        if not as_json:
            show_operation(terminal, operation)
        result = run_operation(desk, operation, check=False, as_json=as_json, changes=False)
        if not as_json:
            report(terminal, result)
        raise_unless_done(result, dry=True)
        gone = keep_newest(file.parent, desk.site.file.name, keep) if keep is not None else ()
    if as_json:
        print_json_line({"kind": "backup", "file": str(file), "removed": [str(path) for path in gone]})
        return
    for path in gone:
        say(terminal, f"removed {escape(short_path(path))}")
    say(terminal, escape(short_path(file)), mark=DONE)


def open_bench(desk: Desk) -> Bench:
    """What plans of backups are made with.

    Raises:
        InputError: nothing of the site runs MariaDB.
    """
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.identity.backup import Bench  # noqa: PLC0415
    from groundplane.identity.configuration import read_identity  # noqa: PLC0415
    from groundplane.identity.database import keycloak_database  # noqa: PLC0415
    from groundplane.identity.exporting import export_realms, realm_names  # noqa: PLC0415
    from groundplane.identity.keycloak.session import keycloak  # noqa: PLC0415

    configuration = read_identity(desk.site)

    def export() -> dict[str, Any]:
        with keycloak(desk.site) as session:
            there = realm_names(session)
            wanted = (configuration.proxy_realm, *(realm.name for realm in configuration.realms))
            return export_realms(session, [name for name in wanted if name in there], people=True)

    return Bench(
        desk.site,
        desk.connection,
        keycloak_database(desk.site),
        desk.work.secrets.password,
        export,
        settings().holder,
    )
