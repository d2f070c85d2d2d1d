from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jinja2.nativetypes import NativeEnvironment

from groundplane.kolla.watching import aside_play, folders_by_host, watch_play
from groundplane.site.kolla.catalogue import read_catalogue
from tests.unit.kolla.kolla_site import make_kolla_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]


@pytest.fixture
def site(make_kolla_site: Callable[..., Site]) -> Site:
    return make_kolla_site()


def test_each_host_has_the_folders_of_the_containers_that_it_runs(site: Site) -> None:
    found = folders_by_host(site)
    assert {"nova-compute", "nova-libvirt", "nova-ssh"} == set(found["nova-cell"]["node4"])
    assert "nova-conductor" in found["nova-cell"]["node1"]
    assert "heat" not in found
    catalogue = read_catalogue(site.release, site.content)
    for service, hosts in found.items():
        assert all(set(folders) <= set(catalogue.services[service].containers) for folders in hosts.values())


def test_a_host_watches_what_it_runs_and_nothing_that_is_left_over(site: Site) -> None:
    (task,) = watch_play("openstack.nova-cell", folders_by_host(site)["nova-cell"], hosts="all")["tasks"]
    folders = task["watch_containers"]["folders"]

    def on(host: str) -> object:
        return NativeEnvironment().from_string(folders).render(inventory_hostname=host)

    assert on("node4") == ["nova-compute", "nova-libvirt", "nova-ssh"]
    assert on("node9") == []


def test_files_are_set_aside_before_kolla_writes() -> None:
    (task,) = aside_play("openstack.nova", hosts="all")["tasks"]
    assert task["watch_set_aside"]["step"] == "openstack.nova"
