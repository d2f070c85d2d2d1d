"""groundplane ceph adopt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.ceph.adopt.adoption import Adoption
    from groundplane.ceph.adopt.files import Change
    from groundplane.site.site import Site


@click.command()
@click.argument("host", shell_complete=complete_hosts)
@operation_options
@click.pass_obj
def command(obj: str | None, host: str, *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Take over a cluster that cephadm already runs, by HOST, which has its administrator's key.

    Reads what runs, compares it with the inventory, and shows what it would write into the site's files, so that
    'groundplane apply ceph' afterwards leaves the cluster as it is. Refused where the site doesn't know all of the
    cluster's hosts. No key leaves the host.

    Adopt before the bootstrap layer is applied to these hosts: its firewall lets Ceph through once the site has the
    layer, and not before.
    """
    from groundplane.ceph.adopt.adoption import adopting, plan_adoption  # noqa: PLC0415
    from groundplane.ceph.adopt.files import changes, write  # noqa: PLC0415
    from groundplane.ceph.adopt.reading import read_existing  # noqa: PLC0415
    from groundplane.cli.common import console, print_json_line  # noqa: PLC0415
    from groundplane.cli.lines import DONE, say  # noqa: PLC0415
    from groundplane.cli.operations import agree, open_desk, run_operation, show_operation  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done, report  # noqa: PLC0415

    terminal = console()
    with open_desk(obj) as desk:
        site = desk.site
        site.inventory.select(host)
        with console(stderr=True).status("Asking the cluster"):
            existing = read_existing(site, desk.connection, host)
        adoption = plan_adoption(site, existing)
        changed = changes(site, adoption)
        operation = adopting(site, adoption, [change.path for change in changed], host)
    if as_json:
        print_json_line(_as_data(site, adoption, changed))
    else:
        _show(site, adoption, changed)
        show_operation(terminal, operation)
    if operation.nothing:
        return
    agree(operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
    if check:
        return
    write(changed)
    if operation.stages:
        # The site as it is now: what was written is among its variables.
        with open_desk(obj) as desk:
            result = run_operation(desk, operation, check=False, as_json=as_json)
        if not as_json:
            report(terminal, result)
        raise_unless_done(result, again=f"groundplane {operation.command}")
    if not as_json:
        say(terminal, "Adopted. Commit the files; groundplane plan ceph says what is still to do.", mark=DONE)


def _show(site: Site, adoption: Adoption, changed: Sequence[Change]) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.lines import NOTE, say  # noqa: PLC0415

    terminal = console()
    for line in adoption.summary:
        say(terminal, escape(line))
    for note in adoption.notes:
        say(terminal, escape(note), mark=NOTE)
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for change in changed:
        terminal.print()
        for line in change.diff(site.path).splitlines():
            style = "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], "")
            terminal.print(escape(line), style=style, soft_wrap=True)
    if changed:
        terminal.print()


def _as_data(site: Site, adoption: Adoption, changed: Sequence[Change]) -> dict[str, object]:
    return {
        "kind": "adoption",
        "fsid": adoption.fsid,
        "summary": list(adoption.summary),
        "notes": list(adoption.notes),
        "warnings": list(adoption.warnings),
        "values": dict(adoption.values),
        "host_values": {host: dict(values) for host, values in adoption.host_values.items()},
        "unmanaged": list(adoption.unmanaged),
        "files": {change.path.relative_to(site.path).as_posix(): change.diff(site.path) for change in changed},
    }
