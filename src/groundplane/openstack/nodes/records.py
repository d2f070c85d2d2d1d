"""A node's records in Nova and Neutron, which stay when it has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.openstack.api import telling
from groundplane.openstack.status.services import COMPUTE, NETWORK, cloud_services

if TYPE_CHECKING:
    from collections.abc import Set

    from openstack.connection import Connection

    from groundplane.openstack.work import Work


def forget_records(cloud: Connection, names: Set[str], work: Work) -> None:
    """Services, agents and the resource provider of the node that goes by these names.

    Nova removes the resource provider with the service of nova-compute; one that an earlier removal left is looked for.

    Raises:
        FailedError: one of them refuses.
    """
    found = [one for one in cloud_services(cloud, with_volumes=False) if one.host in names]
    for one in found:
        if one.service not in (COMPUTE, NETWORK):
            continue
        with work.piece(f"{one.binary} on {one.host} is forgotten") as piece:
            piece.changed = True
            if work.check:
                continue
            with telling(f"{one.binary} on {one.host} can't be forgotten"):
                if one.service == COMPUTE:
                    cloud.compute.delete_service(one.id, ignore_missing=True)
                else:
                    cloud.network.delete_agent(one.id, ignore_missing=True)
    with work.piece("Placement keeps no resources of it") as piece:
        with telling("Placement doesn't list its hosts"):
            left = [one for one in cloud.placement.resource_providers() if one.name in names]
        for provider in left:
            piece.changed = True
            if not work.check:
                with telling(f"Placement keeps the resources of {provider.name}"):
                    cloud.placement.delete_resource_provider(provider, ignore_missing=True)
