"""What commands share: the console, opening a site, JSON, short names of files."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import Console

    from groundplane.errors import Place, Problem
    from groundplane.site.secrets.opening import OpenedSecrets
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


def console(*, stderr: bool = False) -> Console:
    """A console that honours NO_COLOR and pipes: plain, unwrapped text where nobody looks.

    Colons mean nothing in it: an image REPOSITORY:new: isn't a little picture.
    """
    from rich.console import Console  # noqa: PLC0415

    found = Console(stderr=stderr, highlight=False, emoji=False)
    if not found.is_terminal:
        # A pipe has no width: rows stay on one line each, for grep and awk.
        found = Console(stderr=stderr, highlight=False, emoji=False, soft_wrap=True, width=10_000, no_color=True)
    return found


def print_json(data: Mapping[str, Any]) -> None:
    """One JSON object on standard output; indented where a person looks.

    A list is the value of a key: {"runs": […]}. So a command can say more later, and an error is told from an answer.
    """
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(data, indent=indent, ensure_ascii=False, default=str))


def print_json_line(data: Mapping[str, Any]) -> None:
    """One JSON object on a line of its own, where a command tells several as it goes."""
    click.echo(json.dumps(data, ensure_ascii=False, default=str))


def open_site(
    obj: str | None,
    *,
    need_secrets: bool = False,
    extra: Mapping[str, Any] | None = None,
    strict: bool = True,
) -> Site:
    """The site that --site, GROUNDPLANE_SITE or the current folder means, loaded and validated.

    With `need_secrets` the vault password is found (or asked for) and the secrets are among the variables.

    Raises:
        InputError: no site, a site with problems, or no way to open its secrets.
    """
    if need_secrets:
        return open_site_and_secrets(obj, extra=extra, strict=strict)[0]
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.site.loading import load_site  # noqa: PLC0415

    return load_site(find_site(obj), content=toolkit_content(), extra=extra, strict=strict)


def open_site_and_secrets(
    obj: str | None, *, extra: Mapping[str, Any] | None = None, strict: bool = True, ask: bool = True
) -> tuple[Site, OpenedSecrets]:
    """As `open_site` with secrets; the password and the values besides, for the engine. Without `ask` nobody is asked.

    Raises:
        InputError: as `open_site`.
    """
    from groundplane.cli.ask_password import ask_or_none  # noqa: PLC0415
    from groundplane.cli.settings import find_site, settings  # noqa: PLC0415
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.site.loading import load_site, read_site_file  # noqa: PLC0415
    from groundplane.site.secrets.opening import open_secrets  # noqa: PLC0415

    path, here = find_site(obj), settings()
    opened = open_secrets(
        path,
        read_site_file(path),
        override=here.vault_password_file,
        runtime=here.runtime,
        ask=ask_or_none() if ask else None,
    )
    site = load_site(path, content=toolkit_content(), secrets=opened.values, extra=extra, strict=strict)
    return site, opened


@contextmanager
def connected(site: Site, secrets: OpenedSecrets) -> Iterator[SshConnection]:
    """The way to the site's hosts.

    Raises:
        InputError, FailedError: see `groundplane.ssh.connection.open_connection`.
    """
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.ssh.connection import open_connection  # noqa: PLC0415

    here = settings()
    with open_connection(
        site.path,
        site.file.ssh,
        runtime=here.runtime,
        ssh_auth_sock=here.ssh_auth_sock,
        secrets=secrets.values,
    ) as connection:
        yield connection


def parse_extra(given: tuple[str, ...]) -> dict[str, Any]:
    """NAME=VALUE from `options.extra_option`.

    Raises:
        click.BadParameter: not in this form, or the value isn't YAML.
    """
    import yaml  # noqa: PLC0415

    result: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"'{text}' isn't NAME=VALUE", param_hint="-e")
        try:
            result[name] = yaml.safe_load(value) if value else ""
        except yaml.YAMLError as error:
            raise click.BadParameter(f"the value of {name} isn't YAML: quote it", param_hint="-e") from error
    return result


def short_path(path: Path) -> str:
    """A file's name as a person would type it here: relative where it lies below the current folder."""
    try:
        relative = os.path.relpath(path)
    except (ValueError, FileNotFoundError):
        return str(path)
    return relative if not relative.startswith("..") else str(path)


def short_place(place: Place | None) -> str:
    """FILE:LINE, the file as by `short_path`."""
    if place is None:
        return ""
    shown = short_path(place.file)
    return f"{shown}:{place.line}" if place.line is not None else shown


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """A problem for programs."""
    place = problem.place
    return {
        "what": problem.what,
        "cure": problem.cure,
        "file": str(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
