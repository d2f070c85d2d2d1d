"""groundplane images lock: images.lock, written from what is there, and signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.completion import complete_images
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from groundplane.site.site import Site
    from groundplane.supply.lock_making import LockChanges, MovedPackage
    from groundplane.supply.locking import ProposedLock
    from groundplane.supply.model import NeededImage

FEW = 20
FEW_IMAGES = 4


@click.command()
@click.argument("names", nargs=-1, metavar="[IMAGE]...", shell_complete=complete_images)
@click.option("--upgrade", is_flag=True, help="First build images anew with the newest packages; all if none is named.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where the lock isn't what it should be.")
@json_option
@click.pass_obj
def command(obj: str | None, names: tuple[str, ...], *, upgrade: bool, check: bool, as_json: bool) -> None:
    """Write images.lock: digests, package versions, checksums; say what it changes, and sign it.

    For images built here it says what the store has; for others, what their tags stand for in their registries now.
    IMAGE can only be named with --upgrade: what stands on it moves with it, everything else keeps its versions.

    \b
    Examples:
      groundplane images lock
      groundplane images lock --upgrade keystone
    """
    from groundplane.cli.common import console, open_site_and_secrets, print_json, short_path  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.counting import counted  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.site.images_lock import lock_path  # noqa: PLC0415
    from groundplane.supply.catalogue import needed_images  # noqa: PLC0415
    from groundplane.supply.signature import signing_key  # noqa: PLC0415
    from groundplane.supply.trusted_lock import write_signed_lock  # noqa: PLC0415

    if names and not upgrade:
        raise InputError(
            "Images are only named with --upgrade",
            why="a lock speaks of all images of the site",
            cure=f"groundplane images lock --upgrade {' '.join(names)}",
        )
    if check and upgrade:
        raise InputError("--check builds nothing, so it doesn't go with --upgrade", cure="Leave one of them away.")
    if check:
        _check(obj, as_json=as_json)
        return
    site, secrets = open_site_and_secrets(obj)
    key = signing_key(secrets.values, site.path)
    proposed = _propose(site, needed_images(site), names, upgrade=upgrade, as_json=as_json)
    file = lock_path(site.path)
    terminal = console()
    if not as_json and not proposed.stands:
        show_changes(terminal, proposed.changes)
    written = write_signed_lock(site.path, proposed.lock, private_key=key, runtime=settings().runtime)
    if as_json:
        print_json({"lock": str(file), "written": written, "changes": changes_as_data(proposed.changes)})
        return
    done = "written and signed" if written else "stands"
    terminal.print(f"{short_path(file)} {done}: {counted(len(proposed.lock.images), 'image')}", markup=False)


def _check(obj: str | None, *, as_json: bool) -> None:
    from groundplane.cli.common import console, open_site, print_json, short_path  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.site.images_lock import lock_path  # noqa: PLC0415
    from groundplane.supply.catalogue import needed_images  # noqa: PLC0415
    from groundplane.supply.locking import check_lock  # noqa: PLC0415

    site = open_site(obj)
    file = short_path(lock_path(site.path))
    with console(stderr=True).status("Looking at recipes"):
        wrong = check_lock(site, needed_images(site), cache=settings().cache)
    if as_json:
        print_json({"lock": file, "up_to_date": not wrong, "problems": wrong})
    else:
        for line in wrong:
            click.echo(f"{file}: {line}")
        cure = "groundplane images build, or groundplane images lock, puts it right."
        click.echo(cure if wrong else f"{file} is what the site needs")
    if wrong:
        click.get_current_context().exit(1)


def _propose(
    site: Site,
    needed: Sequence[NeededImage],
    names: Sequence[str],
    *,
    upgrade: bool,
    as_json: bool,
) -> ProposedLock:
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.site.images_file import ImageSource  # noqa: PLC0415
    from groundplane.supply.locking import propose_built, propose_published  # noqa: PLC0415

    here = settings()
    if site.file.images.source is not ImageSource.BUILD:
        if upgrade:
            raise InputError(
                "Only images that are built here can be upgraded",
                why=f"site.yml says images.source: {site.file.images.source.value}",
                cure="groundplane images lock takes what their tags stand for now.",
            )
        from groundplane.supply.published import open_asker  # noqa: PLC0415

        with open_asker(site, memory=here.runtime) as ask, console(stderr=True).status("Asking registries"):
            return propose_published(site, needed, ask=ask)
    if upgrade:
        return _upgrade(site, needed, names, as_json=as_json)
    from groundplane.machine.podman import host_podman  # noqa: PLC0415
    from groundplane.supply.store import open_store  # noqa: PLC0415

    with (
        open_store(cache=here.cache, podman=host_podman(), memory=here.runtime) as store,
        console(stderr=True).status("Looking at recipes"),
    ):
        return propose_built(site, needed, cache=here.cache, store=store)


def _upgrade(site: Site, needed: Sequence[NeededImage], names: Sequence[str], *, as_json: bool) -> ProposedLock:
    import os  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.images.build import build_watcher  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.machine.cancel import CancelToken, cancel_on_signals  # noqa: PLC0415
    from groundplane.machine.podman import host_podman  # noqa: PLC0415
    from groundplane.supply.locking import propose_records  # noqa: PLC0415
    from groundplane.supply.store import open_store  # noqa: PLC0415
    from groundplane.supply.upgrade import upgrade_images  # noqa: PLC0415

    here, podman, cancel = settings(), host_podman(), CancelToken()
    told = console(stderr=True)
    with open_store(cache=here.cache, podman=podman, memory=here.runtime) as store, cancel_on_signals(cancel):
        result = upgrade_images(
            site,
            needed,
            names=names,
            cache=here.cache,
            store=store,
            podman=podman,
            parallel=site.file.images.parallel or os.cpu_count() or 1,
            watcher=build_watcher(console(stderr=as_json), as_json=False),
            cancel=cancel,
            say=lambda text: told.print(text, markup=False),
        )
    result.raise_unless_done()
    return propose_records(site, needed, result.records)


def show_changes(terminal: Console, changes: LockChanges) -> None:
    """Images and packages that differ from the former lock; the table's rows stay greppable in a pipe."""
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, state  # noqa: PLC0415

    if not changes:
        return
    table = Table("image", "from", "to", whole=("image",))
    for name in changes.added:
        table.add(escape(name), "", state("new"))
    for name in changes.removed:
        table.add(escape(name), "", state("gone"))
    for name, old, new in changes.changed:
        table.add(escape(name), escape(_short(old)), escape(_short(new)))
    table.show(terminal)
    if changes.packages:
        _show_packages(terminal, changes.packages)


def _show_packages(terminal: Console, packages: Sequence[MovedPackage]) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, state  # noqa: PLC0415
    from groundplane.counting import counted  # noqa: PLC0415

    terminal.print()
    table = Table("package", "from", "to", "images", whole=("package",))
    shown = packages[:FEW] if terminal.is_terminal else packages
    for move in shown:
        images = ", ".join(move.images) if len(move.images) <= FEW_IMAGES else counted(len(move.images), "image")
        table.add(escape(move.name), escape(move.old or ""), escape(move.new) if move.new else state("gone"), images)
    table.show(terminal)
    if len(packages) > len(shown):
        terminal.print(f"and {counted(len(packages) - len(shown), 'package')} more (--json lists them all)")
    terminal.print()


def _short(digest: str) -> str:
    """As `images list` has it."""
    return digest.removeprefix("sha256:")[:12]


def changes_as_data(changes: LockChanges) -> dict[str, Any]:
    """The same for programs."""
    from dataclasses import asdict  # noqa: PLC0415

    return {
        "added": list(changes.added),
        "removed": list(changes.removed),
        "changed": [{"image": name, "old": old, "new": new} for name, old, new in changes.changed],
        "packages": [asdict(move) for move in changes.packages],
    }
