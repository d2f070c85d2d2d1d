"""groundplane openstack smoke: what a customer does with the cloud, and the removal of all of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from rich.console import Console

    from groundplane.openstack.smoke.command import SmokeStory


@click.command()
@click.option("--image", metavar="NAME", default="", help="The cloud's image to boot; the smallest public one.")
@click.option("--flavor", metavar="NAME", default="", help="The server's flavor; the smallest that suits the image.")
@click.option("--network", metavar="NAME", default="", help="Where the floating address comes from; the default one.")
@click.option(
    "--skip", multiple=True, metavar="PART", help="Leave out ping, ssh or backup. May be given several times."
)
@click.option("--keep", is_flag=True, help="Leave everything as it is at the end, to look at it.")
@click.option(
    "--public-key",
    "public_key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A public key of yours that may log in to the server, too; with --keep.",
)
@click.option("--clean", is_flag=True, help="Make no test: only remove what earlier ones left, or kept.")
@json_option
@click.pass_obj
def command(
    obj: str | None,
    *,
    image: str,
    flavor: str,
    network: str,
    skip: tuple[str, ...],
    keep: bool,
    public_key: Path | None,
    clean: bool,
    as_json: bool,
) -> None:
    """Boot a server from a volume as an ordinary user, reach it, back it up, and remove all of it.

    A project with one user is made for it, and removed with everything in it: also where something fails, or Ctrl-C
    stops it. What a killed test left the next one removes. It is a part of: groundplane verify platform
    """
    from groundplane.cli.common import console, print_json_line  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, run_operation  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done, report  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.openstack.smoke.command import smoke_stage  # noqa: PLC0415
    from groundplane.openstack.smoke.options import options_of, read_public_keys  # noqa: PLC0415
    from groundplane.run.operation import Operation  # noqa: PLC0415

    here, terminal = settings(), console()
    with open_desk(obj) as desk:
        site = desk.work.site
        options = options_of(
            site,
            image=image,
            flavor=flavor,
            network=network,
            skip=skip,
            public_keys=read_public_keys(public_key),
            keep=keep,
            clean=clean,
        )
        stage, story = smoke_stage(site, options, connection=desk.connection, memory=here.runtime, holder=here.holder)
        operation = Operation(command="openstack smoke", title=stage.description, stages=(stage,))
        result = run_operation(desk, operation, check=False, as_json=as_json, changes=False)
    if as_json:
        print_json_line(story.as_data())
    else:
        _show(terminal, story, keep=keep)
        report(terminal, result)
    raise_unless_done(result, dry=True)


def _show(terminal: Console, story: SmokeStory, *, keep: bool) -> None:
    from groundplane.cli.lines import WARNING, say  # noqa: PLC0415
    from groundplane.cli.parts import show_parts  # noqa: PLC0415

    show_parts(terminal, story.parts)
    if keep and story.made is not None:
        made = story.made
        login = f"{made.login}@" if made.login else ""
        say(
            terminal,
            f"Kept: server {made.server} at {login}{made.address}. "
            "It is removed by: groundplane openstack smoke --clean",
            mark=WARNING,
        )
