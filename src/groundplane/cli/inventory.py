"""groundplane inventory: what Ansible will see."""

from __future__ import annotations

import json

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.options import json_option


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="How to print it."
)
@click.option(
    "--host",
    metavar="HOST",
    shell_complete=complete_hosts,
    help="Only this host: the values that win.",
)
@json_option
@click.pass_obj
def command(obj: str | None, *, form: str, host: str | None, as_json: bool) -> None:
    """Show the inventory as Ansible will see it, without secrets.

    Both formats are an inventory that Ansible reads. --json is the same as --format json.

    \b
    Examples:
      groundplane inventory --host node1
      groundplane inventory > all.yml && ansible-inventory -i all.yml --graph
    """
    from groundplane.cli.common import open_site  # noqa: PLC0415
    from groundplane.site.ansible_inventory import ansible_inventory, host_inventory  # noqa: PLC0415

    site = open_site(obj)
    data = host_inventory(site, host) if host is not None else ansible_inventory(site)
    if as_json or form == "json":
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    from groundplane.site.yaml_output import to_yaml  # noqa: PLC0415

    click.echo(to_yaml(data), nl=False)
