"""groundplane bundle plan: what a bundle for the site would hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.bundle.common import image_option, since_option, suite_option
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.supply.bundle.planning import BundlePlan


@click.command()
@suite_option
@image_option
@since_option
@click.option("-v", "--verbose", is_flag=True, help="Every image, package and wheel.")
@json_option
@click.pass_obj
def command(
    obj: str | None,
    *,
    suites: tuple[str, ...],
    images: tuple[str, ...],
    since: Path | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """Say what a bundle for this site would hold, and how big it would be.

    The list is computed from the site, its lock and the mirrors; only indexes are fetched. Sizes of wheels are known
    once they were fetched for the first time.
    """
    from groundplane.cli.bundle.common import machine  # noqa: PLC0415
    from groundplane.cli.common import open_site, print_json  # noqa: PLC0415
    from groundplane.supply.bundle.planning import plan_bundle  # noqa: PLC0415
    from groundplane.supply.bundle.reading import read_old_manifest  # noqa: PLC0415

    site = open_site(obj)
    old = read_old_manifest(since)[0] if since is not None else None
    plan = plan_bundle(site, machine(), suites=suites, only_images=images, since=old)
    if as_json:
        print_json(_as_data(plan))
    else:
        _show(plan, verbose=verbose)


def _as_data(plan: BundlePlan) -> dict[str, object]:
    return {
        "release": plan.release,
        "suites": list(plan.suites),
        "held": plan.held,
        "problems": list(plan.problems),
        "components": [
            {"component": total.component, "count": total.count, "bytes": total.bytes, "unknown": total.unknown}
            for total in plan.totals()
        ],
        "items": [
            {
                "component": item.component,
                "name": item.name,
                "version": item.version,
                "bytes": item.bytes,
                "note": item.note,
            }
            for item in plan.items
        ],
    }


def _show(plan: BundlePlan, *, verbose: bool) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.bundle.common import size  # noqa: PLC0415
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.lines import WARNING, say  # noqa: PLC0415
    from groundplane.cli.tables import Table  # noqa: PLC0415
    from groundplane.supply.bundle.manifest import COMPONENTS  # noqa: PLC0415

    out = console()
    if verbose:
        items = Table("component", "name", "version", "size", "", whole=("name",), right=("size",))
        for item in plan.items:
            items.add(item.component, escape(item.name), escape(item.version), size(item.bytes), escape(item.note))
        items.show(out)
        out.print()
    table = Table("component", "files", "size", "", right=("files", "size"))
    totals = plan.totals()
    for total in totals:
        unknown = f"{total.unknown:,} of unknown size" if total.unknown else ""
        table.add(COMPONENTS[total.component], f"{total.count:,}", size(total.bytes or None), unknown)
    table.add("together", f"{len(plan.items):,}", size(sum(total.bytes for total in totals)), "", style="bold")
    table.show(out)
    if plan.held:
        out.print(f"{plan.held:,} packages and wheels are in the older bundle already, and are left out.")
    for problem in plan.problems:
        say(out, escape(problem), mark=WARNING)
