"""A run that builds images on its way, by the real engine and a real Ansible on this machine; the build pretends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.layers import actions
from groundplane.layers.loading import load_graph
from groundplane.machine.cancel import CancelToken
from groundplane.plan.model import HostAction, HostProbe, Plan
from groundplane.plan.survey import survey
from groundplane.run import run_plan as run_plan_module
from groundplane.run.events import RunState
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.means import Means
from groundplane.run.resume import left_of, run_to_resume
from groundplane.site.images_lock import has_lock, read_lock, write_lock
from groundplane.supply import lacking
from groundplane.supply.lock_making import lock_from_records
from tests.unit.layers.small_site import SmallSite, layer
from tests.unit.run.test_ansible import ThisMachine
from tests.unit.supply.lock_samples import MADE_AT, needed, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from groundplane.layers.actions import ActionCall
    from groundplane.layers.model import Graph
    from groundplane.run.engine import RunResult
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

pytestmark = pytest.mark.timeout(300)
SEEN = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Write down which images there are
      ansible.builtin.copy:
        content: "{{ seen }}"
        dest: "{{ folder }}/{{ groundplane_step }}"
"""
SLEEP = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Wait until the build has begun
      ansible.builtin.wait_for:
        path: "{{ folder }}/begun"
        timeout: 120
    - name: Let the build end after this
      ansible.builtin.file:
        path: "{{ folder }}/ground"
        state: touch
        mode: "0644"
"""
CEPH, NOVA = needed("ceph", "ceph", ("all",)), needed("nova", "openstack", ("all",))


def answering(_site: Site, hosts: Iterable[str], *_: Any, **_more: Any) -> dict[str, HostProbe]:
    """As hosts do that stand as before; this one has no sshd."""
    return {host: HostProbe(host=host, reachable=True) for host in hosts}


@dataclass
class Builder:
    """Takes the place of supply.build_action: what it 'builds' is in the lock afterwards."""

    layer: str
    folder: Path
    calls: list[str] = field(default_factory=list)
    dies: bool = False

    def state(self, _site: Site) -> dict[str, str]:
        return {}

    def carry_out(self, call: ActionCall) -> None:
        self.calls.append(self.layer)
        (self.folder / "begun").touch()
        until = time.monotonic() + 120
        # The step on the host goes on meanwhile, with a single place for steps.
        while not (self.folder / "ground").exists() and time.monotonic() < until:
            time.sleep(0.02)
        assert (self.folder / "ground").exists()
        former = read_lock(call.site.path) if has_lock(call.site.path) else None
        names = {*(former.images if former is not None else ()), self.layer}
        write_images(call.site, names)
        if self.dies:
            os.kill(os.getpid(), signal.SIGKILL)


def write_images(site: Site, layers: set[str]) -> None:
    wanted = [image for image in (CEPH, NOVA) if image.layer in layers or image.name in layers]
    records = {image.name: record(image.name, release=site.release.name) for image in wanted}
    write_lock(
        site.path,
        lock_from_records(release=site.release.name, needed=wanted, records=records, made_at=MADE_AT),
    )


class Cloud:
    """A site whose hosts are this machine."""

    def __init__(self, folder: Path, set_attribute: Any) -> None:
        self.folder = folder
        self.builders = {
            "build_ceph_images": Builder("ceph", folder),
            "build_images": Builder("openstack", folder),
        }
        set_attribute(lacking, "needed_images", lambda _site: (CEPH, NOVA))
        set_attribute("groundplane.supply.trusted_lock.read_trusted_lock", read_lock)
        find = actions.find_action
        set_attribute(run_plan_module, "find_action", lambda name: self.builders.get(name) or find(name))
        set_attribute("groundplane.run.actions.find_action", lambda name: self.builders.get(name) or find(name))
        set_attribute(run_plan_module, "probe_hosts", answering)
        set_attribute(run_plan_module, "ask_standing", lambda *_: {})
        supply: dict[str, dict[str, Any]] = {
            "ceph_build": {"action": "build_ceph_images", "beside": True, "ahead_for": "ceph"},
            "build": {"action": "build_images", "beside": True, "only_built": True, "unawaited_by": ["ceph"]},
            "ceph_pull": {
                "playbook": "ceph_pull.yml",
                "needs": ["ceph_build"],
                "ahead_for": "ceph",
                "variables": {"seen": "{{ [groundplane_images.ceph] | join(' ') }}"},
            },
            "pull": {
                "playbook": "pull.yml",
                "needs": ["ceph_build", "build"],
                "unawaited_by": ["ceph"],
                "inputs": ["groundplane_host_images"],
                "variables": {"seen": "{{ groundplane_host_images | join(' ') }}"},
            },
        }
        layers = {
            "ground": layer({"sleep": {}}),
            "supply": {"description": "Images", "needs": ["ground"], "steps": supply},
            "ceph": layer({"cluster": {"variables": {"seen": "{{ groundplane_images.ceph }}"}}}, needs=["supply"]),
        }
        self.small = SmallSite(
            folder,
            {"layers": layers},
            hosts={"node1": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}},
            images={"source": "build", "layers": ["ceph", "openstack"]},
            all_vars={"folder": str(folder)},
        )
        self.small.write()
        for name in ("ceph_pull", "pull", "cluster"):
            (self.small.toolkit / "playbooks" / f"{name}.yml").write_text(SEEN)
        (self.small.toolkit / "playbooks" / "sleep.yml").write_text(SLEEP)

    def plan(self, journal: Journal) -> tuple[Site, Graph, Plan]:
        site = self.small.reload()
        graph = load_graph(site)
        return site, graph, survey(site, graph, journal, None)[0]

    def run(self, journal: Journal, plan: Plan, resumes: str | None = None) -> RunResult:
        site = self.small.reload()
        memory = self.folder / "memory"
        memory.mkdir(mode=0o700, exist_ok=True)
        control = self.folder / "control"
        control.mkdir(exist_ok=True)
        connection = type(
            "Connection",
            (),
            {
                "environment": lambda _self: {},
                "ansible_arguments": lambda _self: "",
                "control_dir": control,
                "auth_sock": None,
                "identity_file": None,
            },
        )()
        return run_plan_module.run_plan(
            site,
            load_graph(site),
            plan,
            means=Means(
                journal=journal,
                runtime=cast("Any", ThisMachine()),
                connection=cast("SshConnection", connection),
                secrets={},
                vault_password=b"unused",
                memory=memory,
                holder="me@here",
                watchers=[],
                cancel=CancelToken(),
            ),
            cache=self.folder / "cache",
            parallel=1,
            accelerator=False,
            resumes=resumes,
        )

    def seen(self, step: str) -> list[str]:
        return (self.folder / step).read_text().split()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = open_journal(tmp_path / "site" / ".groundplane", "small")
    yield found
    found.close()


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(tmp_path, monkeypatch.setattr)


def work(plan: Plan) -> set[str]:
    return {step.step for step in plan.steps for host in step.hosts if host.action is HostAction.RUN}


def test_images_are_built_while_hosts_are_worked_on_and_later_steps_find_them(cloud: Cloud, journal: Journal) -> None:
    _site, _graph, plan = cloud.plan(journal)
    result = cloud.run(journal, plan)
    assert result.state is RunState.DONE, result.failures
    (ceph,) = cloud.seen("ceph.cluster")
    assert "@sha256:" in ceph
    assert cloud.seen("supply.ceph_pull") == [ceph]
    assert [name.partition("@")[0].rpartition("/")[2] for name in cloud.seen("supply.pull")] == ["ceph", "nova"]
    # The first of them is that on which most waits.
    assert cloud.builders["build_ceph_images"].calls == ["ceph"]
    assert cloud.builders["build_images"].calls == ["openstack"]
    _site, _graph, again = cloud.plan(journal)
    assert work(again) == set()


def test_killed_after_the_first_build_it_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    """The engine in a process of its own, which is killed when the first image has just come into the lock."""
    program = f"""
