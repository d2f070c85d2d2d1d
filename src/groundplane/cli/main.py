"""The command line: one module per command, imported only when it is called.

`groundplane --help` has to answer at once, so the table below holds each command's one-line help and the
module is loaded when the command runs.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import NoReturn

import click

from groundplane import __version__
from groundplane.cli.lazy_group import LazyGroup
from groundplane.errors import CancelledError, GroundplaneError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("groundplane.cli.init", "Write a new site that validates and deploys as generated."),
    "validate": ("groundplane.cli.validate", "Check a site's files; needs no host."),
    "schema": ("groundplane.cli.schema", "Print the JSON Schema of a site's files, for editors."),
    "explain": ("groundplane.cli.explain", "Show where a variable's value comes from, file and line."),
    "inventory": ("groundplane.cli.inventory", "Show the inventory as Ansible will see it."),
    "secrets": ("groundplane.cli.secrets", "Make, complete, show, edit and re-key the site's secrets."),
    "hosts": ("groundplane.cli.hosts", "Pin host keys on first contact; show what is known of hosts."),
    "graph": ("groundplane.cli.graph", "Draw layers and steps, coloured by their state."),
    "plan": ("groundplane.cli.plan", "Say what would run, on which hosts, and why."),
    "apply": ("groundplane.cli.apply", "Carry out a plan; resume one that was interrupted."),
    "verify": ("groundplane.cli.verify", "Check layers on the hosts for themselves."),
    "status": ("groundplane.cli.status", "Ask the hosts how each layer stands there."),
    "runs": ("groundplane.cli.runs", "List runs; show one, as a page if wanted."),
    "logs": ("groundplane.cli.logs", "Show what a run's steps printed."),
    "cancel": ("groundplane.cli.cancel", "Stop a run that is under way."),
    "runtime": ("groundplane.cli.runtime", "Make or show the release's Ansible runtime."),
    "images": ("groundplane.cli.images", "Plan, build, list, check and push the cloud's container images."),
    "ceph": ("groundplane.cli.ceph", "Look after the Ceph cluster: its state, OSDs, hosts, maintenance."),
    "openstack": ("groundplane.cli.openstack", "Look after OpenStack: its configuration, services, compute hosts."),
    "identity": ("groundplane.cli.identity", "Look after customers, their realms and logins; back them up."),
    "upgrade": ("groundplane.cli.upgrade", "Take what runs to the versions that the site's lock names."),
    "bundle": ("groundplane.cli.bundle", "Carry a release across an air gap, in one folder."),
    "lab": ("groundplane.cli.lab", "Make and use a lab of real systemd machines on this one."),
}
"""Each module has an attribute `command`."""


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="groundplane")
@click.option(
    "-C",
    "--site",
    type=click.Path(file_okay=False),
    envvar="GROUNDPLANE_SITE",
    help="The site's folder; otherwise the nearest one above here that holds site.yml.",
)
@click.option("--json", "as_json", is_flag=True, help="Without a command: how things stand, for programs.")
@click.pass_context
def groundplane(ctx: click.Context, *, site: str | None, as_json: bool) -> None:
    """Take bare servers to a sovereign cloud, layer by layer, and keep them there.

    Without a command: how the site stands, as its files and its state say, and what to do next.

    \b
    Exit codes: 0 done, 1 failed, 2 input, 3 locked, 4 cancelled,
    10 a plan with work in it (plan --detailed-exitcode).
    """
    ctx.obj = site
    if ctx.invoked_subcommand is None:
        from groundplane.cli.overview import show  # noqa: PLC0415

        show(ctx, site, as_json=as_json)
    elif as_json:
        raise click.UsageError(f"--json goes behind the command: groundplane {ctx.invoked_subcommand} --json", ctx)


def main() -> NoReturn:
    """The entry point; turns errors into what a person reads and an exit code that tells the truth."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Where a locale has no arrow or bullet, a question mark stands for it.
            stream.reconfigure(errors="replace")
    try:
        # click gives back the code of an Exit here instead of raising it.
        code = groundplane.main(prog_name="groundplane", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as wrong:
        from groundplane.cli.show_error import usage_error  # noqa: PLC0415

        _end(usage_error(wrong))
    except (click.Abort, KeyboardInterrupt):
        click.echo("Cancelled.", err=True)
        sys.exit(CancelledError.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as wrong:
        from groundplane.cli.show_error import system_error  # noqa: PLC0415

        _end(system_error(wrong))
    except GroundplaneError as error:
        _end(error)


def _end(error: GroundplaneError) -> NoReturn:
    """Says what is wrong; a program that asked for JSON gets that, too, as the last line of standard output."""
    from groundplane.cli.show_error import error_as_json, show_error  # noqa: PLC0415

    show_error(error)
    # Not from click: what is wrong may be the words themselves.
    if "--json" in sys.argv:
        click.echo(error_as_json(error))
    sys.exit(error.exit_code)
