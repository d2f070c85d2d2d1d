"""groundplane init: a new site."""

from __future__ import annotations

from pathlib import Path

import click

from groundplane.cli.completion import complete_releases
from groundplane.cli.options import json_option
from groundplane.counting import counted


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--template",
    type=click.Choice(["lab", "production"]),
    default="production",
    show_default=True,
    help="lab: a manager and three nodes, ready to run; production: example hosts to be replaced by yours.",
)
@click.option("--name", metavar="NAME", help="The site's name; otherwise the folder's.")
@click.option("--domain", metavar="DOMAIN", help="DNS domain of the hosts.")
@click.option(
    "--release",
    metavar="NAME",
    shell_complete=complete_releases,
    help="The release that pins every version; otherwise the newest one.",
)
@click.option(
    "--vault-password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file that holds the vault password (or a program that prints it). site.yml will name it.",
)
@json_option
def command(
    *,
    folder: Path,
    template: str,
    name: str | None,
    domain: str | None,
    release: str | None,
    vault_password_file: Path | None,
    as_json: bool,
) -> None:
    """Write a new site into DIR: a git repository that validates and deploys as generated.

    Secrets are made and encrypted at once. The vault password comes from --vault-password-file, or is asked for
    twice; the lab template makes one of its own and keeps it in your configuration folder.

    \b
    Examples:
      groundplane init berlin --domain berlin.example.org
      groundplane init try --template lab
    """
    from groundplane.cli.ask_password import ask_twice_or_none  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.site.scaffold.start import start_site  # noqa: PLC0415

    here = settings()
    created = start_site(
        folder,
        template,
        name=name,
        domain=domain,
        release=release,
        vault_password_file=vault_password_file,
        override=here.vault_password_file,
        config=here.config,
        ask=ask_twice_or_none(),
        content=toolkit_content(),
    )
    if as_json:
        from groundplane.cli.common import print_json  # noqa: PLC0415

        files = [str(file) for file in created.files]
        password = str(created.password_file) if created.password_file is not None else None
        print_json(
            {
                "path": str(created.path),
                "files": files,
                "secrets": list(created.secrets),
                "vault_password_file": password,
            }
        )
        return
    click.echo(f"Made the site in {created.path}, with {len(created.files)} files and its first commit.")
    click.echo(f"{counted(len(created.secrets), 'secret')} made and encrypted; groundplane secrets show lists them.")
    if created.password_file is not None:
        click.echo(f"The vault password is in {created.password_file}: keep it safe, and out of the site's folder.")
    elif here.vault_password_file is not None:
        click.echo(f"The vault password is the one in {here.vault_password_file}; site.yml doesn't name it.")
    else:
        click.echo("The vault password is known to you alone. groundplane secrets unlock holds it for a while.")
    click.echo(f"\nNext:\n  cd {created.path}")
    if template == "production":
        click.echo("  $EDITOR site.yml inventory/hosts.yml   # your networks and hosts")
        click.echo("  groundplane validate")
        click.echo("  groundplane hosts trust                # first contact: pins the hosts' keys")
    else:
        click.echo("  groundplane validate")
    click.echo("  groundplane plan")
    if template == "lab":
        click.echo(
            "\nIts hosts are machines of yours at these addresses. groundplane lab up makes machines and their site."
        )
