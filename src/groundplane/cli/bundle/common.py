"""What the bundle's commands share: options, the machine, progress, sizes."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_images
from groundplane.errors import GroundplaneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from groundplane.supply.bundle.sources import Machine
    from groundplane.supply.bundle.trust import Trust

suite_option = click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="SUITE",
    help="Debian suite of manager and hosts; otherwise the release's own. May be given several times.",
)
image_option = click.option(
    "--image",
    "images",
    multiple=True,
    metavar="IMAGE",
    shell_complete=complete_images,
    help="Only this image. May be given several times.",
)
since_option = click.option(
    "--since",
    type=click.Path(path_type=Path, exists=True),
    metavar="BUNDLE",
    help="Leave out what this older bundle holds (its folder, its tar, or its manifest.json).",
)
base_option = click.option(
    "--base",
    "bases",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="BUNDLE",
    help="The bundle that this one builds on, where it wasn't loaded here. May be given several times.",
)
signers_option = click.option(
    "--signers",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Whose bundles are trusted (ssh's format of allowed signers); the site's inventory/images_signers otherwise.",
)
checksum_option = click.option(
    "--checksum",
    metavar="HEX",
    help="Instead of a signature: the SHA-256 of manifest.json, told by the bundle's maker.",
)
bundle_argument = click.argument("path", metavar="BUNDLE", type=click.Path(path_type=Path))


def checked_bundle(command: Callable[..., None]) -> Callable[..., None]:
    """The bundle and what it is checked against: `path`, `signers`, `checksum`, `bases`."""
    for given in (base_option, checksum_option, signers_option, bundle_argument):
        command = given(command)
    return command


def machine() -> Machine:
    """This machine, as the bundle's functions want it."""
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.machine.podman import host_podman  # noqa: PLC0415
    from groundplane.supply.bundle.sources import Machine  # noqa: PLC0415

    here = settings()
    # Others read it: apt's own user, the service that hands packages to hosts.
    loaded = Path("/var/lib/groundplane/bundles") if os.geteuid() == 0 else here.state / "bundles"
    return Machine(here.cache, loaded, here.runtime, sys.executable, host_podman())


def find_trust(obj: str | None, signers: Path | None, checksum: str | None) -> Trust:
    """What the person gave; the site's own signers where there is a site and nothing was given."""
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.supply.bundle.trust import Trust  # noqa: PLC0415
    from groundplane.supply.signature import SIGNERS_FILE  # noqa: PLC0415

    if signers is not None or checksum is not None:
        return Trust(signers, checksum)
    try:
        return Trust(find_site(obj) / SIGNERS_FILE)
    except GroundplaneError:
        if obj is not None:
            raise
        return Trust()


def size(number: int | None) -> str:
    """As people say it; a dash where it isn't known."""
    from groundplane.counting import size as told  # noqa: PLC0415

    return "-" if number is None else told(number)


def teller() -> Callable[[str], None]:
    """Sentences with the seconds since the start, on standard error."""
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415

    out, begin = console(stderr=True), time.monotonic()

    def tell(what: str) -> None:
        out.print(f"[bold]==>[/] [dim]{time.monotonic() - begin:6.1f} s[/]  {escape(what)}")

    return tell


@contextmanager
def byte_progress() -> Iterator[Callable[[int], Callable[[int], None]]]:
    """A bar on a terminal, nothing in a pipe. Gives a function: total bytes → what takes the bytes of each part."""
    from groundplane.cli.common import console  # noqa: PLC0415

    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda _: lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn  # noqa: PLC0415

    with Progress(
        BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(), console=out, transient=True
    ) as bar:
        lock = threading.Lock()

        def start(total: int) -> Callable[[int], None]:
            task = bar.add_task("", total=total)

            def advance(count: int) -> None:
                with lock:
                    bar.advance(task, count)

            return advance

        yield start
