"""Options that several commands have: one name, one letter and one sentence for one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from groundplane.cli.completion import complete_layers, complete_patterns

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

json_option = click.option("--json", "as_json", is_flag=True, help="For programs: JSON on standard output.")
"""Gives the parameter `as_json`."""

extra_option = click.option(
    "-e",
    "--extra-vars",
    "extra",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable that beats all others; the value is read as YAML. May be given several times.",
)
"""Gives the parameter `extra`; read it with `common.parse_extra`."""

LIMIT = "Only on these hosts: names, groups, patterns."

limit_option = click.option("--limit", metavar="HOSTS", shell_complete=complete_patterns, help=LIMIT)
"""Gives the parameter `limit`."""

yes_option = click.option("-y", "--yes", is_flag=True, help="Don't ask.")
"""Gives the parameter `yes`."""

no_probe_option = click.option(
    "--no-probe", is_flag=True, help="Don't ask the hosts; what changed there behind our back stays unseen."
)
"""Gives the parameter `no_probe`."""

layer_option = click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="LAYER",
    shell_complete=complete_layers,
    help="Only images of this layer. May be given several times.",
)
"""Gives the parameter `layers`."""


def parallel_option(
    what: str, most: int, *, default: int | None = None, otherwise: str = ""
) -> Callable[[Command], Command]:
    """Gives the parameter `parallel`; `otherwise` says what counts where there is no fixed default."""
    return click.option(
        "--parallel",
        type=click.IntRange(1, most),
        metavar="N",
        default=default,
        show_default=default is not None,
        help=f"{what} at a time.{f' {otherwise}' if otherwise else ''}",
    )


def output_option(help_: str, *, folder: bool = False, **more: Any) -> Callable[[Command], Command]:
    """Gives the parameter `output`, a Path or None."""
    from pathlib import Path  # noqa: PLC0415

    return click.option(
        "-o",
        "--output",
        metavar="DIR" if folder else "FILE",
        type=click.Path(path_type=Path, **({"file_okay": False} if folder else {}), **more),
        help=help_,
    )
