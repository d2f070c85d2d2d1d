"""Names of services and containers, and where they write."""

from __future__ import annotations

import pytest

from groundplane.errors import InputError
from groundplane.kolla.containers import KollaContainer
from groundplane.openstack.logs.sources import choose, patterns

WANTED = tuple(
    KollaContainer(name, service, ("node1",))
    for name, service in (
        ("haproxy", "loadbalancer"),
        ("nova_api", "nova"),
        ("nova_compute", "nova-cell"),
        ("nova_libvirt", "nova-cell"),
        ("neutron_ovn_metadata_agent", "neutron"),
        ("ovn_controller", "ovn-controller"),
        ("ovn_nb_db", "ovn-db"),
    )
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("nova_compute", ["nova_compute"]),
        ("nova-compute", ["nova_compute"]),
        ("nova-cell", ["nova_compute", "nova_libvirt"]),
        ("nova", ["nova_api", "nova_compute", "nova_libvirt"]),
        ("loadbalancer", ["haproxy"]),
        ("ovn", ["ovn_controller", "ovn_nb_db"]),
        ("ovn-db", ["ovn_nb_db"]),
    ],
)
def test_a_container_a_service_or_a_project(name: str, meant: list[str]) -> None:
    assert [one.name for one in choose(WANTED, [name])] == meant


def test_nothing_named_means_all_and_unknown_names_the_nearest() -> None:
    assert choose(WANTED, []) == WANTED
    with pytest.raises(InputError, match="No service or container of this site is called nva") as refused:
        choose(WANTED, ["nva"])
    assert "nova" in refused.value.cure


def test_files() -> None:
    assert patterns("neutron_ovn_metadata_agent")[0] == "neutron/neutron-ovn-metadata-agent.log"
    assert patterns("nova_libvirt") == ("libvirt/*.log",)
    assert patterns("cron") == ()
