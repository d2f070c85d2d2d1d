"""groundplane identity restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplane.cli.operations import operation_options

if TYPE_CHECKING:
    from groundplane.identity.backup_file import Backup


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--show", is_flag=True, help="Only say what is in it.")
@operation_options
@click.pass_obj
def command(obj: str | None, file: Path, *, show: bool, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Replace Keycloak's database by the one in FILE, which 'groundplane identity backup' made.

    What is there now is saved first. Keycloak stops on all hosts, and starts again in any case. Afterwards
    'groundplane apply identity' brings what the site's files say beyond that.
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.identity.backup import open_bench  # noqa: PLC0415
    from groundplane.cli.lines import NEXT, say  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415
    from groundplane.identity.backup import plan_restore  # noqa: PLC0415
    from groundplane.identity.backup_file import open_backup  # noqa: PLC0415

    with open_desk(obj) as desk:
        backup = open_backup(file, desk.work.secrets.password)
        if show:
            _show(backup, as_json=as_json)
            return
        operation = plan_restore(open_bench(desk), backup, file, check=check, moment=datetime.now(UTC))
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
    if not as_json and not check:
        say(console(), "groundplane apply identity   # what the site's files say beyond the backup", mark=NEXT)


def _show(backup: Backup, *, as_json: bool) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.cli.tables import facts  # noqa: PLC0415

    manifest = backup.manifest
    if as_json:
        print_json(manifest.model_dump(mode="json"))
        return
    rows = {
        "site": manifest.site,
        "made": f"{manifest.when}{f' by {manifest.made_by}' if manifest.made_by else ''}",
        "Keycloak": manifest.keycloak,
        "database": f"{manifest.database}, {len(backup.sql) / 1024**2:.1f} MiB compressed",
        "realms": ", ".join(f"{name} ({len(data.get('users', ()))} people)" for name, data in backup.realms.items())
        or "none were exported",
    }
    facts((name, escape(value)) for name, value in rows.items())
