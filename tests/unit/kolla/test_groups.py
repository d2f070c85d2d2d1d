from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from groundplane.kolla.groups import kolla_groups
from groundplane.site.kolla.catalogue import read_catalogue

if TYPE_CHECKING:
    from .conftest import CloudSite

NODES = ("node1", "node2", "node3")


def groups(cloud: CloudSite) -> dict[str, tuple[str, ...]]:
    site = cloud.load()
    return kolla_groups(site, read_catalogue(site.release, site.content))


def test_kollas_groups_have_the_hosts_of_what_they_consist_of(cloud: CloudSite) -> None:
    found = groups(cloud)
    assert found["mariadb"] == found["nova-api"] == found["ovn-controller"] == NODES
    assert found["baremetal"] == NODES
    assert "manager" not in {host for hosts in found.values() for host in hosts}


def test_a_group_that_the_site_has_itself_counts_as_it_is_written(cloud: CloudSite) -> None:
    file = cloud.path / "inventory" / "hosts.yml"
    inventory = yaml.safe_load(file.read_text())
    inventory["all"]["children"]["mariadb"] = {"hosts": {"node3": None}}
    inventory["all"]["children"]["monitoring"] = {"hosts": {"manager": None}}
    file.write_text(yaml.safe_dump(inventory))
    found = groups(cloud)
    assert (found["mariadb"], found["rabbitmq"]) == (("node3",), NODES)
    assert found["prometheus"] == ("manager",)
    assert set(found["cron"]) == {"manager", *NODES}


def test_a_group_that_nobody_is_in_is_there(cloud: CloudSite) -> None:
    file = cloud.path / "inventory" / "hosts.yml"
    inventory = yaml.safe_load(file.read_text())
    del inventory["all"]["children"]["monitoring"]
    file.write_text(yaml.safe_dump(inventory))
    found = groups(cloud)
    assert (found["monitoring"], found["grafana"]) == ((), ())
