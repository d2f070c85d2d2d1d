"""What Nova, Neutron and Placement forget."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from groundplane.openstack.nodes import records
from groundplane.openstack.nodes.records import forget_records
from groundplane.openstack.status.services import CloudService

from ..compute.works import Told, quick_work  # noqa: TID252

SERVICES = (
    CloudService("nova", "nova-compute", "node4", up=False, enabled=False, id="s-4"),
    CloudService("nova", "nova-compute", "node5", up=True, enabled=True, id="s-5"),
    CloudService("neutron", "OVN Controller agent", "node4.cloud.test", up=False, enabled=True, id="a-4"),
)


@pytest.mark.parametrize("check", [False, True])
def test_of_that_node_alone(monkeypatch: pytest.MonkeyPatch, *, check: bool) -> None:
    gone: list[str] = []
    providers = [SimpleNamespace(name="node4.cloud.test"), SimpleNamespace(name="node5")]
    cloud = SimpleNamespace(
        compute=SimpleNamespace(delete_service=lambda id_, **_more: gone.append(id_)),
        network=SimpleNamespace(delete_agent=lambda id_, **_more: gone.append(id_)),
        placement=SimpleNamespace(
            resource_providers=lambda: providers,
            delete_resource_provider=lambda one, **_more: gone.append(one.name),
        ),
    )
    monkeypatch.setattr(records, "cloud_services", lambda _cloud, **_more: SERVICES)
    told = Told()
    forget_records(cast("Any", cloud), {"node4", "node4.cloud.test"}, quick_work(told, check=check))
    assert gone == ([] if check else ["s-4", "a-4", "node4.cloud.test"])
    assert list(told.ends) == [
        "nova-compute on node4 is forgotten",
        "OVN Controller agent on node4.cloud.test is forgotten",
        "Placement keeps no resources of it",
    ]
