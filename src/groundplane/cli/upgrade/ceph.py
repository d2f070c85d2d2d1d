"""groundplane upgrade ceph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.operations import operation_options

if TYPE_CHECKING:
    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import ClusterState
    from groundplane.ceph.upgrade.images import Target


@click.command()
@click.option("--status", "what", flag_value="status", help="Say how far it is; changes nothing.")
@click.option("--pause", "what", flag_value="pause", help="Let the daemon at hand be finished, and begin no other one.")
@click.option("--resume", "what", flag_value="go", help="Go on; the same as without it.")
@click.option("--stop", "what", flag_value="stop", help="Give it up: daemons stay with the image that they have now.")
@click.option("--allow-older", is_flag=True, help="Also to an older version of the same release.")
@operation_options
@click.pass_obj
def command(
    obj: str | None, *, what: str | None, allow_older: bool, yes: bool, confirm: str, check: bool, as_json: bool
) -> None:
    """Take the Ceph cluster to the image that images.lock names, daemon by daemon, while it serves.

    One manager of the new image is tried first and taken back where it isn't fit. Then come managers, monitors, OSDs
    and the others, with the whole cluster looked at after each type. It goes on where it was when it is called again,
    whatever ended it. The way back is the former image in images.lock, and this command.
    """
    from groundplane.ceph.upgrade.images import read_target  # noqa: PLC0415
    from groundplane.ceph.upgrade.plan import plan_upgrade, upgrade_progress  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask, watch_progress  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415

    with open_desk(obj) as desk:
        configuration, state = ask(desk)
        target = read_target(desk.site, configuration)
        if what in ("pause", "stop"):
            from groundplane.ceph.upgrade.control import tell_upgrade  # noqa: PLC0415

            answer = tell_upgrade(desk.site, configuration, desk.connection, what)
            _show(configuration, ask(desk)[1], target, as_json=as_json, answer=answer)
            return
        if what == "status":
            _show(configuration, state, target, as_json=as_json)
            return
        perform(
            desk,
            plan_upgrade(desk.site, configuration, state, target, allow_older=allow_older),
            yes=yes,
            confirm=confirm,
            check=check,
            as_json=as_json,
            watch=None if check else watch_progress(desk, lambda now: upgrade_progress(now, target)),
        )


def _show(
    configuration: CephConfiguration, state: ClusterState, target: Target, *, as_json: bool, answer: str = ""
) -> None:
    from dataclasses import asdict  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.ceph.upgrade.images import count_types, short_image  # noqa: PLC0415
    from groundplane.ceph.upgrade.plan import what_next  # noqa: PLC0415
    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.tables import Table  # noqa: PLC0415

    counts = count_types(state, target.image)
    following = what_next(state, target)
    if as_json:
        print_json(
            {
                "target": asdict(target),
                "answer": answer,
                "upgrade": asdict(state.upgrade),
                "types": [asdict(entry) for entry in counts],
                "next": following,
            }
        )
        return
    terminal = console()
    if answer:
        terminal.print(answer, markup=False)
    terminal.print(f"images.lock: {short_image(target.image)} {target.version}", markup=False)
    table = Table("daemons", "run it", "others run", whole=("daemons",))
    for entry in counts:
        table.add(entry.type, f"{entry.done} of {entry.total}", escape(", ".join(entry.others)))
    table.show(terminal)
    terminal.print(following, markup=False, soft_wrap=True)
