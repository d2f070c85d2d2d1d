"""groundplane bundle inspect: what a bundle holds. Nothing is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.bundle.common import bundle_argument
from groundplane.cli.options import json_option

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

    from groundplane.cli.bundle.common import size  # noqa: PLC0415
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.tables import Table, state  # noqa: PLC0415
    from groundplane.supply.bundle.manifest import COMPONENTS, component_of  # noqa: PLC0415

    out, manifest = console(), bundle.manifest
    out.print(f"[bold]{escape(str(bundle.path))}[/]: release {escape(manifest.release)}, made {manifest.made_at}")
    out.print(
        f"toolkit {escape(manifest.toolkit)}, Debian {' '.join(manifest.suites)} ({manifest.architecture}), "
        f"{'signed' if bundle.signature is not None else state('not signed')}"
    )
    if manifest.base is not None:
        out.print(
            f"builds on the bundle of {manifest.base.made_at} for release {escape(manifest.base.release)}: "
            f"{len(manifest.inherited):,} files are there"
        )
    table = Table("component", "files", "size", right=("files", "size"))
    for component, title in COMPONENTS.items():
        sizes = [entry.bytes for path, entry in manifest.own.items() if component_of(path) == component]
        if sizes:
            table.add(title, f"{len(sizes):,}", size(sum(sizes)))
    table.add("together", f"{len(manifest.own):,}", size(manifest.bytes), style="bold")
    out.print()
    table.show(out)
    images = Table("image", "tag", "digest", "size", whole=("image", "digest"), right=("size",))
    for image in manifest.images:
        images.add(escape(image.name), escape(image.tag), image.digest.removeprefix("sha256:")[:12], size(image.bytes))
    if manifest.images:
        out.print()
        images.show(out)
    if verbose:
        packages = Table("package or wheel", "version", whole=("package or wheel",))
        for entry in (*manifest.debian, *manifest.wheels):
            packages.add(escape(entry.name), escape(entry.version))
        out.print()
        packages.show(out)
    out.print("\n[dim]Nothing of this was checked:[/] groundplane bundle verify " + escape(str(bundle.path)))
