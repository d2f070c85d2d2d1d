"""groundplane identity smoke: what people do to come into the cloud, tried for real, and the removal of all of it."""

from __future__ import annotations

import click

from groundplane.cli.options import json_option


@click.command()
@click.option("--clean", is_flag=True, help="Make no test: only remove what earlier ones left.")
@json_option
@click.pass_obj
def command(obj: str | None, *, clean: bool, as_json: bool) -> None:
    """Log in by device, by password and in Horizon as people of a customer made for it, and log out again.

    Who mustn't come in is refused: a wrong password, somebody without a group, a token of another realm. The customer
    (a realm, a domain, a project) is removed at the end: also where something fails, or Ctrl-C stops it. What a killed
    test left the next one removes. It is a part of: groundplane verify identity
    """
    from groundplane.cli.common import console, print_json_line  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, run_operation  # noqa: PLC0415
    from groundplane.cli.parts import show_parts  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done, report  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.identity.checks.command import smoke_stage  # noqa: PLC0415
    from groundplane.run.operation import Operation  # noqa: PLC0415

    here, terminal = settings(), console()
    with open_desk(obj) as desk:
        stage, parts = smoke_stage(
            desk.site, only_clean=clean, connection=desk.connection, memory=here.runtime, holder=here.holder
        )
        operation = Operation(command="identity smoke", title=stage.description, stages=(stage,))
        result = run_operation(desk, operation, check=False, as_json=as_json, changes=False)
    if as_json:
        print_json_line({"kind": "smoke", "parts": [part.as_data() for part in parts]})
    else:
        show_parts(terminal, parts)
        report(terminal, result)
    raise_unless_done(result, dry=True)
