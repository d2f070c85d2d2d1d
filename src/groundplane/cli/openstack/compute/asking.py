"""What the commands for compute hosts share: Nova asked, a plan carried out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from groundplane.cli.operations import Answers, Desk
    from groundplane.openstack.compute.nova import Nova
    from groundplane.run.operation import Operation
    from groundplane.site.site import Site

    Make = Callable[[Desk, Nova], Operation]


@contextmanager
def open_nova(site: Site) -> Iterator[Nova]:
    """Nova, as the administrator.

    Raises:
        InputError, FailedError: see `groundplane.openstack.api.connect`.
    """
    from contextlib import closing  # noqa: PLC0415

    from groundplane.openstack.api import connect  # noqa: PLC0415
    from groundplane.openstack.compute.nova import Nova  # noqa: PLC0415

    with closing(connect(site)) as connection:
        yield Nova(connection)


def carry_out(obj: str | None, make: Make, *, present: Sequence[str] = (), **answers: Unpack[Answers]) -> None:
    """Asks Nova, shows the plan that `make` gives, asks, runs it, and tells how it ended.

    Args:
        present: names that have to be compute hosts of the inventory.

    Raises:
        InputError: a name that the inventory doesn't know.
        GroundplaneError: see `groundplane.cli.operations.carry_out`, `open_nova`.
    """
    from groundplane.cli import operations  # noqa: PLC0415
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.openstack.compute.hosts import refuse_unknown  # noqa: PLC0415

    def asked(desk: Desk) -> Operation:
        refuse_unknown(desk.site, present)
        with console(stderr=True).status("Asking Nova"), open_nova(desk.site) as nova:
            return make(desk, nova)

    operations.carry_out(obj, asked, **answers)
