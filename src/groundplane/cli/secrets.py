"""groundplane secrets: made, completed, shown masked, edited, re-keyed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.completion import complete_secrets
from groundplane.cli.lazy_group import Group
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.errors import InputError
    from groundplane.site.model import SiteFile
    from groundplane.site.secrets.declared import DeclaredSecret
    from groundplane.site.secrets.opening import OpenedSecrets
    from groundplane.site.secrets.password import VaultPassword

_MINUTES = 60
_MOST_MINUTES = 24 * 60
_EDITORS = ("sensible-editor", "nano", "vi")


@click.group(cls=Group)
def command() -> None:
    """Make, complete, show, edit and re-key the site's secrets.

    The vault password comes from GROUNDPLANE_VAULT_PASSWORD_FILE, else from vault in site.yml (a file or a command),
    else from the agent that 'secrets unlock' starts, else it is asked for; never from the command line.
    """


@command.command(short_help="Make secrets.yml, or complete it with what is missing.")
@json_option
@click.pass_obj
def init(obj: str | None, *, as_json: bool) -> None:
    """Make secrets.yml, or complete it with what the site's layers need; never shows a value."""
    from groundplane.cli.ask_password import ask_or_none, ask_twice_or_none  # noqa: PLC0415
    from groundplane.site.secrets import store  # noqa: PLC0415
    from groundplane.site.secrets.generate import PublicFacts  # noqa: PLC0415

    path, file, declared = _site(obj)
    ask = ask_or_none() if store.secrets_file(path).exists() else ask_twice_or_none()
    facts = PublicFacts(file.name, file.domain, file.certificates.authority_days)
    done = store.complete_secrets(path, _password(path, file, ask), declared, facts)
    if as_json:
        from groundplane.cli.common import print_json  # noqa: PLC0415

        files = [str(each.relative_to(path)) for each in done.files]
        print_json({"made": list(done.made), "files": files, "was_in_clear": done.was_in_clear})
        return
    if done.was_in_clear:
        click.echo("secrets.yml was not encrypted; it is now. If it was ever committed, change the secrets in it.")
    for name in done.made:
        click.echo(f"made {name}: {declared[name].description}")
    for written in done.files:
        click.echo(f"wrote {written.relative_to(path)}")
    if done.files:
        names = " ".join(str(written.relative_to(path)) for written in done.files)
        click.echo(f"Commit what was written: git add {names} && git commit")
    else:
        click.echo(f"Complete: {len(declared)} secrets that the layers {', '.join(file.layers)} need.")


@command.command()
@click.option("--reveal", metavar="NAME", shell_complete=complete_secrets, help="Print this one's value, nothing else.")
@json_option
@click.pass_obj
def show(obj: str | None, *, reveal: str | None, as_json: bool) -> None:
    """List the secrets, masked; or print one.

    \b
    Examples:
      groundplane secrets show
      groundplane secrets show --reveal keystone_admin_password
    """
    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.site.source import suggest  # noqa: PLC0415

    path, file, declared = _site(obj)
    values = _open(path, file).values
    if reveal is not None:
        if reveal not in values:
            raise InputError(
                f"There is no secret {reveal}", cure=suggest(reveal, values) or "groundplane secrets show lists them."
            )
        import yaml  # noqa: PLC0415

        value = values[reveal]
        if as_json:
            print_json({"name": reveal, "value": value})
        else:
            click.echo(value if isinstance(value, str) else yaml.safe_dump(value), nl=not str(value).endswith("\n"))
        return
    rows = [
        {
            "name": name,
            "layer": known.layer if (known := declared.get(name)) is not None else None,
            "kind": known.kind.value if known is not None else None,
            "missing": name not in values,
            "description": known.description if known is not None else "",
        }
        for name in (*values, *(name for name in declared if name not in values))
    ]
    if as_json:
        print_json({"secrets": rows})
        return
    _list(rows)
    if any(row["missing"] for row in rows):
        click.echo("groundplane secrets init makes what is missing.", err=True)


def _list(rows: list[dict[str, Any]]) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, state  # noqa: PLC0415

    table = Table("secret", "layer", "kind", "value", "what for", whole=("secret", "value"), spare=("kind", "layer"))
    for row in rows:
        kind = (row["kind"] or "").replace("_", " ")
        shown = state("missing") if row["missing"] else "••••••••"
        table.add(f"[bold]{escape(row['name'])}[/]", row["layer"] or "", kind, shown, escape(row["description"]))
    table.show()


@command.command()
@click.pass_obj
def edit(obj: str | None) -> None:
    """Edit the secrets with $EDITOR, decrypted in memory only."""
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.cli.show_error import show_error  # noqa: PLC0415
    from groundplane.site.secrets.edit import edit_secrets  # noqa: PLC0415

    def again(error: InputError) -> bool:
        if not sys.stdin.isatty():
            return False
        show_error(error)
        return click.confirm("Back to the editor? (no: drop this edit)", default=True, err=True)

    path, file, declared = _site(obj)
    password = _open(path, file, values=False).password
    done = edit_secrets(path, password, declared, memory=settings().runtime, edit=_run_editor, again=again)
    for verb, names in (("added", done.added), ("changed", done.changed), ("removed", done.removed)):
        if names:
            click.echo(f"{verb}: {', '.join(names)}")
    if not done:
        click.echo("Nothing changed.")
    elif done.comments:
        click.echo("Only comments changed.")


