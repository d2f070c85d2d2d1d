"""groundplane images push: the locked images into the site's registry."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_images
from groundplane.cli.options import json_option, parallel_option

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.argument("names", nargs=-1, metavar="[IMAGE]...", shell_complete=complete_images)
@parallel_option("Copies", 16, otherwise="3 where it isn't given.")
@click.option("--check", is_flag=True, help="Say what would be pushed, push nothing.")
@json_option
@click.pass_obj
def command(obj: str | None, names: tuple[str, ...], *, parallel: int | None, check: bool, as_json: bool) -> None:
    """Copy the images of images.lock that the site's registry lacks into it; all of them where none is named.

    The lock's signature is verified first. An image counts as there when its digest is, so that calling again after a
    failure goes on where it ended.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from groundplane.cli.common import console, open_site, print_json  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.counting import (  # noqa: PLC0415
        counted,
        duration,
        size,
    )
    from groundplane.machine.cancel import CancelToken, cancel_on_signals  # noqa: PLC0415
    from groundplane.supply.push import PARALLEL, push_images  # noqa: PLC0415
    from groundplane.supply.trusted_lock import read_trusted_lock  # noqa: PLC0415

    here, site = settings(), open_site(obj, need_secrets=True)
    lock = read_trusted_lock(site.path)
    out, cancel = console(stderr=as_json), CancelToken()
    with cancel_on_signals(cancel):
        result = push_images(
            site,
            lock,
            names=names,
            cache=here.cache,
            memory=here.runtime,
            watcher=_Lines(out),
            stopped=lambda: bool(cancel),
            check=check,
            parallel=parallel or PARALLEL,
        )
    if as_json:
        print_json({**asdict(result), "check": check})
        return
    if not result.registry:
        out.print(
            "Nothing to push: hosts pull from where images are already (site.yml: images.source, images.upstream)."
        )
        return
    there = f"{counted(len(result.present), 'image')} there before"
    if check:
        for name in result.pushed:
            out.print(f"would push {name}")
    done = f"{counted(len(result.pushed), 'image')} {'to push' if check else 'pushed'} ({size(result.bytes)})"
    out.print(f"{result.registry}: {done}, {there}; {duration(result.seconds)}")


class _Lines:
    """A line for each image that has ended; on a terminal and in a pipe alike."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._heads: dict[str, str] = {}

    def begin(self, name: str, *, number: int, of: int, size: int | None) -> None:
        from groundplane.counting import size as told  # noqa: PLC0415

        with self._lock:
            self._heads[name] = f"[{number:>{len(str(of))}}/{of}] {name}{f', {told(size)}' if size else ''}"

    def end(self, name: str, *, seconds: float, error: str = "") -> None:
        from groundplane.counting import duration  # noqa: PLC0415

        with self._lock:
            self._out.print(
                f"{self._heads[name]}: {'failed' if error else 'pushed'}, {duration(seconds)}", markup=False
            )
