"""groundplane images list: the site's images, their versions and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from groundplane.cli.tables import Table
    from groundplane.supply.image_list import ListedImage


@click.command()
@click.option("--registry", "ask_registry", is_flag=True, help="Ask the site's registry, too.")
@click.option("--all", "everything", is_flag=True, help="What other sites and earlier builds left here, too.")
@json_option
@click.pass_obj
def command(obj: str | None, *, ask_registry: bool, everything: bool, as_json: bool) -> None:
    """List the site's images: tag, digest, size, when they were built, and which of store, lock and registry has them.

    What the site needs and nobody built or locked yet isn't here: groundplane images plan.
    """
    from contextlib import ExitStack  # noqa: PLC0415

    from groundplane.cli.common import console, open_site, print_json  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.counting import counted  # noqa: PLC0415
    from groundplane.supply.image_list import list_images  # noqa: PLC0415

    site = open_site(obj, need_secrets=ask_registry)
    with ExitStack() as stack:
        in_registry = None
        if ask_registry:
            from groundplane.supply.site_registry import site_registry  # noqa: PLC0415

            registry = site_registry(site)
            client = stack.enter_context(registry.reader())

            def in_registry(name: str, digest: str) -> bool:
                return client.digest(registry.path(name), digest) is not None

        images = list_images(site, cache=settings().cache, in_registry=in_registry, everything=everything)
    if as_json:
        print_json({"images": [image.as_data() for image in images]})
        return
    terminal = console()
    if not images:
        terminal.print("No images are here yet: groundplane images plan says which the site needs.")
        return
    _table(images).show(terminal)
    missing = [image.name for image in images if not image.where]
    lost = f", {counted(len(missing), 'image')} nowhere any more" if missing else ""
    terminal.print(f"{counted(len(images), 'image')}{lost}")


def _table(images: tuple[ListedImage, ...]) -> Table:
    from datetime import datetime  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, moment, state  # noqa: PLC0415
    from groundplane.counting import duration, size  # noqa: PLC0415

    table = Table(
        "image",
        "tag",
        "digest",
        "size",
        "took",
        "built",
        "where",
        whole=("image", "digest"),
        right=("size", "took"),
        spare=("took", "built"),
    )
    for image in images:
        built = moment(datetime.fromisoformat(image.built_at)) if image.built_at else ""
        table.add(
            f"[dim]{image.name}[/]" if image.parent_only else image.name,
            escape(image.tag),
            image.digest.removeprefix("sha256:")[:12],
            size(image.bytes) if image.bytes is not None else "",
            duration(image.seconds) if image.seconds is not None else "",
            built,
            ", ".join(image.where) or state("nowhere"),
        )
    return table
