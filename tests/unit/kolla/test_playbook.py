"""What a service is run with: plays, inventory, links, and nothing left behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.kolla.image_names import kolla_image
from groundplane.kolla.playbook import GROUP, KollaFolder, kolla_inventory, plays, switched_groups
from groundplane.runtime.model import RuntimeFacts
from groundplane.site.kolla.catalogue import read_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site

    from .conftest import CloudSite


FACTS = RuntimeFacts("venv", "/runtime", "2.20.10", "3.13", "/mitogen", "/client", "/runtime/kolla")


@pytest.fixture
def site(cloud: CloudSite) -> Site:
    return cloud.load()


def folder_of(site: Site, memory: Path, facts: RuntimeFacts = FACTS, learnt: list[str] | None = None) -> KollaFolder:
    return KollaFolder(site, memory, facts, accelerator=True, learn=(learnt if learnt is not None else []).extend)


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


def test_groups_are_flat_so_that_precedence_among_the_sites_groups_stays(site: Site) -> None:
    catalogue = read_catalogue(site.release, site.content)
    children: dict[str, Any] = kolla_inventory(site, catalogue)["all"]["children"]
    assert all("children" not in group for group in children.values())
    assert list(children["mariadb"]["hosts"]) == list(site.inventory.group_hosts["control"])
    assert "control" not in children
    assert list(children["enable_glance_True"]["hosts"]) == list(children[GROUP]["hosts"])
    assert "manager" not in children[GROUP]["hosts"]
    assert children[GROUP]["vars"]["ansible_group_priority"] == 0
    assert children[GROUP]["vars"]["openstack_service_workers"] == 1
    assert list(children["deployment"]["hosts"]) == ["localhost"]


def test_the_groups_of_switches_are_those_that_plays_name(site: Site) -> None:
    services = read_catalogue(site.release, site.content).services
    found = switched_groups([services["openvswitch"], services["memcached"]])
    assert found == {"enable_openvswitch_True_enable_ovs_dpdk_False", "enable_memcached_True"}


def test_a_service_gets_links_overlays_and_its_action_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    learnt: list[str] = []
    folder = folder_of(site, tmp_path, learnt=learnt)
    with folder.service_playbook("nova-cell", action="deploy", step="openstack.nova-cell") as made:
        config = made.variables["node_custom_config"]
        assert made.variables["kolla_action"] == "deploy"
        assert (tmp_path / "kolla" / "group_vars").readlink().as_posix() == "/runtime/kolla/group_vars"
        assert "cpu_allocation_ratio" in (tmp_path / "kolla" / config / "nova.conf").read_text()
        assert made.environment["ANSIBLE_STRATEGY"] == "mitogen_nested"
        assert made.environment["ANSIBLE_ROLES_PATH"].startswith("/runtime/kolla/roles:")
        assert made.environment["ANSIBLE_ACTION_PLUGINS"].endswith("playbooks/plugins/action")
    assert not (tmp_path / "kolla" / config).exists()
    assert any("PRIVATE KEY" in text for text in learnt)
    certificates = tmp_path / "kolla" / "certificates"
    assert (certificates / "haproxy.pem").stat().st_mode & 0o777 == 0o600


def test_kernel_modules_are_left_alone_where_the_site_says_so(site: Site, tmp_path: Path) -> None:
    folder_of(site, tmp_path).hosts()
    assert (tmp_path / "kolla" / "roles" / "module-load" / "tasks" / "main.yml").read_text() == "[]\n"


def test_without_mitogen_the_strategy_is_ansibles_own(site: Site, tmp_path: Path) -> None:
    folder = KollaFolder(site, tmp_path, FACTS, accelerator=False, learn=lambda _keys: None)
    assert "ANSIBLE_STRATEGY" not in folder.preparing_playbook().environment


def test_images_are_pulled_by_our_own_role(site: Site, tmp_path: Path) -> None:
    with folder_of(site, tmp_path).service_playbook("memcached", action="pull") as made:
        (play,) = json.loads(made.path.read_text())
    assert play["roles"][0]["role"] == "images"


def test_an_unknown_service_and_a_release_without_openstack_are_told(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no service 'nowa'"):
        folder_of(site, tmp_path).service("nowa")
    none = RuntimeFacts("venv", "/runtime", "2.20.10", "3.13", None, "/client", None)
    with pytest.raises(InputError, match="pins no OpenStack"):
        folder_of(site, tmp_path, none).hosts()


def test_an_images_name_for_kolla_carries_its_digest() -> None:
    assert kolla_image("r:5000/c/cron@sha256:e114a5b33846ef08") == "r:5000/c/cron:sha256-e114a5b33846"
    assert kolla_image("r:5000/c/cron:1") == "r:5000/c/cron:1"


def test_the_strategy_lies_where_the_runtime_sees_it() -> None:
    assert (toolkit_content().playbooks / "plugins" / "strategy" / "mitogen_nested.py").is_file()
