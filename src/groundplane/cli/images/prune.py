"""groundplane images prune: what no lock and no plan needs goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.options import json_option, yes_option

if TYPE_CHECKING:
    from rich.console import Console

    from groundplane.supply.prune import Prunable


@click.command()
@click.option("--check", is_flag=True, help="Say what would go; remove nothing.")
@yes_option
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="What was used since stays, because other sites on this machine may need it.  [default: 30]",
)
@click.option("--all", "everything", is_flag=True, help="Everything that this site doesn't need, however young.")
@json_option
@click.pass_obj
def command(obj: str | None, *, check: bool, yes: bool, days: float | None, everything: bool, as_json: bool) -> None:
    """Remove images and caches that neither images.lock nor the site's present recipes name, to free disk space.

    Only what this toolkit made is touched: its image store, its images in podman's storage, and what builds cached.
    """
    from groundplane.cli.agreement import agree  # noqa: PLC0415
    from groundplane.cli.common import console, open_site, print_json  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.counting import size  # noqa: PLC0415
    from groundplane.machine.podman import host_podman  # noqa: PLC0415
    from groundplane.supply.keep import keep_of_site  # noqa: PLC0415
    from groundplane.supply.prune import DAYS, find_prunable, keep_of_lock, prune  # noqa: PLC0415
    from groundplane.supply.store import open_store, open_store_alone  # noqa: PLC0415
    from groundplane.supply.trusted_lock import former_lock  # noqa: PLC0415

    site, here, podman = open_site(obj), settings(), host_podman()
    terminal = console(stderr=as_json)
    with open_store(cache=here.cache, podman=podman, memory=here.runtime) as store:
        keep, doubts = keep_of_site(site, cache=here.cache, store=store)
        older_than = 0.0 if everything else DAYS if days is None else days
        found = find_prunable(cache=here.cache, files=store.files, podman=podman, keep=keep, older_than=older_than)
    for doubt in doubts:
        terminal.print(doubt, markup=False)
    if not as_json:
        _show(terminal, found)
    if check or not found:
        if as_json:
            print_json({"removed": False, **_as_data(found)})
        return
    agree("Remove this?", yes=yes, as_json=as_json, look="Look with --check. ")
    with open_store_alone(cache=here.cache, podman=podman, memory=here.runtime) as alone:
        # Meanwhile somebody may have built.
        keep |= keep_of_lock(former_lock(site.path))
        now = find_prunable(cache=here.cache, files=alone.store.files, podman=podman, keep=keep, older_than=older_than)
        found = found.still(now)
        done = prune(found, store=alone.store, podman=podman, collect_garbage=alone.collect_garbage)
    if as_json:
        print_json({"removed": True, "freed_bytes": done.bytes, "in_use": list(done.kept), **_as_data(found)})
        return
    for name in done.kept:
        terminal.print(f"{name} stays: a container uses it", markup=False)
    terminal.print(f"{size(done.bytes)} freed")


def _show(terminal: Console, found: Prunable) -> None:
    """Images by name; of caches only how many of a kind, because their names say nothing."""
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table  # noqa: PLC0415
    from groundplane.counting import counted, size  # noqa: PLC0415

    if not found:
        terminal.print("Nothing to remove.")
        return
    table = Table("where", "what", "size", right=("size",))
    for image in found.images:
        name = f"{image.name}:{image.tags[0]}" if image.tags else f"{image.name}@{image.digest[:19]}"
        table.add("store", escape(name), "")
    for name in found.local:
        table.add("podman", escape(name), "")
    for kind, (number, amount) in found.kinds().items():
        table.add("cache", f"{kind}: {counted(number, 'item')}", size(amount))
    table.show(terminal)
    terminal.print(
        f"\nStore {size(found.store_bytes)}, cache {size(found.cache_bytes)}; what podman frees is seen afterwards."
    )


def _as_data(found: Prunable) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415

    return {
        "images": [asdict(image) for image in found.images],
        "podman": list(found.local),
        "cache": [str(path) for path in (*found.records, *(entry.path for entry in found.entries))],
        "cache_kinds": {kind: {"items": number, "bytes": size} for kind, (number, size) in found.kinds().items()},
        "store_bytes": found.store_bytes,
        "cache_bytes": found.cache_bytes,
    }
