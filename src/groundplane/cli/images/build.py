"""groundplane images build: what is missing or changed, side by side."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_images
from groundplane.cli.options import json_option, layer_option, parallel_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from groundplane.cli.tables import Table
    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site
    from groundplane.supply.build import BuildResult
    from groundplane.supply.build.events import BuildWatcher


@click.command()
@click.argument("names", nargs=-1, metavar="[IMAGE]...", shell_complete=complete_images)
@layer_option
@parallel_option("Builds", 64, otherwise="One a core where it isn't given.")
@click.option("--fresh", is_flag=True, help="Build the named images although they are there; all where none is named.")
@click.option("--no-lock", is_flag=True, help="Leave images.lock as it is; versions in it are kept to all the same.")
@json_option
@click.pass_obj
def command(
    obj: str | None,
    names: tuple[str, ...],
    *,
    layers: tuple[str, ...],
    parallel: int | None,
    fresh: bool,
    no_lock: bool,
    as_json: bool,
) -> None:
    """Build the images that the site needs, from Debian, PyPI and Maven packages; what is up to date is left alone.

    Where images.lock names package versions, these are taken. A failed image holds back what stands on it and nothing
    else; stopped or killed, the next call goes on with what is missing.

    With --json each event is an object on a line of its own.

    \b
    Examples:
      groundplane images build
      groundplane images build keystone --fresh
    """
    import os  # noqa: PLC0415

    from groundplane.cli.common import console, open_site  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.machine.cancel import CancelToken, cancel_on_signals  # noqa: PLC0415
    from groundplane.machine.podman import host_podman  # noqa: PLC0415
    from groundplane.supply.recipes import choose_images, need_build_source  # noqa: PLC0415
    from groundplane.supply.site_build import build_for_site  # noqa: PLC0415

    here, site, podman = settings(), open_site(obj), host_podman()
    need_build_source(site)
    terminal = console()
    chosen = choose_images(site, names=names, layers=layers or None)
    cancel = CancelToken()
    built = build_for_site(
        site,
        chosen,
        cache=here.cache,
        memory=here.runtime,
        podman=podman,
        parallel=parallel or site.file.images.parallel or os.cpu_count() or 1,
        watcher=build_watcher(terminal, as_json=as_json),
        cancel=cancel,
        fresh=names if fresh else None,
        relock=not no_lock,
        looking=_looking(console(stderr=True)),
        catching=cancel_on_signals(cancel),
    )
    if not as_json:
        _report(terminal, built.result, built.disk)
    if built.lock is not None:
        _write_lock(obj, site, built.lock, terminal if not as_json else console(stderr=True))
    built.result.raise_unless_done()


@contextmanager
def _looking(terminal: Console) -> Iterator[Callable[[str], None]]:
    with terminal.status("Looking at recipes") as status:
        yield status.update


def build_watcher(terminal: Console, *, as_json: bool) -> BuildWatcher:
    """A live view on a terminal, lines in a pipe, JSON for programs."""
    from groundplane.supply.build.watchers import JsonBuildWatcher, PlainBuildWatcher  # noqa: PLC0415
    from groundplane.terminal.builds import LiveBuildWatcher  # noqa: PLC0415

    if as_json:
        return JsonBuildWatcher(click.echo)
    return LiveBuildWatcher(terminal) if terminal.is_terminal else PlainBuildWatcher(click.echo)


def _report(terminal: Console, result: BuildResult, disk: int) -> None:
    from groundplane.counting import (  # noqa: PLC0415
        counted,
        duration,
        size,
    )
    from groundplane.supply.build import ImageState  # noqa: PLC0415

    built = result.of(ImageState.BUILT)
    if built:
        _table(result).show(terminal)
    there = len(result.records)
    terminal.print(
        f"{counted(there, 'image')} there, {len(built)} built in {duration(result.seconds)}; "
        f"the store takes {size(disk)} of the disk."
    )


def _table(result: BuildResult) -> Table:
    """The images that were built; sizes are what each adds to its parent."""
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table  # noqa: PLC0415
    from groundplane.counting import duration, size  # noqa: PLC0415
    from groundplane.supply.build import ImageState  # noqa: PLC0415

    records = result.records
    numbers = ("took", "size", "added", "in the store", "packages")
    table = Table("image", *numbers, whole=("image",), right=numbers)
    seconds = added = stored = 0.0
    for image in result.of(ImageState.BUILT):
        record = records[image.name]
        parent = records.get(record.parent) if record.parent is not None else None
        own = record.bytes - (parent.bytes if parent is not None else 0)
        own_stored = record.stored_bytes - (parent.stored_bytes if parent is not None else 0)
        packages = len(record.debian) + len(record.python) + len(record.java)
        sizes = (size(record.bytes), size(own), size(own_stored))
        table.add(escape(image.name), duration(record.seconds), *sizes, f"{packages}")
        seconds, added, stored = seconds + record.seconds, added + own, stored + own_stored
    table.add("together", duration(seconds), "", size(int(added)), size(int(stored)), "", style="bold")
    return table


def _write_lock(obj: str | None, site: Site, lock: ImagesLock, terminal: Console) -> None:
    """Writes and signs it; where the key can't be had, says how it's done later. What was built is built."""
    from groundplane.cli.common import open_site_and_secrets, short_path  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.site.images_lock import lock_path  # noqa: PLC0415
    from groundplane.supply.signature import signing_key  # noqa: PLC0415
    from groundplane.supply.trusted_lock import write_signed_lock  # noqa: PLC0415

    try:
        secrets = open_site_and_secrets(obj)[1]
        key = signing_key(secrets.values, site.path)
    except InputError as error:
        terminal.print(f"images.lock was not written: {error.what}", markup=False)
        for problem in error.problems:
            terminal.print(f"  {problem.what}" + (f"\n    → {problem.cure}" if problem.cure else ""), markup=False)
        terminal.print("  → Then: groundplane images lock", markup=False)
        return
    if write_signed_lock(site.path, lock, private_key=key, runtime=settings().runtime):
        terminal.print(f"{short_path(lock_path(site.path))} written and signed.", markup=False)
