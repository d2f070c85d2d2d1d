"""groundplane openstack clouds: entries for clouds.yaml, and an openrc."""

from __future__ import annotations

import click

from groundplane.cli.options import json_option


@click.command()
@click.argument("names", nargs=-1, metavar="[ENTRY]...")
@click.option("--write", is_flag=True, help="Put them into ~/.config/openstack: clouds.yaml, and secure.yaml.")
@click.option("--openrc", "as_openrc", is_flag=True, help="As shell lines to be sourced, for one entry.")
@click.option("--passwords", is_flag=True, help="Print the passwords, too.")
@json_option
@click.pass_obj
def command(
    obj: str | None, names: tuple[str, ...], *, write: bool, as_openrc: bool, passwords: bool, as_json: bool
) -> None:
    """Give the cloud's entries for clouds.yaml: the administrator's, and each declared user's in a project.

    They are called SITE-admin and SITE-USER. With --write passwords go to secure.yaml (mode 0600); what else these
    files hold stays as it is.

    \b
    Examples:
      groundplane openstack clouds --write
      openstack --os-cloud SITE-USER server list
    """
    from groundplane.cli.common import console, open_site_and_secrets, print_json, short_path  # noqa: PLC0415
    from groundplane.cli.lines import WARNING, say  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.identity.clouds import cloud_entries  # noqa: PLC0415
    from groundplane.openstack.clouds import (  # noqa: PLC0415
        clouds_yaml,
        openrc,
        site_cacert,
        unknown_names,
        write_clouds,
    )

    if write and (as_openrc or as_json or passwords):
        raise click.UsageError("--write stands alone: what it writes isn't printed.")
    site, _ = open_site_and_secrets(obj)
    chosen = (f"{site.file.name}-admin",) if as_openrc and not names else names
    if as_openrc and len(chosen) != 1:
        raise click.UsageError("--openrc is for one entry.")
    entries = cloud_entries(site, chosen)
    notes = console(stderr=True)
    if write:
        files = write_clouds(site, entries, settings().config.parent / "openstack")
        for file in files:
            notes.print(f"wrote {short_path(file)}")
        for entry in entries:
            notes.print(f"  openstack --os-cloud {entry.name} …", highlight=False)
    elif as_openrc:
        click.echo(openrc(entries[0], cacert=site_cacert(site), password=passwords), nl=False)
    elif as_json:
        data = {entry.name: entry.as_data(cacert=site_cacert(site), password=passwords) for entry in entries}
        print_json({"clouds": data})
    else:
        click.echo(clouds_yaml(entries, cacert=site_cacert(site), passwords=passwords), nl=False)
    for name in unknown_names(entries):
        say(
            notes, f"This machine doesn't know the name {name}: put it into your DNS, or into /etc/hosts.", mark=WARNING
        )