@command.command()
@click.option(
    "--new-vault-password-file", type=click.Path(path_type=Path), help="Holds the new password, or is run to print it."
)
@click.option("--new-vault-password-command", metavar="COMMAND", help="Prints the new password.")
@click.pass_obj
def rekey(obj: str | None, new_vault_password_file: Path | None, new_vault_password_command: str | None) -> None:
    """Encrypt the secrets with another vault password."""
    from groundplane.cli.ask_password import ask_twice_or_none  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.site.secrets.password import new_password  # noqa: PLC0415
    from groundplane.site.secrets.password_agent import agent_socket, stop_agent  # noqa: PLC0415
    from groundplane.site.secrets.store import rekey_secrets  # noqa: PLC0415

    path, file, _ = _site(obj)
    old = _open(path, file).password
    new = new_password(
        file=new_vault_password_file,
        words=shlex.split(new_vault_password_command) if new_vault_password_command else None,
        ask=ask_twice_or_none(),
        client_id=file.name,
    )
    rekey_secrets(path, old, new)
    stop_agent(agent_socket(settings().runtime, path))
    click.echo("secrets.yml is encrypted with the new password.")
    if file.vault.password_file is not None:
        click.echo(f"Put it into {file.vault.password_file} now: site.yml takes it from there.")
    elif file.vault.password_command is not None:
        click.echo(f"Store it where {file.vault.password_command[0]} finds it: site.yml calls that.")
    click.echo("Git's history still opens with the old one; if that has leaked, change the secrets as well.")


@command.command(short_help="Hold the vault password in memory for a while.")
@click.option(
    "--minutes",
    type=click.IntRange(1, _MOST_MINUTES),
    metavar="N",
    default=_MINUTES,
    show_default=True,
    help="How long; it is forgotten after that.",
)
@click.pass_obj
def unlock(obj: str | None, minutes: int) -> None:
    """Hold the vault password in memory for a while, in a process of your own.

    The password is asked for; without a terminal it is the first line of standard input.
    """
    from groundplane.cli.ask_password import ask_or_none  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.site.secrets.password import typed_password  # noqa: PLC0415
    from groundplane.site.secrets.password_agent import agent_socket, start_agent  # noqa: PLC0415
    from groundplane.site.secrets.store import read_secrets  # noqa: PLC0415

    path, _, _ = _site(obj)
    ask = ask_or_none() or sys.stdin.readline
    password = typed_password(ask())
    read_secrets(path, password)
    start_agent(agent_socket(settings().runtime, path), password, seconds=minutes * 60)
    click.echo(f"Unlocked for {minutes} minutes; groundplane secrets lock ends it before.")


@command.command()
@click.pass_obj
def lock(obj: str | None) -> None:
    """Forget the vault password that 'secrets unlock' holds."""
    from groundplane.cli.settings import find_site, settings  # noqa: PLC0415
    from groundplane.site.secrets.password_agent import agent_socket, stop_agent  # noqa: PLC0415

    ended = stop_agent(agent_socket(settings().runtime, find_site(obj)))
    click.echo("Locked." if ended else "Was not unlocked.")


def _site(obj: str | None) -> tuple[Path, SiteFile, dict[str, DeclaredSecret]]:
    """site.yml alone: secrets have to be made before the rest of a site can be checked."""
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.site.loading import read_site_file  # noqa: PLC0415
    from groundplane.site.secrets.declared import load_declared  # noqa: PLC0415

    path = find_site(obj)
    file = read_site_file(path)
    return path, file, load_declared(toolkit_content(), file.layers, site_path=path)


def _password(path: Path, file: SiteFile, ask: Callable[[], str] | None) -> VaultPassword:
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.site.secrets.opening import site_password  # noqa: PLC0415

    here = settings()
    return site_password(path, file, override=here.vault_password_file, runtime=here.runtime, ask=ask)


def _open(path: Path, file: SiteFile, *, values: bool = True) -> OpenedSecrets:
    """The password, and what it opens; without `values` a broken text is no error, because it is about to be edited."""
    from groundplane.cli.ask_password import ask_or_none  # noqa: PLC0415
    from groundplane.site.secrets.opening import OpenedSecrets  # noqa: PLC0415
    from groundplane.site.secrets.store import read_plain, read_secrets  # noqa: PLC0415

    password = _password(path, file, ask_or_none())
    if values:
        return OpenedSecrets(password, read_secrets(path, password))
    read_plain(path, password)
    return OpenedSecrets(password, {})


def _run_editor(working: Path) -> None:
    from groundplane.site.secrets.edit import editor_failed  # noqa: PLC0415

    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    words = shlex.split(named) if named else [next((name for name in _EDITORS if shutil.which(name)), "vi")]
    try:
        code = subprocess.run([*words, str(working)], check=False).returncode
    except OSError as error:
        raise editor_failed(words, error.strerror or str(error)) from error
    if code != 0:
        raise editor_failed(words, f"its exit code is {code}")
