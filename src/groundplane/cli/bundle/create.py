"""groundplane bundle create: write a bundle."""

from __future__ import annotations

from pathlib import Path

import click

from groundplane.cli.bundle.common import image_option, since_option, suite_option
from groundplane.cli.options import json_option


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--tar", is_flag=True, help="One tar instead of a folder; also where TARGET ends in .tar.")
@suite_option
@image_option
@since_option
@click.option("--force", is_flag=True, help="Replace a bundle that is there, once the new one is whole.")
@json_option
@click.pass_obj
def command(
    obj: str | None,
    *,
    target: Path,
    tar: bool,
    suites: tuple[str, ...],
    images: tuple[str, ...],
    since: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a bundle: images, packages, wheels, toolkit, release and lock.

    Until it is whole its name ends in .part; a folder that was left like that is gone on with. The list of all files is
    signed with the site's signing key.

    \b
    Examples:
      groundplane bundle create /media/disk/2026.1
      groundplane bundle create july.tar --since june/manifest.json
    """
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.bundle.common import byte_progress, machine, size, teller  # noqa: PLC0415
    from groundplane.cli.common import console, open_site_and_secrets, print_json, short_path  # noqa: PLC0415
    from groundplane.cli.lines import DONE, say  # noqa: PLC0415
    from groundplane.supply.bundle.creation import Wishes, create_bundle  # noqa: PLC0415
    from groundplane.supply.bundle.reading import read_old_manifest  # noqa: PLC0415
    from groundplane.supply.bundle.writing import check_target  # noqa: PLC0415
    from groundplane.supply.signature import signing_key  # noqa: PLC0415

    check_target(target, force=force)
    site, opened = open_site_and_secrets(obj)
    wishes = Wishes(
        target=target.absolute(),
        tar=tar or target.suffix == ".tar",
        suites=suites,
        only_images=images,
        since=read_old_manifest(since) if since is not None else None,
        force=force,
    )
    key = signing_key(opened.values, site.path)
    with byte_progress() as progress:
        made = create_bundle(site, machine(), wishes, private_key=key, tell=teller(), progress=progress)
    manifest = made.manifest
    if as_json:
        print_json(
            {
                "path": str(made.path),
                "manifest": made.digest,
                "bytes": manifest.bytes,
                "files": len(manifest.own),
                "from_base": len(manifest.inherited),
                "images": [image.name for image in manifest.images if image.local is None],
            }
        )
        return
    out = console()
    say(out, f"{escape(short_path(made.path))}: {len(manifest.own):,} files, {size(manifest.bytes)}, signed", mark=DONE)
    if manifest.inherited:
        left_out = sum(entry.bytes for entry in manifest.inherited.values())
        out.print(f"{len(manifest.inherited):,} files ({size(left_out)}) are in the older bundle and were left out.")
    out.print(f"SHA-256 of its manifest, to be told by another way: {made.digest.partition(':')[2]}")
    out.print(f"\nNext:\n  groundplane bundle verify {escape(short_path(made.path))}")
