"""From bootstrapped nodes to a verified cluster, and what it then is. In the order of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.command import quick
from tests.e2e.cluster import NODES, Cluster
from tests.e2e.secret_search import ProcessWatch, all_forms, search_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Lab, Stored

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("stored")]

STEPS = {f"ceph.{name}" for name in ("hosts", "cluster", "osds", "pools", "users", "gateway", "filesystems")}
POOLS = {"images", "volumes", "backups", "vms"}
USERS = {"glance", "cinder", "cinder-backup", "nova"}
LONGEST = 300
"""Seconds from bootstrapped nodes to a verified cluster. A quiet machine of two cores needs half of it."""

OPTIONS = "environments/ceph/configuration.yml"

LAYERS = """\
hooks:
  - name: tenant
    after: ceph
    playbook: playbooks/tenant.yml
    hosts: node2
    handover: ["ceph:glance"]
"""

# As careless as a playbook may be: the key is a result, an argument of a module, and in a message.
PLAYBOOK = """\
- name: Keep something in the cluster
  hosts: node2
  gather_facts: false
  become: true
  vars:
    folder: "{{ groundplane_handover.ceph }}"
  tasks:
    - name: Make a folder in memory
      ansible.builtin.file: {path: /run/e2e, state: directory, mode: "0700"}
    - name: Write what was handed over
      ansible.builtin.copy:
        content: "{{ lookup('file', folder ~ '/' ~ item) }}\\n"
        dest: "/run/e2e/{{ item }}"
        mode: "0600"
      loop: [ceph.conf, ceph.client.glance.keyring]
      diff: true
    - name: Say it
      ansible.builtin.debug:
        msg: "{{ lookup('file', folder ~ '/ceph.client.glance.keyring') }}"
    - name: Import an image, export it, and compare
      ansible.builtin.command:
        argv:
          - docker
          - run
          - --rm
          - --network=host
          - --volume=/run/e2e:/etc/ceph:ro
          - --entrypoint=bash
          - "{{ groundplane_images.ceph }}"
          - -ec
          - >-
            head -c 4M /dev/urandom > /tmp/in;
            rbd --id glance import /tmp/in images/tenant;
            rbd --id glance export images/tenant /tmp/out;
            rbd --id glance rm images/tenant;
            cmp /tmp/in /tmp/out
      changed_when: true
    - name: Leave nothing
      ansible.builtin.file: {path: /run/e2e, state: absent}
"""


@pytest.fixture(scope="module")
def cluster(stored: Stored) -> Cluster:
    return Cluster(stored.lab)


@pytest.fixture
def options(lab: Lab) -> Iterator[dict[str, object]]:
    """The site's options for the layer, to be changed by `write`; put back afterwards."""
    file = lab.site / OPTIONS
    before = file.read_text(encoding="utf-8")
    try:
        yield yaml.safe_load(before)
    finally:
        file.write_text(before, encoding="utf-8")


def write(lab: Lab, options: dict[str, object]) -> None:
    (lab.site / OPTIONS).write_text(yaml.safe_dump(options, sort_keys=False), encoding="utf-8")


def test_a_bootstrapped_lab_gets_a_verified_cluster(stored: Stored) -> None:
    assert stored.verified.code == 0, str(stored.verified)
    if stored.run is None:
        pytest.skip("a lab from before was kept")
    work = stored.lab.work_of(stored.lab.run_details(stored.run))
    assert {step for step, _ in work} == STEPS
    assert {host for _, host in work} == set(NODES)
    assert set(work.values()) == {"done"}
    assert stored.applied.seconds + stored.verified.seconds < LONGEST


def test_a_second_apply_runs_nothing(lab: Lab) -> None:
    runs = len(lab.runs())
    again = lab.groundplane("apply", "ceph", "--yes")
    assert again.code == 0, str(again)
    quick(again, 10)
    assert len(lab.runs()) == runs


@pytest.mark.path
def test_a_step_that_is_forced_changes_nothing(lab: Lab) -> None:
    forced = lab.groundplane("apply", *sorted(STEPS), "--force", "--yes")
    assert forced.code == 0, str(forced)
    details = lab.newest_run()
    assert {step for step, _ in lab.work_of(details)} == STEPS
    changed = {(work["step"], work["host"]): work["changed"] for work in details["hosts"] if work["changed"]}
    assert changed == {}


