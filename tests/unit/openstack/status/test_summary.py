"""A row for each service, a line for each cluster."""

from __future__ import annotations

from dataclasses import replace

from groundplane.openstack.status.summary import cluster_rows, service_rows

from .states import gone, reporters, state, without


def test_services_in_the_order_of_deployment() -> None:
    rows = {row.service: row for row in service_rows(state())}
    assert list(rows) == ["loadbalancer", "mariadb", "rabbitmq", "cinder", "ovn-db", "nova-cell", "ovn-controller"]
    assert (rows["ovn-db"].containers, rows["ovn-db"].hosts) == (6, 3)
    assert (rows["nova-cell"].reporting, rows["nova-cell"].reporters) == (2, 2)
    assert rows["ovn-controller"].reporters == 5
    assert all(row.well == row.containers for row in rows.values())


def test_what_is_ill_names_its_hosts() -> None:
    off = replace(reporters()[1], enabled=False)
    rows = {
        row.service: row
        for row in service_rows(state(without("node4", "nova_compute"), gone("node5"), services=(off,)))
    }
    assert rows["nova-cell"].ill == {"nova_compute": ("node4", "node5")}
    assert (rows["nova-cell"].well, rows["nova-cell"].disabled) == (0, ("node4",))


def test_clusters() -> None:
    assert dict(cluster_rows(state())) == {
        "MariaDB": "3 in the cluster, Primary, 3 synced",
        "RabbitMQ": "3 of 3 run",
        "OVN northbound": "3 answer; node1 leads",
        "OVN southbound": "3 answer; node1 leads",
    }
