"""Which agents should report."""

from __future__ import annotations

from groundplane.kolla.containers import KollaContainer
from groundplane.openstack.checks.agents import missing_agents
from groundplane.openstack.status.services import CloudService

WANTED = (
    KollaContainer("nova_compute", "nova-cell", ("node2", "node3")),
    KollaContainer("ovn_controller", "ovn-controller", ("node1", "node2")),
    KollaContainer("nova_api", "nova", ("node1",)),
)
HOSTS = ("node1", "node2", "node3")


def service(binary: str, host: str) -> CloudService:
    return CloudService(service="any", binary=binary, host=host, up=True, enabled=True)


def test_what_never_reported_is_named_at_its_host() -> None:
    known = [
        service("nova-compute", "node2"),
        service("OVN Controller Gateway agent", "node1.lab.test"),
        service("OVN Controller agent", "node2.lab.test"),
    ]
    assert list(missing_agents(WANTED, known, HOSTS)) == [
        ("node3", "nova-compute on node3 has never reported to the cloud: nova_compute should have")
    ]
    assert list(missing_agents(WANTED, known, ("node1", "node2"))) == []


def test_one_that_is_silent_is_somebody_elses_business() -> None:
    silent = CloudService(service="nova", binary="nova-compute", host="node2", up=False, enabled=True)
    assert [host for host, _ in missing_agents(WANTED[:1], [silent], HOSTS)] == ["node3"]
