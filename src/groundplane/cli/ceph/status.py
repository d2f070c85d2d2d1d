"""groundplane ceph status: the cluster at a glance, and what to do about what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.options import json_option
from groundplane.colours import ATTENTION, BAD, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from groundplane.ceph.state import ClusterState
    from groundplane.cli.tables import Table
    from groundplane.findings import Finding

HEALTH = {"HEALTH_OK": GOOD, "HEALTH_WARN": ATTENTION, "HEALTH_ERR": BAD}
_STEP = 1024


@click.command()
@json_option
@click.pass_obj
def command(obj: str | None, *, as_json: bool) -> None:
    """Show the cluster: health and its causes, monitors, managers, OSDs by host, pools, gateways, what goes on.

    What the site asks for and the cluster hasn't got is told too, each with what to do about it.
    """
    from groundplane.ceph.findings import findings, site_findings  # noqa: PLC0415
    from groundplane.ceph.validation import layer_problems  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask  # noqa: PLC0415
    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.operations import open_desk  # noqa: PLC0415

    with open_desk(obj) as desk:
        configuration, state = ask(desk, strict=False)
        wrong = layer_problems(desk.site)
    found = (*findings(state, configuration), *site_findings(wrong))
    if as_json:
        print_json(_as_data(state, found))
        return
    _show(console(), state, found)


def _as_data(state: ClusterState, found: Sequence[Finding]) -> dict[str, Any]:
    from groundplane.ceph.state import as_data  # noqa: PLC0415

    return {
        **as_data(state),
        "findings": [finding.as_data() for finding in found],
    }


def _show(terminal: Console, state: ClusterState, found: Sequence[Finding]) -> None:
    from groundplane.cli.findings import show_findings  # noqa: PLC0415
    from groundplane.cli.tables import facts  # noqa: PLC0415

    facts(_rows(state), terminal)
    terminal.print()
    _hosts(state).show(terminal)
    if state.pools:
        terminal.print()
        _pools(state).show(terminal)
    if found:
        terminal.print()
    show_findings(terminal, found)


def _rows(state: ClusterState) -> Iterator[tuple[str, str]]:
    from groundplane.ceph.state import RUNNING  # noqa: PLC0415
    from groundplane.counting import counted  # noqa: PLC0415

    style = HEALTH.get(state.health.status, "bold")
    versions = sorted({version for counts in state.versions.values() for version in counts})
    yield "cluster", f"{state.fsid}  [{style}]{state.health.status}[/]  Ceph {', '.join(versions)}"
    away = [mon.name for mon in state.mons if not mon.in_quorum]
    yield (
        "monitors",
        f"{len(state.quorum)} of {len(state.mons)} in quorum: {', '.join(state.quorum)}"
        + (f"; [{BAD}]not {', '.join(away)}[/]" if away else ""),
    )
    standbys = (
        f"; standing by: {', '.join(state.mgr_standbys)}" if state.mgr_standbys else f"; [{ATTENTION}]none stands by[/]"
    )
    yield "managers", (f"{state.mgr_active} active{standbys}" if state.mgr_active else f"[{BAD}]none is active[/]")
    up, in_ = sum(osd.up for osd in state.osds), sum(osd.in_ for osd in state.osds)
    room = f"{_size(state.capacity.used)} of {_size(state.capacity.total)} used"
    yield "OSDs", f"{counted(len(state.osds), 'OSD')}, {up} up, {in_} in; {room}"
    states = ", ".join(f"{count} {name}" for name, count in state.pg_states.items())
    yield "data", f"{counted(sum(state.pg_states.values()), 'placement group')}: {states}"
    gateways = [daemon for daemon in state.daemons if daemon.type == "rgw"]
    if gateways:
        running = sorted({daemon.host for daemon in gateways if daemon.status == RUNNING})
        ports = [
            f"{'https' if service.spec.get('ssl') else 'http'}, port {port}"
            for service in state.services
            if service.type == "rgw"
            for port in service.ports
        ]
        yield "gateways", f"{', '.join(running) or 'none runs'}" + (f" ({'; '.join(ports)})" if ports else "")
    if state.upgrade.in_progress:
        yield "upgrade", f"to {state.upgrade.target}: {state.upgrade.progress or 'began'}"
    for line in state.progress:
        yield "going on", line


def _hosts(state: ClusterState) -> Table:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table  # noqa: PLC0415

    table = Table(
        "host", "address", "stands in", "daemons", "OSDs", "", whole=("host", "address"), spare=("address", "stands in")
    )
    for host in state.hosts:
        place = "/".join(name for type_, name in host.location.items() if type_ != "root")
        running = [daemon for daemon in state.daemons_of(host.name) if daemon.type != "osd"]
        words = ", ".join(
            daemon.type if daemon.status == "running" else f"[{BAD}]{daemon.type} {daemon.status}[/]"
            for daemon in sorted(running, key=lambda daemon: daemon.type)
        )
        osds = " ".join(_osd(osd.id, up=osd.up, in_=osd.in_) for osd in state.osds_of(host.name))
        flags = ", ".join(sorted(state.host_flags.get(host.name, ())))
        remark = "; ".join(part for part in (host.status and f"[{BAD}]{host.status}[/]", flags) if part)
        table.add(f"[bold]{escape(host.name)}[/]", escape(host.address), escape(place), words, osds, remark)
    return table


def _osd(id_: int, *, up: bool, in_: bool) -> str:
    if up and in_:
        return f"[{GOOD}]{id_}[/]"
    return f"[{ATTENTION}]{id_} out[/]" if up else f"[{BAD}]{id_} down{'' if in_ else ' out'}[/]"


def _pools(state: ClusterState) -> Table:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table  # noqa: PLC0415

    numbers = ("PGs", "stored", "objects", "room left")
    table = Table("pool", "for", "kept", *numbers, whole=("pool",), right=numbers, spare=("objects", "for"))
    for pool in state.pools:
        kept = f"{pool.size} copies" if pool.type == "replicated" else f"erasure {pool.erasure_profile}"
        table.add(
            f"[bold]{escape(pool.name)}[/]",
            escape(pool.application),
            f"{kept} (at least {pool.min_size})",
            str(pool.pg_num),
            _size(pool.stored),
            str(pool.objects),
            _size(pool.available),
        )
    return table


def _size(size: float) -> str:
    """Bytes as people write them, in powers of 1024."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < _STEP:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"  # noqa: PLR2004
        size /= _STEP
    return f"{size:.1f} PiB"
