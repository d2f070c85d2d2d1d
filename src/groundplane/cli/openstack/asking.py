"""What the commands share that look at OpenStack: the site opened, its hosts and its API asked."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.openstack.status.findings import OpenStackState
    from groundplane.openstack.status.hosts import HostState
    from groundplane.site.secrets.opening import OpenedSecrets
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site with its secrets, and a way to its hosts."""

    site: Site
    secrets: OpenedSecrets
    connection: SshConnection


@contextmanager
def open_hosts(obj: str | None) -> Iterator[OpenSite]:
    """Opens the site with its secrets, and the connection to its hosts; no graph and no journal, which take longer.

    Raises:
        InputError: anything of these is wrong, or the secrets can't be opened.
    """
    from groundplane.cli.common import connected, open_site_and_secrets  # noqa: PLC0415

    site, secrets = open_site_and_secrets(obj)
    with connected(site, secrets) as connection:
        yield OpenSite(site, secrets, connection)


def ask_state(obj: str | None, *, limit: str | None = None, api: bool = True) -> OpenStackState:
    """How OpenStack stands, with a count on the terminal while hosts are asked.

    Raises:
        InputError: the site is wrong, has no OpenStack layer, or `limit` matches nothing of it.
    """
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.openstack.status.state import chosen_hosts, openstack_state  # noqa: PLC0415

    with open_hosts(obj) as opened, console(stderr=True).status("Asking the hosts") as status:
        answers: list[HostState] = []

        def count(answer: HostState) -> None:
            answers.append(answer)
            status.update(f"Asking the hosts: {len(answers)} answered")

        return openstack_state(
            opened.site,
            opened.connection,
            hosts=chosen_hosts(opened.site, limit),
            api=api,
            on_answer=count,
        )
