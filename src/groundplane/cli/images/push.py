"""groundplane images push: the locked images into the site's registry."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from groundplane.cli.common import json_option

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.argument("names", nargs=-1, metavar="[IMAGE]...")
@click.option("--parallel", type=click.IntRange(1, 16), metavar="N", help="Copies side by side.  [default: 3]")
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
    from groundplane.counting import counted  # noqa: PLC0415
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
    done = f"{counted(len(result.pushed), 'image')} {'to push' if check else 'pushed'} ({result.bytes / 1e6:,.0f} MB)"
    out.print(f"{result.registry}: {done}, {there}; {result.seconds:.1f} s")


class _Lines:
    """A line for each image that has ended; on a terminal and in a pipe alike."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._heads: dict[str, str] = {}

    def begin(self, name: str, *, number: int, of: int, size: int | None) -> None:
        with self._lock:
            self._heads[name] = f"[{number:>{len(str(of))}}/{of}] {name}{f', {size / 1e6:,.0f} MB' if size else ''}"

    def end(self, name: str, *, seconds: float, error: str = "") -> None:
        with self._lock:
            self._out.print(f"{self._heads[name]}: {'failed' if error else 'pushed'}, {seconds:.1f} s", markup=False)
