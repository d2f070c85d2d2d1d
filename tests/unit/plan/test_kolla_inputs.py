"""One thing changes: which of Kolla's services would run, on which hosts, and what the plan says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.layers.loading import load_graph
from groundplane.plan.fingerprint import Fingerprinter
from groundplane.plan.planner import changes
from groundplane.plan.wording import reason_in_words
from tests.unit.kolla.kolla_site import GROUPS, make_kolla_site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from groundplane.plan.model import Fingerprint
    from groundplane.site.site import Site

    Fingerprints = Mapping[tuple[str, str], Fingerprint]

__all__ = ["make_kolla_site"]


def fingerprints(site: Site) -> Fingerprints:
    graph = load_graph(site)
    fingerprinter = Fingerprinter(site, graph)
    services = [step.id for step in graph.steps.values() if step.service]
    return {
        (id_.removeprefix("openstack."), host): found
        for host in site.inventory.hosts
        for id_, found in fingerprinter.of_host(host, [id_ for id_ in services if host in graph.hosts[id_]]).items()
    }


def differences(before: Fingerprints, now: Fingerprints) -> dict[str, set[str]]:
    """Service to what changed of its inputs, on any host that has it before and now."""
    found: dict[str, set[str]] = {}
    for key in before.keys() & now.keys():
        for reason in changes(before[key], now[key]):
            found.setdefault(key[0], set()).update(reason.details)
    return found


def hosts(before: Fingerprints, now: Fingerprints, service: str) -> set[str]:
    return {key[1] for key in before.keys() & now.keys() if key[0] == service and before[key] != now[key]}


@pytest.mark.parametrize(
    ("changed", "services"),
    [
        ({"nova_compute_virt_type": "qemu"}, {"nova", "nova-cell"}),
        ({"glance_backend_ceph": True}, {"glance"}),
        ({"mariadb_wsrep_sst_method": "rsync"}, {"mariadb"}),
        ({"fernet_token_expiry": 3600}, {"keystone"}),
        ({"neutron_external_interface": "eth1"}, {"openvswitch"}),
        ({"haproxy_max_connections": 4000}, {"loadbalancer"}),
        ({"prechecks_enable_host_ntp_checks": False}, set()),
        ({"enable_heat": True}, {"cron", "loadbalancer", "horizon"}),
        ({"horizon_port": 8080}, {"loadbalancer", "horizon", "keystone", "glance"}),
        ({"rabbitmq_user": "queue"}, None),
    ],
)
def test_one_variable(make_kolla_site: Callable[..., Site], changed: dict[str, Any], services: set[str] | None) -> None:
    found = differences(fingerprints(make_kolla_site()), fingerprints(make_kolla_site(**changed)))
    (name,) = changed
    assert all(names == {name} for names in found.values())
    if services is None:
        assert {"rabbitmq", "nova", "neutron", "cinder"} <= set(found)
        assert not {"mariadb", "memcached", "openvswitch"} & set(found)
    else:
        # Tables of containers are read as a whole, by who writes log rotation and balances loads, too.
        assert services <= set(found) <= services | {"cron", "loadbalancer"}


def test_a_variable_of_a_group_counts_on_its_hosts(make_kolla_site: Callable[..., Site]) -> None:
    before = fingerprints(make_kolla_site())
    now = fingerprints(make_kolla_site(group_vars={"compute": {"nova_compute_virt_type": "qemu"}}))
    assert hosts(before, now, "nova-cell") == set(GROUPS["compute"])
    assert "nova" not in differences(before, now)


def test_a_key_of_an_override_file_runs_who_reads_the_file_and_is_named(make_kolla_site: Callable[..., Site]) -> None:
    before = fingerprints(make_kolla_site(overlays={"nova.conf": "[DEFAULT]\ndebug = false\n"}))
    site = make_kolla_site(overlays={"nova.conf": "[DEFAULT]\ndebug = true\n"})
    now = fingerprints(site)
    assert differences(before, now) == {
        service: {"overlay nova.conf [DEFAULT] debug"} for service in ("nova", "nova-cell")
    }
    (reason,) = changes(before["nova", "node1"], now["nova", "node1"])
    assert reason_in_words(reason, ["node1"], site) == ("configuration changed", ("nova.conf [DEFAULT] debug = true",))


def test_an_override_file_of_one_host_is_that_hosts(make_kolla_site: Callable[..., Site]) -> None:
    before = fingerprints(make_kolla_site())
    now = fingerprints(make_kolla_site(overlays={"nova/node4/nova.conf": "[DEFAULT]\ndebug = true\n"}))
    assert hosts(before, now, "nova-cell") == {"node4"}


def test_what_the_jinja_of_an_override_refers_to_counts(make_kolla_site: Callable[..., Site]) -> None:
    overlay = {"glance.conf": "[DEFAULT]\nworkers = {{ glance_of_mine }}\n"}
    before = fingerprints(make_kolla_site(overlays=overlay, group_vars={"all": {"glance_of_mine": 1}}))
    now = fingerprints(make_kolla_site(overlays=overlay, group_vars={"all": {"glance_of_mine": 2}}))
    assert differences(before, now) == {"glance": {"glance_of_mine"}}


def test_another_compute_host_is_work_on_that_host_alone(make_kolla_site: Callable[..., Site]) -> None:
    before = fingerprints(make_kolla_site())
    now = fingerprints(make_kolla_site(groups={**GROUPS, "compute": (*GROUPS["compute"], "node6")}))
    assert ("nova-cell", "node6") in now
    assert differences(before, now) == {}


def test_relays_of_ovn_are_counted_where_there_are_any(make_kolla_site: Callable[..., Site]) -> None:
    before = fingerprints(make_kolla_site(enable_ovn_sb_db_relay=True))
    more = {**GROUPS, "compute": (*GROUPS["compute"], "node6")}
    now = fingerprints(make_kolla_site(enable_ovn_sb_db_relay=True, groups=more))
    assert differences(before, now)["ovn-db"] == {"group ovn-controller"}


def test_another_controller_changes_who_knows_the_cluster(make_kolla_site: Callable[..., Site]) -> None:
    before = fingerprints(make_kolla_site())
    now = fingerprints(make_kolla_site(groups={**GROUPS, "control": ("node1", "node2", "node3", "node6")}))
    found = differences(before, now)
    assert "group mariadb" in found["mariadb"]
    assert "group keystone" in found["loadbalancer"]
    assert "openvswitch" not in found


def test_a_layer_more_changes_nothing_of_what_comes_of_it(make_kolla_site: Callable[..., Site]) -> None:
    """Defaults say `'ceph' in groundplane_layers`: what counts is the answer, not the list."""
    before = fingerprints(make_kolla_site())
    now = fingerprints(make_kolla_site(layers=("bootstrap", "supply", "openstack", "platform")))
    assert differences(before, now) == {}


def test_images_count_where_their_containers_run(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site()
    lock = site.path / "images.lock"
    assert "image nova-compute" in fingerprints(site)["nova-cell", "node4"].inputs
    assert "image nova-compute" not in fingerprints(site)["nova-cell", "node1"].inputs
    assert "image nova-conductor" in fingerprints(site)["nova-cell", "node1"].inputs
    assert not lock.exists()


def test_another_image_runs_its_service_where_it_is(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site()

    def with_images(digest: str) -> Fingerprints:
        images = {"nova-compute": f"registry:5000/nova-compute@sha256:{digest}", "keystone": "registry:5000/keystone"}
        return fingerprints(replace(site, variables=site.variables.with_command_line({"groundplane_images": images})))

    before, now = with_images("1" * 64), with_images("2" * 64)
    assert differences(before, now) == {"nova-cell": {"image nova-compute"}}
    assert hosts(before, now, "nova-cell") == set(GROUPS["compute"])


def test_another_kolla_ansible_is_another_release(make_kolla_site: Callable[..., Site]) -> None:
    before, now = fingerprints(make_kolla_site()), fingerprints(make_kolla_site(release="2025.1"))
    assert "kolla-ansible 20.6.0" in str(changes(now["keystone", "node1"], before["keystone", "node1"]))


def test_what_is_no_variable_is_said_in_words(make_kolla_site: Callable[..., Site]) -> None:
    before = fingerprints(make_kolla_site())["keystone", "node1"]
    site = make_kolla_site(overlays={"keystone/policy.yaml": yaml.safe_dump({"a": "b"})})
    reason = changes(before, fingerprints(site)["keystone", "node1"])[0].model_copy(
        update={
            "details": (
                "overlay keystone/policy.yaml",
                "overlay nova.conf [DEFAULT] gone",
                "group keystone",
                "image keystone",
                "groups of the host",
            )
        }
    )
    assert reason_in_words(reason, ["node1"], site)[1] == (
        "keystone/policy.yaml",
        "nova.conf [DEFAULT] gone (not there any more)",
        "the hosts of the group keystone, or their addresses",
        "image keystone",
        "the host's groups",
    )
