"""groundplane bundle inspect: what a bundle holds. Nothing is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.bundle.common import bundle_argument
from groundplane.cli.common import json_option

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.supply.bundle.reading import Bundle


@click.command()
@bundle_argument
@click.option("-v", "--verbose", is_flag=True, help="Every image, package and wheel.")
@json_option
def command(*, path: Path, verbose: bool, as_json: bool) -> None:
    """Show what a bundle holds.

    It shows what the bundle says of itself and checks nothing: that is what 'bundle verify' is for.
    """
    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.supply.bundle.reading import open_bundle  # noqa: PLC0415

    bundle = open_bundle(path)
    if as_json:
        print_json(_as_data(bundle))
    else:
        _show(bundle, verbose=verbose)


def _as_data(bundle: Bundle) -> dict[str, Any]:
    data = bundle.manifest.model_dump(mode="json")
    return {
        "path": str(bundle.path),
        "manifest": bundle.digest,
        "signed": bundle.signature is not None,
        "checked": False,
        "bytes": bundle.manifest.bytes,
        **data,
    }


def _show(bundle: Bundle, *, verbose: bool) -> None:
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from groundplane.cli.bundle.common import size  # noqa: PLC0415
    from groundplane.cli.common import console, show_table  # noqa: PLC0415
    from groundplane.supply.bundle.manifest import COMPONENTS, component_of  # noqa: PLC0415

    out, manifest = console(), bundle.manifest
    out.print(f"[bold]{escape(str(bundle.path))}[/]: release {escape(manifest.release)}, made {manifest.made_at}")
    out.print(
        f"toolkit {escape(manifest.toolkit)}, Debian {' '.join(manifest.suites)} ({manifest.architecture}), "
        f"{'signed' if bundle.signature is not None else '[red]not signed[/]'}"
    )
    if manifest.base is not None:
        out.print(
            f"builds on the bundle of {manifest.base.made_at} for release {escape(manifest.base.release)}: "
            f"{len(manifest.inherited):,} files are there"
        )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("component", "files", "size"):
        table.add_column(title, justify="left" if title == "component" else "right")
    for component, title in COMPONENTS.items():
        sizes = [entry.bytes for path, entry in manifest.own.items() if component_of(path) == component]
        if sizes:
            table.add_row(title, f"{len(sizes):,}", size(sum(sizes)))
    table.add_row("together", f"{len(manifest.own):,}", size(manifest.bytes))
    out.print()
    show_table(table, out)
    images = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("image", "tag", "size", "digest"):
        images.add_column(title, justify="right" if title == "size" else "left")
    for image in manifest.images:
        images.add_row(escape(image.name), escape(image.tag), size(image.bytes), image.digest)
    if manifest.images:
        out.print()
        show_table(images, out)
    if verbose:
        packages = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for title in ("package or wheel", "version"):
            packages.add_column(title)
        for entry in (*manifest.debian, *manifest.wheels):
            packages.add_row(escape(entry.name), escape(entry.version))
        out.print()
        show_table(packages, out)
    out.print("\n[dim]Nothing of this was checked:[/] groundplane bundle verify " + escape(str(bundle.path)))
