"""groundplane runtime: where a release's ansible-core lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_releases
from groundplane.cli.lazy_group import Group
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from groundplane.runtime.choose import Kind
    from groundplane.site.release import Release


release_option = click.option(
    "--release", "name", metavar="NAME", shell_complete=complete_releases, help="The release; otherwise the site's."
)


@click.group(cls=Group)
def command() -> None:
    """Make or show the release's Ansible runtime.

    A virtual environment where this machine's Python suits the release, else a container image that is built here from
    packages. 'apply' makes it when it is missing.
    """


@command.command()
@release_option
@click.option("--kind", type=click.Choice(["venv", "container"]), help="Otherwise what suits this machine.")
@click.option("--fresh", is_flag=True, help="Make it anew although it is there.")
@json_option
@click.pass_obj
def build(obj: str | None, *, name: str | None, kind: Kind | None, fresh: bool, as_json: bool) -> None:
    """Make the runtime where it is missing, and show it."""
    from dataclasses import asdict  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.cli.tables import facts as show_facts  # noqa: PLC0415
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.runtime.choose import ensure_runtime  # noqa: PLC0415

    release = _release(obj, name)
    with console(stderr=True).status(f"Making the runtime of release {release.name}"):
        runtime = ensure_runtime(release, toolkit_content(), cache=settings().cache, fresh=fresh, kind=kind)
    facts = asdict(runtime.facts)
    if as_json:
        print_json({"release": release.name, **facts})
        return
    show_facts(
        (key.replace("_", " "), escape(str(value)) if value is not None else "-")
        for key, value in {"release": release.name, **facts}.items()
    )


@command.command(short_help="Say what the release pins, and what this machine gets.")
@release_option
@json_option
@click.pass_obj
def show(obj: str | None, *, name: str | None, as_json: bool) -> None:
    """Say what the release pins and which kind of runtime this machine gets; make nothing."""
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.cli.tables import facts  # noqa: PLC0415
    from groundplane.runtime.venv import find_python  # noqa: PLC0415

    release = _release(obj, name)
    python = find_python(release.runtime.python)
    accelerator = release.runtime.accelerator
    mitogen = accelerator.mitogen if accelerator is not None else None
    if as_json:
        print_json(
            {
                "release": release.name,
                "description": release.description,
                "ansible_core": release.runtime.ansible_core,
                "python": release.runtime.python,
                "mitogen": mitogen,
                "kind": "venv" if python is not None else "container",
                "python_here": str(python[0]) if python is not None else None,
            }
        )
        return
    here = (
        f"virtual environment on {python[0]} ({python[1]})"
        if python is not None
        else f"container on {release.runtime.image_suite}: no Python of this machine suits"
    )
    rows = {
        "release": f"{release.name}  {release.description}".rstrip(),
        "ansible-core": f"{release.runtime.ansible_core}, Python {release.runtime.python}",
        "accelerator": f"mitogen {mitogen}" if mitogen is not None else "-",
        "here": here,
    }
    facts((key, escape(value)) for key, value in rows.items())


def _release(obj: str | None, name: str | None) -> Release:
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.runtime.releases import load_release  # noqa: PLC0415
    from groundplane.site.loading import read_site_file  # noqa: PLC0415

    return load_release(name or read_site_file(find_site(obj)).release, toolkit_content())