from pathlib import Path
import pytest
from groundplane.run.journal.store import open_journal
from tests.integration.test_images_in_a_run import Cloud
patch = pytest.MonkeyPatch()
folder = Path({str(tmp_path)!r})
cloud = Cloud(folder, patch.setattr)
cloud.builders["build_ceph_images"].dies = True
journal = open_journal(folder / "site" / ".groundplane", "small")
cloud.run(journal, cloud.plan(journal)[2])
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    patch = pytest.MonkeyPatch()
    cloud = Cloud(tmp_path, patch.setattr)
    journal = open_journal(tmp_path / "site" / ".groundplane", "small")
    try:
        journal.mark_interrupted(tmp_path / "site" / ".groundplane")
        row = run_to_resume(journal, None)
        _site, _graph, now = cloud.plan(journal)
        left = left_of(Plan.model_validate_json(row.plan), now, journal, row.id)
        # The lock names Ceph's image by now, which the killed run's plan didn't: that doesn't count as moved on.
        assert {"supply.ceph_build", "supply.build", "ceph.cluster"} <= work(left)
        result = cloud.run(journal, left, resumes=row.id)
        assert result.state is RunState.DONE, result.failures
        assert cloud.builders["build_images"].calls == ["openstack"]
        assert "@sha256:" in cloud.seen("ceph.cluster")[0]
        assert work(cloud.plan(journal)[2]) == set()
    finally:
        journal.close()
        patch.undo()
