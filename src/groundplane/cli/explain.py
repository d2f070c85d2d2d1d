"""groundplane explain: where a variable's value comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.completion import complete_hosts, complete_variables
from groundplane.cli.options import extra_option, json_option
from groundplane.counting import counted

if TYPE_CHECKING:
    from groundplane.site.explain import Explanation

_MOST_SHOWN = 160


@click.command()
@click.argument("variable", shell_complete=complete_variables)
@click.argument("host", required=False, shell_complete=complete_hosts)
@extra_option
@click.option("--secrets", is_flag=True, help="Open the secrets too, to see which of them set the variable; masked.")
@json_option
@click.pass_obj
def command(
    obj: str | None, *, variable: str, host: str | None, extra: tuple[str, ...], secrets: bool, as_json: bool
) -> None:
    """Show where VARIABLE's value comes from, for HOST or for all.

    The chain goes from the weakest place to the strongest; an arrow marks what wins.

    \b
    Examples:
      groundplane explain docker_log_driver node1
    """
    from groundplane.cli.common import open_site, parse_extra, print_json  # noqa: PLC0415
    from groundplane.site.explain import explain  # noqa: PLC0415

    # A site with a problem somewhere can still be explained; that may be just what helps to find it.
    site = open_site(obj, need_secrets=secrets, extra=parse_extra(extra), strict=False)
    found = explain(site, variable, host)
    if as_json:
        print_json(_as_json(found))
    else:
        _show(found)
    if site.problems:
        click.echo(f"The site has {counted(len(site.problems), 'problem')}: groundplane validate", err=True)


def _as_json(found: Explanation) -> dict[str, Any]:
    return {
        "variable": found.variable,
        "host": found.host,
        "role": found.role,
        "description": found.description,
        "chain": [
            {
                "level": link.level,
                "source": link.source,
                "file": str(link.place.file),
                "line": link.place.line,
                "value": link.value,
                "wins": link.wins,
            }
            for link in found.chain
        ],
    }


def _show(found: Explanation) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console, short_place  # noqa: PLC0415
    from groundplane.cli.tables import Table  # noqa: PLC0415
    from groundplane.colours import GOOD, QUIET  # noqa: PLC0415

    out = console()
    where = f" on {found.host}" if found.host else ""
    out.print(f"[bold]{escape(found.variable)}[/]{escape(where)}", soft_wrap=True)
    if found.description:
        out.print(f"[dim]{escape(found.description)}[/]", soft_wrap=True)
    if not found.chain:
        decides = f"the role '{found.role}' decides" if found.role else "kolla-ansible's own value counts"
        out.print(f"Nobody sets it; {decides}.")
        return
    table = Table("mark", "place", "value", "file", whole=("mark",), heads=False)
    for link in found.chain:
        style = f"bold {GOOD}" if link.wins else QUIET
        table.add(
            "→" if link.wins else "",
            escape(f"{link.level} {link.source}" if link.source not in {"-e", "secrets.yml"} else link.level),
            escape(_value(link.value)),
            escape(short_place(link.place)),
            style=style,
        )
    table.show(out)


def _value(value: Any) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split("\n"))
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
