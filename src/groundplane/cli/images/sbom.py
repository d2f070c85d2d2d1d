"""groundplane images sbom: bills of materials."""

from __future__ import annotations

from pathlib import Path

import click

from groundplane.cli.completion import complete_images
from groundplane.cli.options import output_option


@click.command()
@click.argument("name", required=False, metavar="[IMAGE]", shell_complete=complete_images)
@output_option("Write it there instead of printing it.", dir_okay=False)
@click.option(
    "--all",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="One file for each locked image, in this folder.",
)
@click.pass_obj
def command(obj: str | None, name: str | None, *, output: Path | None, folder: Path | None) -> None:
    """Print an image's bill of materials: CycloneDX 1.6, JSON.

    It says what the locked image holds: Debian packages, Python distributions, jars, source archives with their
    checksums. Parents' content is part of it.

    \b
    Examples:
      groundplane images sbom keystone --output keystone.cdx.json
      groundplane images sbom --all sboms
    """
    from groundplane.cli.common import open_site, short_path  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.counting import counted  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.files import write_atomically  # noqa: PLC0415
    from groundplane.supply.locked_sboms import locked_sbom  # noqa: PLC0415
    from groundplane.supply.trusted_lock import read_trusted_lock  # noqa: PLC0415

    if (name is None) == (folder is None):
        raise InputError(
            "Name one image, or a folder for all of them",
            cure="groundplane images sbom keystone, or groundplane images sbom --all DIR",
        )
    site, here = open_site(obj, strict=False), settings()
    lock = read_trusted_lock(site.path)
    if folder is not None:
        built = [image for image, locked in lock.images.items() if locked.identity is not None]
        for image in built:
            write_atomically(folder / f"{image}.cdx.json", locked_sbom(lock, image, cache=here.cache))
        click.echo(f"{counted(len(built), 'bill')} of materials in {folder}")
        return
    text = locked_sbom(lock, name or "", cache=here.cache)
    if output is not None:
        write_atomically(output, text)
        click.echo(f"wrote {short_path(output)}", err=True)
    else:
        click.echo(text, nl=False)
