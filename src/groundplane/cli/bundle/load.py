"""groundplane bundle load: take a bundle into this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.bundle.common import checked_bundle, image_option
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.supply.bundle.closed_network import Settled
    from groundplane.supply.bundle.loading import Loaded


@click.command()
@checked_bundle
@image_option
@click.option(
    "--into",
    type=click.Choice(["store", "podman", "docker"]),
    default="store",
    show_default=True,
    help="Where the site's images go: the image store, from which 'images push' takes them, or a container engine.",
)
@click.option(
    "--closed-network",
    is_flag=True,
    help="This machine reaches nothing else: its apt, pip and uv take what is loaded, and hosts get it over HTTP.",
)
@click.option("--images-only", is_flag=True, help="Leave packages, wheels and toolkit out.")
@json_option
@click.pass_obj
def command(
    obj: str | None,
    *,
    path: Path,
    signers: Path | None,
    checksum: str | None,
    bases: tuple[Path, ...],
    images: tuple[str, ...],
    into: str,
    closed_network: bool,
    images_only: bool,
    as_json: bool,
) -> None:
    """Take a bundle's content into this machine.

    Signature and all files are checked first; of a bundle that isn't whole nothing is used. What is here already is not
    copied again.

    \b
    Examples:
      groundplane bundle load /media/disk/2026.1
      groundplane bundle load /media/disk/2026.1 --closed-network
    """
    import os  # noqa: PLC0415

    from groundplane.cli.bundle.common import byte_progress, find_trust, machine, teller  # noqa: PLC0415
    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.supply.bundle.closed_network import settle  # noqa: PLC0415
    from groundplane.supply.bundle.loading import Options, Where, load_bundle  # noqa: PLC0415
    from groundplane.supply.bundle.reading import open_bundle  # noqa: PLC0415

    if closed_network and os.geteuid() != 0:
        raise InputError("--closed-network changes this machine's own settings", cure="Call it as root.")
    bundle, here = open_bundle(path), machine()
    options = Options(
        trust=find_trust(obj, signers, checksum),
        bases=tuple(open_bundle(base) for base in bases),
        where=Where(into),
        images_only=images_only,
        only_images=images,
    )
    with byte_progress() as progress:
        loaded = load_bundle(bundle, here, options, tell=teller(), progress=progress)
    settled = settle(here.current, bundle.manifest.suites) if closed_network and loaded.folder is not None else None
    if as_json:
        print_json(
            {
                "manifest": bundle.digest,
                "folder": str(loaded.folder) if loaded.folder is not None else None,
                "images": list(loaded.images),
                "copied": loaded.copied,
                "written": [str(file) for file in settled.written] if settled is not None else [],
            }
        )
    else:
        _show(loaded, settled)


def _show(loaded: Loaded, settled: Settled | None) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.lines import DONE, WARNING, say  # noqa: PLC0415
    from groundplane.counting import counted  # noqa: PLC0415

    out = console()
    who = loaded.signer.name if loaded.signer is not None else "its checksum"
    say(out, f"Loaded: release {escape(loaded.bundle.manifest.release)}, vouched for by {escape(who)}", mark=DONE)
    out.print(
        f"{counted(len(loaded.images), 'image')} of the site here, {counted(loaded.copied, 'image')} copied just now"
    )
    if loaded.folder is None:
        return
    here = loaded.folder.parent / "current"
    out.print(f"\nHere are now, below {escape(str(here))}:")
    out.print("  debian, debian-security   a Debian mirror (packages_apt_mirror), with Debian's own signatures")
    out.print("  wheels                    for pip and uv: --no-index --find-links")
    out.print("  release                   the release, images.lock and its signature")
    if settled is not None:
        from groundplane.supply.bundle.closed_network import SETTINGS  # noqa: PLC0415

        for file in settled.left:
            say(out, f"{file} is somebody else's and was left: wheels are in {escape(str(here))}/wheels", mark=WARNING)
        out.print("\nThis machine takes packages from there, and serves them. For hosts, in the site:\n")
        out.print(escape(SETTINGS))
    out.print("\nNext:\n  groundplane images push   [dim]# in the site: fills the site's registry from here[/]")
