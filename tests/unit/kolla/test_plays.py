"""The plays of a service: Kolla's own, and ours before and after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.kolla.inventory import GROUP
from groundplane.kolla.plays import plays
from groundplane.site.kolla.catalogue import read_catalogue

if TYPE_CHECKING:
    from groundplane.site.site import Site


def test_kollas_plays_come_first_as_they_are_and_the_watch_list_last(site: Site) -> None:
    service = read_catalogue(site.release, site.content).services["glance"]
    *first, last = plays(service, action="deploy", step="openstack.glance")
    assert first == list(service.plays)
    assert last["hosts"] == GROUP
    assert last["tasks"][0]["watch_containers"]["step"] == "openstack.glance"
    assert plays(service, action="stop", step=None)[:-1] == list(service.plays)


def test_after_the_load_balancer_its_addresses_are_waited_for(site: Site) -> None:
    services = read_catalogue(site.release, site.content).services
    waiting = "ansible.builtin.wait_for"
    last = plays(services["loadbalancer"], action="deploy", step="openstack.loadbalancer")[-2]
    assert last["tasks"][0][waiting]["host"] == "{{ kolla_internal_vip_address }}"
    assert waiting not in str(plays(services["loadbalancer"], action="config", step=None))
    assert waiting not in str(plays(services["glance"], action="deploy", step="openstack.glance"))


def test_a_service_that_was_applied_before_begins_with_what_somebody_put_there_since(site: Site) -> None:
    service = read_catalogue(site.release, site.content).services["glance"]
    first, *rest = plays(service, action="deploy", step="openstack.glance", again=True)
    assert first["tasks"][0]["watch_set_aside"]["step"] == "openstack.glance"
    assert rest[:-1] == list(service.plays)
    assert plays(service, action="config", step=None, again=True)[0] == service.plays[0]


def test_units_that_systemd_gave_up_are_started_again(site: Site) -> None:
    service = read_catalogue(site.release, site.content).services["glance"]
    reset = ["systemctl", "reset-failed", "kolla-*-container.service"]
    for found in (
        plays(service, action="deploy", step="openstack.glance", again=True),
        plays(service, action="reconfigure", step=None),
    ):
        assert found[0]["hosts"] == GROUP
        assert found[0]["tasks"][-1]["ansible.builtin.command"] == {"argv": reset}
    for action in ("stop", "config", "precheck"):
        assert "systemctl" not in str(plays(service, action=action, step=None)[0].get("tasks"))
