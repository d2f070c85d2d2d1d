"""groundplane images plan: which images the site needs, what would be built, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.common import json_option

if TYPE_CHECKING:
    from rich.table import Table

    from groundplane.supply.image_plan import ImagePlan


@click.command()
@click.option(
    "--layer", "layers", multiple=True, metavar="LAYER", help="Images of this layer; may be given several times."
)
@click.option("--to-build", is_flag=True, help="Only what would be built.")
@json_option
@click.pass_obj
def command(obj: str | None, *, layers: tuple[str, ...], to_build: bool, as_json: bool) -> None:
    """Say which images the site needs, what would be built, and why. Nothing is built.

    The list comes from the site's layers and switches (enable_… in environments/openstack/configuration.yml).
    """
    from groundplane.cli.common import console, open_site, print_json, show_table  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.supply.image_plan import plan_images  # noqa: PLC0415

    site = open_site(obj)
    with console(stderr=True).status("Looking at recipes") as status:
        plan = plan_images(site, cache=settings().cache, layers=layers or None, watcher=status.update)
    if as_json:
        shown = plan.to_build if to_build else plan.images
        print_json(
            {
                "source": plan.source.value,
                "release": site.release.name,
                "images": [image.as_data() for image in shown],
                "needed": len(plan.needed),
                "parents": len(plan.parents),
                "to_build": len(plan.to_build),
                "seconds": plan.seconds,
            }
        )
        return
    terminal = console()
    if not plan.images:
        terminal.print(
            "This site needs no images. Layers that need some: ceph, openstack, identity (site.yml: layers, or "
            "images.layers for images ahead of the layer)."
        )
        return
    if plan.to_build or not to_build:
        show_table(_table(plan, to_build=to_build), terminal)
    terminal.print(_summary(plan))


def _table(plan: ImagePlan, *, to_build: bool) -> Table:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("image", "layer", "service", "groups", "state"):
        table.add_column(name, no_wrap=name != "groups")
    for image in plan.to_build if to_build else plan.images:
        state = f"[yellow]to build[/]: {image.why}" if image.build else f"[green]{image.why}[/]"
        parent_only = image.layer is None
        table.add_row(
            image.name,
            "[dim]parent only[/]" if parent_only else image.layer,
            image.service or "",
            ", ".join(image.groups),
            state,
        )
    return table


def _summary(plan: ImagePlan) -> str:
    from groundplane.counting import (
        counted,  # noqa: PLC0415
        duration,  # noqa: PLC0415
    )
    from groundplane.site.images_file import ImageSource  # noqa: PLC0415

    needed = f"{counted(len(plan.needed), 'image')} needed"
    if plan.source is not ImageSource.BUILD:
        missing = len(plan.missing)
        lock = f"{missing} not in the lock: groundplane images lock" if missing else "all in the lock"
        return f"{needed}, taken as they are ({plan.source.value}), {lock}."
    there = len(plan.images) - len(plan.to_build)
    text = f"{needed}, and {counted(len(plan.parents), 'parent')} that they stand on: {there} up to date"
    if not plan.to_build:
        return f"{text}, nothing to build."
    guess = f"about {duration(plan.seconds)} of work" if all(image.seconds for image in plan.to_build) else ""
    return f"{text}, {len(plan.to_build)} to build{f' ({guess})' if guess else ''}: groundplane images build"
