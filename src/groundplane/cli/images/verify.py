"""groundplane images verify: do lock, store, registry and hosts hold the same images?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.options import json_option, limit_option
from groundplane.colours import BAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.secrets.opening import OpenedSecrets
    from groundplane.site.site import Site
    from groundplane.supply.verification import Checked, Verification


@click.command()
@click.option(
    "--hosts",
    "ask_hosts",
    is_flag=True,
    help="Ask hosts what they pulled and what their containers run; so does --limit.",
)
@limit_option
@click.option("--deep", is_flag=True, help="Read every byte of the store and compare checksums, not only sizes.")
@json_option
@click.pass_obj
def command(obj: str | None, *, ask_hosts: bool, limit: str | None, deep: bool, as_json: bool) -> None:
    """Prove that the lock, the store, the registry and the hosts hold the same images.

    The lock's signature comes first. Each difference is named, with what to do about it; the exit code is 1 then.
    """
    from groundplane.cli.common import console, open_site_and_secrets, print_json  # noqa: PLC0415
    from groundplane.supply.trusted_lock import verify_lock  # noqa: PLC0415
    from groundplane.supply.verification import Verification  # noqa: PLC0415

    site, secrets = open_site_and_secrets(obj)
    lock, signer = verify_lock(site.path)
    checked = tuple(_look(site, secrets, lock, hosts=ask_hosts or limit is not None, limit=limit, deep=deep))
    result = Verification(f"{signer.name} ({signer.fingerprint})", len(lock.images), checked)
    if as_json:
        print_json(_as_data(result))
    else:
        show(console(), result)
    if result.findings:
        click.get_current_context().exit(1)


def _look(
    site: Site, secrets: OpenedSecrets, lock: ImagesLock, *, hosts: bool, limit: str | None, deep: bool
) -> list[Checked]:
    from groundplane.cli.common import connected, console  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.supply.site_registry import site_registry  # noqa: PLC0415
    from groundplane.supply.store.disk import StoreFiles  # noqa: PLC0415
    from groundplane.supply.store.opening import store_root  # noqa: PLC0415
    from groundplane.supply.verification import verify_hosts, verify_registry, verify_store  # noqa: PLC0415

    here = settings()
    with console(stderr=True).status("Looking at the store") as status:
        checked = [verify_store(lock, StoreFiles(store_root(here.cache)), deep=deep)]
        status.update("Asking the registry")
        with _asker(site, lock) as ask:
            checked.append(verify_registry(site, lock, lambda: site_registry(site), ask=ask))
        if hosts:
            from groundplane.supply.running_images import running_images  # noqa: PLC0415

            status.update("Asking the hosts")
            names = site.inventory.select(limit) if limit is not None else tuple(site.inventory.hosts)
            with connected(site, secrets) as connection:
                checked += verify_hosts(site, lock, running_images(site, names, connection))
    return checked


def _asker(site: Site, lock: ImagesLock) -> Any:
    """What asks registries of others; skopeo is only needed where there are such."""
    from contextlib import nullcontext  # noqa: PLC0415

    from groundplane.cli.settings import settings  # noqa: PLC0415

    if any(image.reference for image in lock.images.values()):
        from groundplane.supply.published import open_asker  # noqa: PLC0415

        return open_asker(site, memory=settings().runtime)
    nobody: Callable[[str], str | None] = lambda _reference: None  # noqa: E731
    return nullcontext(nobody)


def show(terminal: Console, result: Verification) -> None:
    """Places, one a line; then the differences with their cures."""
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.findings import show_findings  # noqa: PLC0415
    from groundplane.cli.tables import Table, state  # noqa: PLC0415
    from groundplane.counting import counted  # noqa: PLC0415
    from groundplane.findings import Finding, Severity  # noqa: PLC0415

    terminal.print(f"images.lock: {counted(result.images, 'image')}, signed by {escape(result.signer)}")
    table = Table("where", "images", "containers", "state", whole=("where",), right=("images", "containers"))
    for checked in result.checked:
        wrong = len(checked.findings)
        said = f"[{BAD}]{counted(wrong, 'difference')}[/]" if wrong else escape(checked.note) or state("as locked")
        containers = "" if checked.containers is None else str(checked.containers)
        table.add(f"[bold]{escape(checked.place)}[/]", str(checked.images), containers, said)
    table.show(terminal)
    if result.findings:
        terminal.print()
    what = [f"{one.place}, {one.image}: {one.what}" for one in result.findings]
    shown = (Finding(Severity.ERROR, said, one.cure) for said, one in zip(what, result.findings, strict=True))
    show_findings(terminal, tuple(shown))


def _as_data(result: Verification) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415

    return {
        "signer": result.signer,
        "images": result.images,
        "same": not result.findings,
        "places": [asdict(checked) for checked in result.checked],
    }