@pytest.mark.path
def test_the_cluster_is_what_the_site_asks_for(lab: Lab, cluster: Cluster) -> None:
    inventory = yaml.safe_load((lab.site / "inventory" / "hosts.yml").read_text(encoding="utf-8"))
    control = inventory["all"]["children"]["control"]["hosts"]
    status = cluster.ask("status")
    assert sorted(status["quorum_names"]) == sorted(control), "Ceph has them in the order in which they joined"
    assert cluster.ask("mgr", "dump")["available"]
    assert len(cluster.ask("mgr", "dump")["standbys"]) == len(control) - 1
    assert cluster.osds() == dict.fromkeys(range(len(NODES)), (True, True))
    assert cluster.clean()
    pools = {pool["pool_name"]: pool for pool in cluster.ask("osd", "pool", "ls", "detail")}
    assert set(pools) >= POOLS
    assert {(pools[name]["size"], *pools[name]["application_metadata"]) for name in POOLS} == {(3, "rbd")}
    for host in NODES:
        found = lab.on(host, "find", "/etc", "-name", "ceph.client.admin.keyring", "-printf", "%m %u").strip()
        assert found == ("600 root" if host in control else "")


@pytest.mark.path
def test_keys_open_what_they_are_for_and_nothing_else(cluster: Cluster) -> None:
    assert {f"client.{name}" for name in USERS} <= set(cluster.keys())
    code, said = cluster.try_as("glance", "rbd", "create", "--size", "8", "images/e2e")
    assert code == 0, said
    assert cluster.try_as("glance", "rbd", "rm", "images/e2e")[0] == 0
    code, said = cluster.try_as("glance", "rbd", "create", "--size", "8", "volumes/e2e")
    assert code != 0
    assert "not permitted" in said


@pytest.fixture
def tenant(lab: Lab) -> Iterator[str]:
    """A step of the site's own that is handed a key; taken away afterwards."""
    layers, playbook = lab.site / "layers.yml", lab.site / "playbooks" / "tenant.yml"
    assert not layers.exists()
    layers.write_text(LAYERS, encoding="utf-8")
    playbook.parent.mkdir(exist_ok=True)
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    try:
        yield "ceph.tenant"
    finally:
        layers.unlink()
        playbook.unlink()


@pytest.mark.path
def test_another_step_is_handed_its_key_and_nobody_sees_it(lab: Lab, cluster: Cluster, tenant: str) -> None:
    needles = all_forms(cluster.keys())
    with ProcessWatch(needles, lab.state) as watch:
        applied = lab.groundplane("apply", tenant, "--yes")
    assert applied.code == 0, str(applied)
    details = lab.newest_run()
    assert lab.work_of(details) == {(tenant, "node2"): "done"}
    assert watch.rounds > 20
    assert not watch.found
    said = [applied, lab.groundplane("plan"), lab.groundplane("logs", details["run"]), lab.groundplane("runs")]
    said.append(lab.groundplane("runs", "show", details["run"], "--json"))
    for needle, name in needles.items():
        assert not any(needle in (answer.out + answer.err).encode() for answer in said), f"{name} was shown"
    found, read = search_files(needles, lab.base)
    assert found == []
    assert read > 10
    assert lab.plan("ceph")[1] == {}


@pytest.mark.path
def test_what_cannot_be_is_refused_before_anything_is_done(lab: Lab, options: dict[str, object]) -> None:
    runs = len(lab.runs())
    pools = [
        {"name": "wide", "type": "erasure", "erasure": {"k": 4, "m": 2}},
        {"name": "many", "size": 5},
    ]
    write(lab, {**options, "ceph_pools": pools})
    for words in (("validate",), ("apply", "ceph", "--yes")):
        refused = lab.groundplane(*words)
        assert refused.code == 2, str(refused)
        assert all(word in refused.err + refused.out for word in ("wide", "many", "configuration.yml")), str(refused)
    assert len(lab.runs()) == runs


@pytest.mark.path
def test_verify_names_what_somebody_left_behind(lab: Lab, cluster: Cluster) -> None:
    cluster.said("osd", "set", "noout")
    try:
        red = lab.groundplane("verify", "ceph")
        assert red.code == 1, str(red)
        assert "noout" in red.out + red.err
    finally:
        cluster.said("osd", "unset", "noout")
    assert lab.groundplane("verify", "ceph").code == 0
