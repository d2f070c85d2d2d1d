"""Learns how OpenStack stands: asks all hosts, and meanwhile the cloud's API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from groundplane.errors import GroundplaneError, InputError
from groundplane.kolla.containers import kolla_containers
from groundplane.openstack.status.findings import OpenStackState
from groundplane.openstack.status.hosts import ask_containers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.kolla.containers import KollaContainer
    from groundplane.openstack.status.hosts import HostState
    from groundplane.openstack.status.services import CloudService
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

LAYER = "openstack"
API_SECONDS = 15.0
"""What one answer of the API may take here: a person waits."""


def openstack_hosts(wanted: Sequence[KollaContainer], site: Site) -> tuple[str, ...]:
    """Hosts that run any of Kolla's containers, in the inventory's order."""
    there = {host for one in wanted for host in one.hosts}
    return tuple(host for host in site.inventory.hosts if host in there)


def wanted_containers(site: Site) -> tuple[KollaContainer, ...]:
    """What should run where.

    Raises:
        InputError: the site has no OpenStack layer; or see `groundplane.kolla.containers.kolla_containers`.
    """
    if LAYER not in site.file.layers:
        raise InputError(
            "OpenStack is not among this site's layers",
            cure="Add it to the layers in site.yml: [bootstrap, supply, ceph, openstack].",
            place=site.source.place("layers"),
        )
    return kolla_containers(site)


def openstack_state(
    site: Site,
    connection: SshConnection,
    *,
    hosts: Sequence[str] | None = None,
    also: Sequence[str] = (),
    api: bool = True,
    on_answer: Callable[[HostState], None] | None = None,
) -> OpenStackState:
    """Asks these hosts (all that run any of it where None) and, with `api`, the cloud for its services.

    `also` are hosts that ought to run none of it any more.

    Raises:
        InputError: see `wanted_containers`.
    """
    wanted = wanted_containers(site)
    chosen = tuple(hosts) if hosts is not None else openstack_hosts(wanted, site)
    more = tuple(host for host in also if host in site.inventory.hosts and host not in chosen)
    with ThreadPoolExecutor(max_workers=1) as pool:
        told = pool.submit(_ask_api, site, {one.service for one in wanted}) if api else None
        answers = ask_containers(site, (*chosen, *more), connection, on_answer=on_answer)
        services, error = told.result() if told is not None else (None, "")
    return OpenStackState(
        hosts=answers,
        wanted=wanted,
        vips={name: vip.address for name, vip in site.networks.vips.items()},
        services=services,
        api_error=error,
    )


def _ask_api(site: Site, wanted: set[str]) -> tuple[tuple[CloudService, ...], str]:
    from groundplane.openstack.api import connect  # noqa: PLC0415 - heavy
    from groundplane.openstack.status.services import answering_services  # noqa: PLC0415 - heavy

    try:
        with connect(site, seconds=API_SECONDS) as connection:
            found, silent = answering_services(connection, with_volumes="cinder" in wanted)
    except GroundplaneError as error:
        return (), _said(error)
    return found, "; ".join(_said(error) for error in silent)


def _said(error: GroundplaneError) -> str:
    return f"{error.what}" + (f" ({error.why})" if error.why else "")


def chosen_hosts(site: Site, limit: str | None) -> tuple[str, ...]:
    """The hosts that a pattern means, of those that run any of OpenStack.

    Raises:
        InputError: it means none of them; or see `wanted_containers`.
    """
    there = openstack_hosts(wanted_containers(site), site)
    if limit is None:
        return there
    meant = site.inventory.select(limit)
    found = tuple(host for host in there if host in meant)
    if not found:
        raise InputError(f"None of {', '.join(meant)} runs any of OpenStack", cure=f"These do: {', '.join(there)}.")
    return found
