"""A cloud from nothing, and what a day does to it: `./scripts/test cloud`. In the order of the file."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.command import quick
from tests.e2e.cloud import CONFIGURATION, NODES, OVERLAYS
from tests.e2e.conftest import FROM_NOTHING, Lab, engine_processes, kill
from tests.e2e.faults.by_hand import CUSTOMER, flavor_changed, remove_container
from tests.e2e.people import Identity
from tests.e2e.secret_search import ProcessWatch, search_files

if TYPE_CHECKING:
    from tests.e2e.cloud import Cloud

pytestmark = pytest.mark.cloud

NOVA = {"openstack.nova", "openstack.nova-cell"}


def nothing_to_do(lab: Lab) -> None:
    answer, steps = lab.plan()
    assert (answer.code, steps) == (0, {}), str(answer)


def set_values(lab: Lab, **values: Any) -> None:
    file = lab.site / CONFIGURATION
    found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    file.write_text(yaml.safe_dump({**found, **values}, sort_keys=False), encoding="utf-8")


@pytest.mark.path
@pytest.mark.timeout(FROM_NOTHING + 600)
def test_one_command_makes_a_cloud(cloud_lab: Lab, cloud: Cloud) -> None:
    if cloud_lab.first is not None:
        # The two of the one command, whatever other tests did since.
        first = sorted(cloud_lab.runs(), key=lambda entry: str(entry["started_at"]))[:2]
        assert [(entry["command"], entry["state"]) for entry in first] == [("apply", "done"), ("verify", "done")]
        checked = cloud_lab.work_of(cloud_lab.run_details(first[1]["run"]))
        assert set(checked.values()) == {"done"}
        assert {"platform.smoke", "identity.logins"} <= {step for step, _ in checked}, "a server, and people's logins"
        left = cloud.objects()
        assert not left["servers"] | left["volumes"] | left["floating addresses"], "its server went with it"
        for host in NODES:
            assert host in cloud_lab.first.out
    token, catalogue = cloud.token()
    assert token
    assert {"identity", "compute", "image", "network", "placement", "block-storage", "object-store"} <= set(catalogue)
    assert all(url.startswith("https://") for url in catalogue.values()), catalogue


def test_the_cloud_verifies(cloud_lab: Lab) -> None:
    answer = cloud_lab.groundplane("verify", "openstack", timeout=1800)
    assert answer.code == 0, str(answer)


@pytest.mark.timeout(1800)
def test_a_server_of_an_ordinary_user_answers_and_nothing_is_left_of_it(cloud_lab: Lab, cloud: Cloud) -> None:
    before = cloud.objects()
    smoke = cloud_lab.groundplane("openstack", "smoke", timeout=1700)
    assert smoke.code == 0, str(smoke)
    assert cloud.objects() == before


@pytest.mark.timeout(1800)
def test_a_smoke_test_that_is_interrupted_leaves_nothing(cloud_lab: Lab, cloud: Cloud) -> None:
    before = cloud.objects()
    process = cloud_lab.start("openstack", "smoke")

    def at_work() -> bool:
        assert process.poll() is None, cloud_lab.started_output()
        return bool(cloud.objects()["servers"] - before["servers"])

    cloud_lab.wait_for(at_work, "the smoke test's server", 600)
    process.send_signal(signal.SIGINT)
    assert process.wait(600) == 4, cloud_lab.started_output()
    assert cloud.objects() == before


@pytest.mark.path
def test_a_second_apply_touches_nothing(cloud_lab: Lab, cloud: Cloud) -> None:
    nothing_to_do(cloud_lab)
    runs, containers = len(cloud_lab.runs()), cloud.all_containers()
    again = cloud_lab.groundplane("apply", "--yes")
    assert again.code == 0, str(again)
    quick(again, 15)
    assert len(cloud_lab.runs()) == runs
    assert cloud.all_containers() == containers


def test_what_kolla_is_given_can_be_seen_without_its_secrets(cloud_lab: Lab, cloud: Cloud) -> None:
    shown = cloud_lab.groundplane("openstack", "config", "--json")
    assert shown.code == 0, str(shown)
    assert json.loads(shown.out)
    for needle, name in cloud.confidential().items():
        assert needle not in (shown.out + shown.err).encode(), f"{name} was shown"


@pytest.mark.timeout(1800)
def test_a_key_of_an_override_file_is_named_and_only_who_reads_it_runs(cloud_lab: Lab, cloud: Cloud) -> None:
    file = cloud_lab.site / OVERLAYS / "nova.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = file.read_text(encoding="utf-8") if file.exists() else ""
    # Another value each time, so that a lab that was kept has something to do too.
    value = str(int(time.time()) % 1000 + 60)
    file.write_text(f"{kept}\n[DEFAULT]\nservice_down_time = {value}\n", encoding="utf-8")
    before = cloud.all_containers()
    shown = cloud_lab.groundplane("plan")
    assert shown.code == 0, str(shown)
    assert all(word in shown.out for word in ("nova.conf", "DEFAULT", "service_down_time")), str(shown)
    assert set(cloud_lab.plan()[1]) == NOVA
    secrets = cloud.confidential()
    # On the nodes Kolla's own tools take passwords as words (docs/secrets.md); the engine hands none to a process.
    with ProcessWatch(secrets, cloud_lab.state, but=cloud_lab.node_processes()) as watch:
        applied = cloud_lab.groundplane("apply", "--yes", timeout=1500)
    assert applied.code == 0, str(applied)
    assert not watch.found
    assert {step for step, _ in cloud_lab.work_of(cloud_lab.newest_run())} == NOVA
    written = cloud_lab.on("node1", "cat", "/etc/kolla/nova-scheduler/nova.conf")
    assert f"service_down_time = {value}" in written
    after = cloud.all_containers()
    restarted = {name for host in NODES for name in after[host] if after[host][name] != before[host].get(name)}
    assert restarted
    assert all(name.startswith("nova_") for name in restarted), restarted
    nothing_to_do(cloud_lab)


def test_no_secret_lies_on_this_machine(cloud_lab: Lab, cloud: Cloud) -> None:
    password = cloud_lab.base / "config"
    needles = cloud.confidential()
    found, read = search_files(needles, cloud_lab.base)
    assert [finding for finding in found if not finding.startswith(f"{password}/")] == []
    assert read > 10


@pytest.mark.path
def test_a_container_that_is_gone_is_named_and_made_again_alone(cloud_lab: Lab, cloud: Cloud) -> None:
    before = cloud.containers("node1")
    remove_container(cloud_lab, "node1", "memcached")
    shown = cloud_lab.groundplane("plan")
    assert all(word in shown.out for word in ("openstack.memcached", "node1", "container memcached")), str(shown)
    assert cloud_lab.plan()[1] == {"openstack.memcached": ["node1"]}
    applied = cloud_lab.groundplane("apply", "--yes")
    assert applied.code == 0, str(applied)
    assert {step for step, _ in cloud_lab.work_of(cloud_lab.newest_run())} == {"openstack.memcached"}
    after = cloud.containers("node1")
    assert "memcached" in after
    assert {name: started for name, started in after.items() if name != "memcached"} == {
        name: started for name, started in before.items() if name != "memcached"
    }
    # Horizon's sessions are in it: people can log in as soon as it is back.
    identity = Identity(cloud)
    customer = identity.customer(CUSTOMER)
    identity.horizon().log_in(customer.person, provider=customer.realm)
    nothing_to_do(cloud_lab)


def test_a_config_that_somebody_edited_is_named_and_put_right(cloud_lab: Lab) -> None:
    file = "/etc/kolla/placement-api/placement.conf"
    before = cloud_lab.on("node1", "sha256sum", file)
    cloud_lab.on("node1", "sh", "-c", f"echo '# by hand' >> {file}")
    shown = cloud_lab.groundplane("plan")
    assert all(word in shown.out for word in ("openstack.placement", "node1", file)), str(shown)
    assert cloud_lab.plan()[1] == {"openstack.placement": ["node1"]}
    applied = cloud_lab.groundplane("apply", "--yes")
    assert applied.code == 0, str(applied)
    assert cloud_lab.on("node1", "sha256sum", file) == before
    nothing_to_do(cloud_lab)


@pytest.mark.timeout(2400)
def test_a_run_killed_in_the_middle_is_resumed(cloud_lab: Lab) -> None:
    options = yaml.safe_load((cloud_lab.site / CONFIGURATION).read_text(encoding="utf-8")) or {}
    debug = not options.get("nova_logging_debug", False)
    set_values(cloud_lab, glance_logging_debug=debug, nova_logging_debug=debug)
    planned = {(step, host) for step, hosts in cloud_lab.plan()[1].items() for host in hosts}
    assert {step for step, _ in planned} >= {"openstack.glance", *NOVA}
    runs = {entry["run"] for entry in cloud_lab.runs()}
    process = cloud_lab.start("apply", "--yes")

    def new_run() -> str | None:
        return next((entry["run"] for entry in cloud_lab.runs() if entry["run"] not in runs), None)

    def in_the_middle() -> bool:
        assert process.poll() is None, cloud_lab.started_output()
        name = new_run()
        states = list(cloud_lab.work_of(cloud_lab.run_details(name)).values()) if name else []
        return "done" in states and "running" in states

    cloud_lab.wait_for(in_the_middle, "a run with some work done and some under way", 900)
    kill(process)
    time.sleep(3)
    assert engine_processes(cloud_lab) == [], "a killed engine leaves nothing at work"
    killed = cloud_lab.run_details(str(new_run()))
    assert killed["state"] == "interrupted"
    done_before = {work for work, state in cloud_lab.work_of(killed).items() if state == "done"}
    resumed = cloud_lab.groundplane("apply", "--resume", "--yes", timeout=1500)
    assert resumed.code == 0, str(resumed)
    ran = {work for work, state in cloud_lab.work_of(cloud_lab.newest_run()).items() if state == "done"}
    assert not ran & done_before, "nothing that was done is run again"
    assert ran | done_before >= planned
    written = cloud_lab.on("node1", "cat", "/etc/kolla/nova-api/nova.conf")
    assert f"debug = {debug}" in written
    nothing_to_do(cloud_lab)


def test_a_name_that_kolla_does_not_know_is_refused(cloud_lab: Lab) -> None:
    file = cloud_lab.site / CONFIGURATION
    before, runs = file.read_text(encoding="utf-8"), len(cloud_lab.runs())
    try:
        set_values(cloud_lab, nova_loging_debug=True)
        refused = cloud_lab.groundplane("apply", "--yes")
        assert refused.code == 2, str(refused)
        assert all(word in refused.err for word in ("nova_loging_debug", "nova_logging_debug", CONFIGURATION))
    finally:
        file.write_text(before, encoding="utf-8")
    assert len(cloud_lab.runs()) == runs


def test_what_somebody_changed_in_the_cloud_is_put_right(cloud_lab: Lab, cloud: Cloud) -> None:
    change = flavor_changed(cloud_lab, cloud)
    shown = cloud_lab.groundplane("plan", "platform")
    assert all(word in shown.out for word in (change.step, *change.words)), str(shown)
    applied = cloud_lab.groundplane("apply", "--yes")
    assert applied.code == 0, str(applied)
    assert {step for step, _ in cloud_lab.work_of(cloud_lab.newest_run())} == {change.step}
    assert change.mended()
    nothing_to_do(cloud_lab)


def test_a_file_that_somebody_put_there_is_named_and_set_aside(cloud_lab: Lab, cloud: Cloud) -> None:
    before = cloud.containers("node1")
    file = "/etc/kolla/placement-api/by-hand.conf"
    cloud_lab.on("node1", "sh", "-c", f"echo debug=1 > {file}")
    shown = cloud_lab.groundplane("plan")
    assert all(word in shown.out for word in ("openstack.placement", "node1", "by-hand.conf")), str(shown)
    assert cloud_lab.plan()[1] == {"openstack.placement": ["node1"]}
    applied = cloud_lab.groundplane("apply", "--yes")
    assert applied.code == 0, str(applied)
    found = cloud_lab.on("node1", "find", "/var/lib/groundplane/set-aside", "/etc/kolla", "-name", "by-hand.conf")
    assert found.count("by-hand.conf") == 1
    assert "/set-aside/openstack.placement/" in found
    assert cloud.containers("node1") == before, "nothing is restarted for a file that nobody reads"
    nothing_to_do(cloud_lab)


@pytest.mark.timeout(2400)
def test_what_is_switched_off_is_named_and_removed_when_asked(cloud_lab: Lab, cloud: Cloud) -> None:
    where = [host for host in NODES if "cinder_backup" in cloud.containers(host)]
    assert where
    set_values(cloud_lab, enable_cinder_backup=False)
    off = cloud_lab.groundplane("apply", "--yes", timeout=1500)
    assert off.code == 0, str(off)
    answer, steps = cloud_lab.plan()
    assert (answer.code, steps) == (0, {}), str(answer)
    assert {(one["host"], *one["containers"]) for one in answer.json()["leftovers"]} == {
        (host, "cinder_backup") for host in where
    }
    assert "cinder_backup" in cloud_lab.groundplane("plan").out
    asked = cloud_lab.groundplane("openstack", "cleanup")
    assert asked.code == 2, "nobody is there to say yes"
    assert all("cinder_backup" in cloud.containers(host) for host in where)
    cleaned = cloud_lab.groundplane("openstack", "cleanup", "--yes")
    assert cleaned.code == 0, str(cleaned)
    assert not any("cinder_backup" in cloud.containers(host) for host in NODES)
    assert cloud_lab.plan()[0].json()["leftovers"] == []
    nothing_to_do(cloud_lab)
    set_values(cloud_lab, enable_cinder_backup=True)
    back = cloud_lab.groundplane("apply", "--yes", timeout=1500)
    assert back.code == 0, str(back)
    assert all("cinder_backup" in cloud.containers(host) for host in where)
    nothing_to_do(cloud_lab)


def test_a_host_that_is_not_there_is_refused_before_the_cloud_is_asked(cloud_lab: Lab) -> None:
    refused = cloud_lab.groundplane("openstack", "compute", "drain", "noed3", "--yes")
    assert refused.code == 2, str(refused)
    assert "'node3'" in refused.err
    assert refused.seconds < 10


@pytest.mark.timeout(5400)
def test_compute_hosts_are_emptied_of_a_server_that_runs_and_of_one_that_does_not(cloud_lab: Lab, cloud: Cloud) -> None:
    """The server goes to the other host running, and comes back stopped."""
    kept = cloud_lab.groundplane(
        "openstack", "smoke", "--keep", "--skip", "ssh", "--skip", "backup", "--json", timeout=2400
    )
    try:
        assert kept.code == 0, str(kept)
        made = json.loads(kept.out.splitlines()[-1])["server"]["id"]

        def server() -> dict[str, Any]:
            found: dict[str, Any] = cloud.call("compute", "GET", f"/servers/{made}")["server"]
            return found

        def drain(host: str) -> None:
            drained = cloud_lab.groundplane("openstack", "compute", "drain", host, "--yes", timeout=1500)
            assert drained.code == 0, str(drained)
            assert states(cloud)[host] == "disabled"
            enabled = cloud_lab.groundplane("openstack", "compute", "enable", host, "--yes")
            assert enabled.code == 0, str(enabled)

        first = server()["OS-EXT-SRV-ATTR:host"]
        drain(first)
        second = server()["OS-EXT-SRV-ATTR:host"]
        assert second != first
        assert server()["status"] == "ACTIVE"
        cloud.call("compute", "POST", f"/servers/{made}/action", {"os-stop": None})
        cloud_lab.wait_for(lambda: server()["status"] == "SHUTOFF", "the server stopped", 300)
        drain(second)
        assert server()["OS-EXT-SRV-ATTR:host"] == first
        assert server()["status"] == "SHUTOFF"
        assert set(states(cloud).values()) == {"enabled"}
    finally:
        cleaned = cloud_lab.groundplane("openstack", "smoke", "--clean", timeout=900)
    assert cleaned.code == 0, str(cleaned)
    assert not cloud.objects()["servers"]


def states(cloud: Cloud) -> dict[str, str]:
    return {found["host"]: found["status"] for found in cloud.list("compute", "/os-services?binary=nova-compute")}


@pytest.mark.timeout(5400)
def test_a_node_leaves_the_cloud_and_comes_back(cloud_lab: Lab, cloud: Cloud) -> None:
    removed = cloud_lab.groundplane("openstack", "node", "remove", "node3", "--yes", timeout=1800)
    assert removed.code == 0, str(removed)
    assert cloud.containers("node3") == {}
    assert set(states(cloud)) == {"node2"}
    agents = cloud.list("network", "/v2.0/agents")
    assert not [found for found in agents if found["host"].partition(".")[0] == "node3"]
    again = cloud_lab.groundplane("openstack", "node", "remove", "node3", "--yes")
    assert again.code == 0, str(again)
    added = cloud_lab.groundplane("openstack", "node", "add", "node3", "--yes", timeout=3000)
    assert added.code == 0, str(added)
    assert set(states(cloud)) == {"node2", "node3"}
    verified = cloud_lab.groundplane("verify", "openstack", timeout=1800)
    assert verified.code == 0, str(verified)
    nothing_to_do(cloud_lab)
