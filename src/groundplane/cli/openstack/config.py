"""groundplane openstack config: what kolla-ansible is given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.completion import complete_hosts, complete_services
from groundplane.cli.options import extra_option, json_option
from groundplane.counting import counted

if TYPE_CHECKING:
    from groundplane.kolla.showing import Shown


@click.command()
@click.option(
    "--service",
    metavar="SERVICE",
    shell_complete=complete_services,
    help="What this one of Kolla's services reads, such as nova-cell.",
)
@click.option("--host", metavar="HOST", shell_complete=complete_hosts, help="What counts on this host.")
@extra_option
@json_option
@click.pass_obj
def command(obj: str | None, *, service: str | None, host: str | None, extra: tuple[str, ...], as_json: bool) -> None:
    """Show what kolla-ansible is given: values, groups and override files.

    Values that refer to secrets stay as they are written; no secret is opened for this.

    \b
    Examples:
      groundplane openstack config --service nova-cell --host node2
    """
    from groundplane.cli.common import open_site, parse_extra, print_json  # noqa: PLC0415
    from groundplane.kolla.showing import show  # noqa: PLC0415

    site = open_site(obj, extra=parse_extra(extra), strict=False)
    found = show(site, service=service, host=host)
    if as_json:
        print_json(_as_json(found))
    else:
        _show(found)
    if site.problems:
        click.echo(f"The site has {counted(len(site.problems), 'problem')}: groundplane validate", err=True)


def _as_json(found: Shown) -> dict[str, Any]:
    return {
        "variables": {
            name: {
                "value": value.value,
                "written": value.written,
                "source": value.source,
                "file": str(value.place.file) if value.place else None,
                "line": value.place.line if value.place else None,
            }
            for name, value in found.variables.items()
        },
        "groups": {name: list(hosts) for name, hosts in found.groups.items()},
        "overlays": {
            name: {"files": list(overlay.files), "content": overlay.text} for name, overlay in found.overlays.items()
        },
        "reads": {name: list(names) for name, names in found.reads.items()},
        "certificates": {name: list(names) for name, names in found.certificates.items()},
    }


def _show(found: Shown) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console, short_place  # noqa: PLC0415
    from groundplane.cli.tables import Table  # noqa: PLC0415

    out = console()
    table = Table("variable", "value", "from", whole=("variable",))
    for name, value in found.variables.items():
        text = value.value if isinstance(value.value, str) else json.dumps(value.value, default=str)
        where = short_place(value.place) if value.place else value.source
        table.add(escape(name), escape(" ".join(text.split())), escape(str(where)))
    table.show(out)
    groups = Table("hosts", "Kolla's groups")
    by_hosts: dict[tuple[str, ...], list[str]] = {}
    for name, hosts in found.groups.items():
        by_hosts.setdefault(hosts, []).append(name)
    for hosts, names in by_hosts.items():
        groups.add(escape(", ".join(hosts) or "nobody"), escape(", ".join(names)))
    click.echo()
    groups.show(out)
    for name, overlay in found.overlays.items():
        out.print(f"\n[bold]{escape(name)}[/] [dim]{escape(' + '.join(overlay.files))}[/]", soft_wrap=True)
        click.echo(overlay.text.rstrip("\n"))
    for name, carried in found.certificates.items():
        shown = ", ".join(carried) or "no address"
        out.print(f"\n[bold]certificate {escape(name)}[/] {escape(shown)}", soft_wrap=True)
