"""groundplane images plan: which images the site needs, what would be built, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.options import json_option, layer_option
from groundplane.colours import GOOD

if TYPE_CHECKING:
    from groundplane.cli.tables import Table
    from groundplane.supply.image_plan import ImagePlan


@click.command()
@layer_option
@click.option("--to-build", is_flag=True, help="Only what would be built.")
@json_option
@click.pass_obj
def command(obj: str | None, *, layers: tuple[str, ...], to_build: bool, as_json: bool) -> None:
    """Say which images the site needs, what would be built, and why. Nothing is built.

    The list comes from the site's layers and switches (enable_… in environments/openstack/configuration.yml).
    """
    from groundplane.cli.common import console, open_site, print_json  # noqa: PLC0415
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
        _table(plan, to_build=to_build).show(terminal)
    terminal.print(_summary(plan))


def _table(plan: ImagePlan, *, to_build: bool) -> Table:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, state  # noqa: PLC0415

    table = Table("image", "layer", "service", "groups", "state", whole=("image",), spare=("service", "groups"))
    for image in plan.to_build if to_build else plan.images:
        why = f"{state('to build')}: {escape(image.why)}" if image.build else f"[{GOOD}]{escape(image.why)}[/]"
        table.add(
            image.name,
            "[dim]parent only[/]" if image.layer is None else image.layer,
            image.service or "",
            ", ".join(image.groups),
            why,
        )
    return table


def _summary(plan: ImagePlan) -> str:
    from groundplane.counting import counted, duration  # noqa: PLC0415
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
