"""What the commands that change a cluster share: the cluster asked, and its state told while a stage takes long."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import ClusterState
    from groundplane.cli.operations import Answers, Desk, Watch
    from groundplane.run.events import Watcher
    from groundplane.run.operation import Operation
    from groundplane.site.site import Site

    Make = Callable[[Site, CephConfiguration, ClusterState], Operation]
    Progress = Callable[[ClusterState], str]


def ask(desk: Desk, *, strict: bool = True) -> tuple[CephConfiguration, ClusterState]:
    """What the site asks for, and the cluster as it is; with strict=False what can't be read is left out.

    Raises:
        InputError, FailedError: see `groundplane.ceph.asking.ask_cluster`.
    """
    from groundplane.ceph.asking import ask_cluster  # noqa: PLC0415
    from groundplane.ceph.configuration import read_configuration  # noqa: PLC0415
    from groundplane.cli.common import console  # noqa: PLC0415

    configuration = read_configuration(desk.site, strict=strict)
    with console(stderr=True).status("Asking the cluster"):
        return configuration, ask_cluster(desk.site, desk.connection)


def carry_out(obj: str | None, make: Make, *, progress: Progress | None = None, **answers: Unpack[Answers]) -> None:
    """Asks the cluster, shows the plan that `make` gives, asks, runs its stages, and tells how it ended.

    `progress` says in a sentence how far a long stage is; it is asked every few seconds.

    Raises:
        GroundplaneError: see `groundplane.cli.operations.carry_out`, `ask`.
    """
    from groundplane.cli import operations  # noqa: PLC0415

    operations.carry_out(
        obj,
        lambda desk: make(desk.site, *ask(desk)),
        watch=partial(watch_progress, progress=progress) if progress is not None else None,
        **answers,
    )


def watch_progress(desk: Desk, progress: Progress) -> Watch:
    """Who watches is told `progress` every few seconds."""
    from groundplane.ceph.asking import ask_cluster  # noqa: PLC0415
    from groundplane.ceph.progress import ProgressWatcher  # noqa: PLC0415

    def wrap(watcher: Watcher) -> Watcher:
        return ProgressWatcher(watcher, lambda: ask_cluster(desk.site, desk.connection), progress)

    return wrap
