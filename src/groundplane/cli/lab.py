"""groundplane lab: a manager and some nodes on this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_lab_nodes, complete_labs
from groundplane.cli.lazy_group import Group
from groundplane.cli.options import json_option, yes_option

if TYPE_CHECKING:
    from groundplane.lab.service import LabPlaces

name_option = click.option(
    "--name",
    metavar="NAME",
    default="lab",
    show_default=True,
    envvar="GROUNDPLANE_LAB",
    shell_complete=complete_labs,
    help="The lab's name; labs live side by side.",
)


@click.group(cls=Group)
def command() -> None:
    """Make and use a lab of real systemd machines on this one: the same layers that hardware gets."""


@command.command(short_help="Make a lab and take it through the layers.")
@name_option
@click.option("--nodes", type=click.IntRange(min=1), metavar="N", help="Nodes besides the manager.  [default: 3]")
@click.option("--to", "to_layer", metavar="LAYER", help="Stop after this layer; 'nodes' applies none.")
@click.option("--profile", metavar="PROFILE", help="Size of the lab, see inventories/lab/lab.yml.  [default: cloud]")
@click.option("--fresh", is_flag=True, help="Build images anew; nothing is taken from the cache.")
def up(*, name: str, nodes: int | None, to_layer: str | None, profile: str | None, fresh: bool) -> None:
    """Make a lab and take it through the layers; a lab that is up to date stays untouched."""
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.cli.show_lab import show_summary, teller  # noqa: PLC0415
    from groundplane.lab.deploy import choose_layers, deploy, layers_of  # noqa: PLC0415
    from groundplane.lab.measured import NODES, Stopwatch, measuring  # noqa: PLC0415
    from groundplane.lab.service import UpRequest, lab_status, make_lab, memory_folders  # noqa: PLC0415
    from groundplane.lab.summary import summarize  # noqa: PLC0415

    tell, clock, places = teller(), Stopwatch(), _places()
    layers = choose_layers(places.content, to_layer)
    with clock.phase(NODES):
        is_up = make_lab(UpRequest(name=name, nodes=nodes, profile=profile, fresh=fresh), places, tell=tell)
    if not is_up.changed:
        clock.nothing_done(NODES)
    layers = layers_of(is_up, layers, to_layer)
    with measuring(is_up.folder, clock, lambda: memory_folders(is_up)):
        deployed = deploy(is_up, layers, build=_build, apply=_apply, verify=_verify, tell=tell, clock=clock)
    summary = summarize(lab_status(name, places), places.content)
    show_summary(summary, is_up, deployed, machine=settings().reached_as, seconds=clock.seconds)


@command.command()
@name_option
@yes_option
def down(*, name: str, yes: bool) -> None:
    """Remove a lab with all that belongs to it, and nothing else."""
    from groundplane.cli.agreement import agree  # noqa: PLC0415
    from groundplane.lab.service import remove_lab  # noqa: PLC0415

    agree(f"Remove the lab {name} with its nodes, disks and site?", yes=yes)
    gone = remove_lab(name, _places())
    for what in gone:
        click.echo(f"removed {what}")
    click.echo(f"The lab {name} is gone." if gone else f"There was nothing of a lab called {name}.")


@command.command()
@name_option
@json_option
def status(*, name: str, as_json: bool) -> None:
    """Show a lab: what runs where, the ways in, what it took."""
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.cli.show_lab import show_status  # noqa: PLC0415
    from groundplane.lab.service import lab_status  # noqa: PLC0415
    from groundplane.lab.summary import summarize  # noqa: PLC0415

    places = _places()
    summary = summarize(lab_status(name, places), places.content)
    show_status(summary, machine=settings().reached_as, as_json=as_json)


@command.command("list")
@json_option
def list_labs(*, as_json: bool) -> None:
    """Show the labs on this machine."""
    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.lab.state import lab_names  # noqa: PLC0415

    names = lab_names(_places().state)
    if as_json:
        print_json({"labs": [{"name": name} for name in names]})
    else:
        click.echo("\n".join(names) if names else "There is no lab on this machine.")


@command.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@name_option
@click.argument("node", shell_complete=complete_lab_nodes)
@click.argument("words", nargs=-1, metavar="[CMD]...")
def ssh(*, name: str, node: str, words: tuple[str, ...]) -> None:
    """Log in to a node as the engine does, or run a command there."""
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.lab.login import ssh_to_node  # noqa: PLC0415

    sys.exit(ssh_to_node(name, node, _without_dashes(words), _places(), runtime=settings().runtime))


@command.command(
    short_help="Open a root shell in a node without the network.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@name_option
@click.argument("node", shell_complete=complete_lab_nodes)
@click.argument("words", nargs=-1, metavar="[CMD]...")
def console(*, name: str, node: str, words: tuple[str, ...]) -> None:
    """Open a root shell in a node without the network, or run a command there."""
    from groundplane.lab.service import run_in_node  # noqa: PLC0415

    sys.exit(
        run_in_node(name, node, _without_dashes(words), _places(), terminal=sys.stdin.isatty() and sys.stdout.isatty())
    )


@command.command(short_help="Start a node that stands still.")
@name_option
@click.argument("node", shell_complete=complete_lab_nodes)
def start(*, name: str, node: str) -> None:
    """Start a node that stands still, with the addresses and disks that it had."""
    from groundplane.lab.service import start_node  # noqa: PLC0415

    click.echo(f"{node} is started." if start_node(name, node, _places()) else f"{node} was running.")


@command.command()
@name_option
@click.option("--kill", is_flag=True, help="As if its power failed.")
@click.argument("node", shell_complete=complete_lab_nodes)
def stop(*, name: str, node: str, kill: bool) -> None:
    """Shut a node down."""
    from groundplane.lab.service import stop_node  # noqa: PLC0415

    click.echo(f"{node} is stopped." if stop_node(name, node, _places(), kill=kill) else f"{node} was not running.")


@command.command()
@click.argument("suite", type=click.Choice(["trixie", "bookworm"]))
@click.option("--fresh", is_flag=True, help="Build it anew although it is there.")
def image(*, suite: str, fresh: bool) -> None:
    """Build the node image of a Debian suite, and print its name."""
    from groundplane.lab.node_image import ensure_node_image  # noqa: PLC0415

    click.echo(ensure_node_image(suite, cache=_places().cache, fresh=fresh))


def _without_dashes(words: tuple[str, ...]) -> tuple[str, ...]:
    """Many people write -- before a command out of habit; no command begins with it."""
    return words[1:] if words[:1] == ("--",) else words


def _places() -> LabPlaces:
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.lab.service import LabPlaces  # noqa: PLC0415

    here = settings()
    return LabPlaces(state=here.state, config=here.config, cache=here.cache, content=toolkit_content())


def _apply(site: str, layers: tuple[str, ...]) -> None:
    """As `groundplane --site SITE apply LAYER… --yes`."""
    from groundplane.cli.apply import command as apply  # noqa: PLC0415

    _call(apply, [*layers, "--yes"], site)


def _build(site: str) -> None:
    from groundplane.cli.images.build import command as build  # noqa: PLC0415

    _call(build, [], site)


def _verify(site: str, layers: tuple[str, ...]) -> None:
    from groundplane.cli.verify import command as verify  # noqa: PLC0415

    _call(verify, list(layers), site)


def _call(other: click.Command, words: list[str], site: str) -> None:
    """Another command, as a person would call it for this site; its exit code becomes ours unless it is 0."""
    code = other.main(words, prog_name=f"groundplane {other.name}", standalone_mode=False, obj=site)
    if isinstance(code, int) and code != 0:
        sys.exit(code)
