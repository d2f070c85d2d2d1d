"""What the API says of its services."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from openstack.exceptions import SDKException

from groundplane.errors import FailedError
from groundplane.openstack.status.services import answering_services, cloud_services


def one(**more: Any) -> SimpleNamespace:
    given = {"availability_zone": None, "disabled_reason": None, "updated_at": None, "id": 1}
    return SimpleNamespace(**{**given, **more})


def test_nova_cinder_and_neutron_in_one_list() -> None:
    agent = one(agent_type="OVN Controller agent", host="node1", is_alive=False, is_admin_state_up=True, id="a")
    agent.last_heartbeat_at = "13:00"
    cloud = SimpleNamespace(
        compute=SimpleNamespace(
            services=lambda: [
                one(binary="nova-compute", host="node2", state="up", status="disabled", disabled_reason="why")
            ]
        ),
        block_storage=SimpleNamespace(
            services=lambda: [one(binary="cinder-volume", host="node1@rbd-1", state="up", status="enabled")]
        ),
        network=SimpleNamespace(agents=lambda: [agent]),
    )
    found = cloud_services(cast("Any", cloud))
    assert [(one.service, one.binary, one.host, one.up, one.enabled) for one in found] == [
        ("cinder", "cinder-volume", "node1", True, True),
        ("neutron", "OVN Controller agent", "node1", False, True),
        ("nova", "nova-compute", "node2", True, False),
    ]
    assert (found[0].backend, found[1].updated, found[2].reason) == ("rbd-1", "13:00", "why")
    assert len(cloud_services(cast("Any", cloud), with_volumes=False)) == 2


def test_one_that_is_silent_leaves_the_others_theirs() -> None:
    def fails() -> list[Any]:
        raise SDKException("503")

    cloud = SimpleNamespace(
        compute=SimpleNamespace(services=lambda: [one(binary="nova-compute", host="node2", state="up", status="x")]),
        network=SimpleNamespace(agents=fails),
    )
    found, silent = answering_services(cast("Any", cloud), with_volumes=False)
    assert [one.host for one in found] == ["node2"]
    assert [error.what for error in silent] == ["Neutron doesn't say how its agents are"]
    with pytest.raises(FailedError, match="Neutron"):
        cloud_services(cast("Any", cloud), with_volumes=False)
