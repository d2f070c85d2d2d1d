from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jinja2.nativetypes import NativeEnvironment

from groundplane.openstack.catalogue import read_catalogue
from groundplane.openstack.watching import aside_play, folders_by_host, watch_play

from .kolla_site import make_kolla_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]


@pytest.fixture
def site(make_kolla_site: Callable[..., Site]) -> Site:
    return make_kolla_site()


def worked_out(value: str, **variables: Any) -> Any:
    environment = NativeEnvironment()
    environment.filters["difference"] = lambda all_, some: [one for one in all_ if one not in some]
    return environment.from_string(value).render(**variables)


def test_each_host_has_the_folders_of_the_containers_that_it_runs(site: Site) -> None:
    found = folders_by_host(site)
    assert {"nova-compute", "nova-libvirt", "nova-ssh"} == set(found["nova-cell"]["node4"])
    assert "nova-conductor" in found["nova-cell"]["node1"]
    assert "heat" not in found
    catalogue = read_catalogue(site.release, site.content)
    for service, hosts in found.items():
        assert all(set(folders) <= set(catalogue.services[service].containers) for folders in hosts.values())


def test_a_host_watches_its_own_and_looks_for_what_is_left_of_the_others(site: Site) -> None:
    service = read_catalogue(site.release, site.content).services["nova-cell"]
    play = watch_play(service, "openstack.nova-cell", folders_by_host(site)["nova-cell"], hosts="all")
    (task,) = play["tasks"]
    watched = worked_out(task["vars"]["watched_folders"], inventory_hostname="node4")
    assert watched == ["nova-compute", "nova-libvirt", "nova-ssh"]
    left = worked_out(task["watch_containers"]["left"], watched_folders=watched)
    assert set(left) == set(service.containers) - set(watched)
    nowhere = worked_out(task["vars"]["watched_folders"], inventory_hostname="node9")
    assert nowhere == []
    assert json.dumps(play)


def test_files_are_set_aside_before_kolla_writes() -> None:
    (task,) = aside_play("openstack.nova", hosts="all")["tasks"]
    assert task["watch_set_aside"]["step"] == "openstack.nova"
