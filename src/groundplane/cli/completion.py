"""What the tabulator key offers: names from the site's files and its journal. Nobody is asked, and no host; an error of
any kind means that nothing is offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import GroundplaneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import click

    from groundplane.run.journal.store import Journal
    from groundplane.site.inventory import Inventory
    from groundplane.site.site import Site

    Complete = Callable[[click.Context, click.Parameter, str], list[str]]

RUNS = 50
"""How many of the newest runs are offered."""


def given_site(ctx: click.Context) -> str | None:
    """What --site or GROUNDPLANE_SITE says."""
    given = ctx.find_root().params.get("site")
    return given if isinstance(given, str) else None


def _offering(names: Callable[[click.Context], Iterable[str]]) -> Complete:
    """Those of `names` that begin like what was typed."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [name for name in names(ctx) if name.startswith(incomplete)]
        except GroundplaneError:
            return []

    return complete


def _site(ctx: click.Context) -> Site:
    from groundplane.cli.common import open_site  # noqa: PLC0415

    return open_site(given_site(ctx), strict=False)


def _path(ctx: click.Context) -> Path:
    from groundplane.cli.settings import find_site  # noqa: PLC0415

    return find_site(given_site(ctx))


def _inventory(ctx: click.Context) -> Inventory:
    """The inventory alone, because a person waits for the key."""
    from groundplane.site.inventory_file import load_inventory  # noqa: PLC0415

    return load_inventory(_path(ctx) / "inventory", [])


def complete_patterns(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of hosts and groups, also behind a comma or colon."""
    try:
        inventory = _inventory(ctx)
    except GroundplaneError:
        return []
    cut = max(incomplete.rfind(","), incomplete.rfind(":"), incomplete.rfind("&"), incomplete.rfind("!")) + 1
    head, tail = incomplete[:cut], incomplete[cut:]
    return [head + name for name in (*inventory.group_hosts, *inventory.hosts) if name.startswith(tail)]


def _runs(ctx: click.Context) -> list[str]:
    return _of_journal(ctx, lambda journal: ["last", *(row.id for row in journal.runs(RUNS))])


def _steps_of_run(ctx: click.Context) -> list[str]:
    run = ctx.params.get("run") or "last"
    return _of_journal(ctx, lambda journal: [step.step for step in journal.steps(journal.run(run).id)])


def _of_journal(ctx: click.Context, read: Callable[[Journal], list[str]]) -> list[str]:
    """What the site's journal says; nothing where there is none."""
    from groundplane.run.journal.reading import FILE  # noqa: PLC0415
    from groundplane.site.state import state_folder  # noqa: PLC0415

    path = _path(ctx)
    state = state_folder(path)
    if not (state / FILE).is_file():
        return []
    from groundplane.run.journal.store import read_journal  # noqa: PLC0415 - SQLAlchemy takes time
    from groundplane.site.loading import read_site_file  # noqa: PLC0415

    journal = read_journal(state, read_site_file(path).name)
    try:
        return read(journal)
    finally:
        journal.close()


def _layers_and_steps(ctx: click.Context) -> list[str]:
    from groundplane.layers.loading import load_graph  # noqa: PLC0415

    graph = load_graph(_site(ctx))
    return [*graph.layers, *graph.order]


def _services(ctx: click.Context) -> list[str]:
    """Steps of OpenStack's layer are called as kolla-ansible calls its services."""
    from groundplane.layers.loading import load_graph  # noqa: PLC0415

    graph = load_graph(_site(ctx))
    return ["all", *(step.name for step in graph.steps.values() if step.layer == "openstack")]


def _containers(ctx: click.Context) -> list[str]:
    from groundplane.openstack.status.state import wanted_containers  # noqa: PLC0415

    wanted = wanted_containers(_site(ctx))
    return sorted({*(one.service for one in wanted), *(one.name for one in wanted)})


def _images(ctx: click.Context) -> list[str]:
    from groundplane.supply.catalogue import needed_images  # noqa: PLC0415

    return sorted(image.name for image in needed_images(_site(ctx)))


def _realms(ctx: click.Context) -> list[str]:
    from groundplane.site.realm_files import realms_folder  # noqa: PLC0415

    return sorted(path.stem for path in realms_folder(_path(ctx)).glob("*.yml"))


def _secrets(ctx: click.Context) -> list[str]:
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.site.loading import read_site_file  # noqa: PLC0415
    from groundplane.site.secrets.declared import load_declared  # noqa: PLC0415

    path = _path(ctx)
    return list(load_declared(toolkit_content(), read_site_file(path).layers, site_path=path))


def _releases(_ctx: click.Context) -> list[str]:
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.runtime.releases import release_names  # noqa: PLC0415

    return release_names(toolkit_content())


def _schemas(ctx: click.Context) -> list[str]:
    from groundplane.layers.loading import load_graph  # noqa: PLC0415

    try:
        layers = list(load_graph(_site(ctx)).layers)
    except GroundplaneError:
        layers = []
    return ["site", "layers", "realm", *layers]


def _labs(_ctx: click.Context) -> Iterable[str]:
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.lab.quick_look import lab_sites  # noqa: PLC0415

    return lab_sites(settings().state)


def _lab_nodes(ctx: click.Context) -> Iterable[str]:
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.lab.quick_look import lab_nodes  # noqa: PLC0415

    return lab_nodes(settings().state, str(ctx.params.get("name") or "lab"))


complete_hosts = _offering(lambda ctx: _inventory(ctx).hosts)
complete_variables = _offering(lambda ctx: sorted(_site(ctx).variables.all_names()))
complete_steps = _offering(_layers_and_steps)
complete_layers = _offering(lambda ctx: _site(ctx).file.layers)
complete_runs = _offering(_runs)
complete_steps_of_run = _offering(_steps_of_run)
complete_services = _offering(_services)
complete_containers = _offering(_containers)
complete_images = _offering(_images)
complete_realms = _offering(_realms)
complete_secrets = _offering(_secrets)
complete_releases = _offering(_releases)
complete_schemas = _offering(_schemas)
complete_compute_hosts = _offering(lambda ctx: _inventory(ctx).group_hosts.get("compute", ()))
complete_labs = _offering(_labs)
complete_lab_nodes = _offering(_lab_nodes)
