"""groundplane bundle verify: the signature, then every file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.bundle.common import checked_bundle
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@checked_bundle
@click.option("--alone", is_flag=True, help="Of an incremental bundle check just what is in it.")
@json_option
@click.pass_obj
def command(
    obj: str | None,
    *,
    path: Path,
    signers: Path | None,
    checksum: str | None,
    bases: tuple[Path, ...],
    alone: bool,
    as_json: bool,
) -> None:
    """Check a bundle's signature and every file in it.

    Each file that is missing, cut short, changed or too much is named. Exit code 1 where anything is wrong.

    \b
    Examples:
      groundplane bundle verify /media/disk/2026.1
    """
    import time  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.bundle.common import byte_progress, find_trust, machine, size  # noqa: PLC0415
    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.lines import DONE, say  # noqa: PLC0415
    from groundplane.counting import counted, duration  # noqa: PLC0415
    from groundplane.supply.bundle.loading import machine_holders  # noqa: PLC0415
    from groundplane.supply.bundle.reading import open_bundle  # noqa: PLC0415
    from groundplane.supply.bundle.trust import check_signature  # noqa: PLC0415
    from groundplane.supply.bundle.verification import check_files, is_whole, raise_damage  # noqa: PLC0415

    begin = time.monotonic()
    bundle = open_bundle(path)
    signer = check_signature(bundle, find_trust(obj, signers, checksum))
    holders = machine_holders(machine(), [open_bundle(base) for base in bases]) if bundle.manifest.inherited else []
    with byte_progress() as progress:
        checked = check_files(
            bundle,
            holders=holders,
            skip=(lambda name: bundle.manifest.files[name].base) if alone else (lambda _: False),
            advance=progress(bundle.manifest.bytes),
        )
    if as_json:
        print_json(
            {
                "path": str(path),
                "manifest": bundle.digest,
                "whole": is_whole(checked),
                "signer": signer.name if signer is not None else None,
                "files": checked.files,
                "bytes": checked.bytes,
                "bad": checked.bad,
                "absent": list(checked.absent),
            }
        )
        if not is_whole(checked):
            raise click.exceptions.Exit(1)
        return
    raise_damage(bundle, checked)
    who = f"signed by {signer.name} ({signer.fingerprint})" if signer is not None else "its checksum is the one given"
    seconds = time.monotonic() - begin
    out = console()
    say(
        out,
        f"Whole: {counted(checked.files, 'file')}, {size(checked.bytes)}, "
        f"release {escape(bundle.manifest.release)} of {bundle.manifest.made_at}, {escape(who)}; {duration(seconds)}",
        mark=DONE,
    )
    if bundle.manifest.inherited:
        files = counted(len(bundle.manifest.inherited), "file")
        verb = "was" if len(bundle.manifest.inherited) == 1 else "were"
        out.print(f"{files} of the older bundle {verb} {'not looked for' if alone else 'found, and right'}.")
