from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundplane.errors import InputError
from groundplane.layers.loading import load_graph
from groundplane.plan.model import Attempt, HostAction, HostProbe, Plan, ReasonKind
from groundplane.plan.planner import hosts_of, make_plan
from groundplane.plan.staleness import explain_stale
from tests.unit.layers.small_site import SmallSite, layer, write
from tests.unit.plan.memory_store import MemoryStore


def cloud(root: Path, **more: Any) -> SmallSite:
    """clock reads zone through Jinja; disk reads size, a secret, and (in its tasks) the fleet's members."""
    arguments: dict[str, Any] = {
        "layers": {
            "layers": {
                "ground": layer(
                    {
                        "clock": {"roles": ["clock"]},
                        "disk": {"roles": ["disk"], "needs": ["clock"]},
                        "plain": {"needs": ["clock"]},
                    }
                )
            }
        },
        "roles": {"clock": {"clock_zone": "{{ zone | default('UTC') }}"}, "disk": {"disk_size": 10, "disk_key": ""}},
        "tasks": {"disk": "- debug:\n    msg: x\n  when: fleet_size > 1\n"},
        "all_vars": {"zone": "{{ country }}/Berlin", "country": "Europe", "fleet_size": 2, "unread": 1},
        **more,
    }
    return SmallSite(root, **arguments)


def work(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {step.step: step.hosts_to_run() for step in plan.steps if step.hosts_to_run()}


def reasons(plan: Plan, step: str, host: str) -> list[tuple[ReasonKind, tuple[str, ...]]]:
    planned = next(planned for planned in plan.steps if planned.step == step)
    return [(r.kind, r.details) for entry in planned.hosts if entry.host == host for r in entry.reasons]


def plan_of(small: SmallSite, store: MemoryStore, secrets: dict[str, Any] | None = None, **more: Any) -> Plan:
    site = small.load(secrets)
    return make_plan(site, load_graph(site), store, **more)


def test_everything_is_new_on_the_first_day(tmp_path: Path) -> None:
    plan = plan_of(cloud(tmp_path), MemoryStore())
    assert work(plan) == dict.fromkeys(("ground.clock", "ground.disk", "ground.plain"), ("node1", "node2"))
    assert [step.wave for step in plan.steps] == [1, 2, 2]
    assert reasons(plan, "ground.clock", "node1") == [(ReasonKind.NEVER_APPLIED, ())]


def test_nothing_to_do_after_a_run(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    plan = plan_of(small, store)
    assert not plan.has_work()
    assert all(host.action is HostAction.UP_TO_DATE for step in plan.steps for host in step.hosts)


@pytest.mark.parametrize(
    ("change", "step", "names"),
    [
        ({"country": "Asia"}, "ground.clock", ("country",)),
        ({"zone": "UTC"}, "ground.clock", ("country", "zone")),
        ({"disk_size": 20}, "ground.disk", ("disk_size",)),
        ({"fleet_size": 3}, "ground.disk", ("fleet_size",)),
    ],
)
def test_a_changed_variable_touches_only_the_steps_that_read_it(
    tmp_path: Path, change: dict[str, Any], step: str, names: tuple[str, ...]
) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    small.all_vars |= change
    plan = plan_of(small, store)
    assert work(plan) == {step: ("node1", "node2")}
    assert reasons(plan, step, "node2") == [(ReasonKind.INPUTS_CHANGED, names)]


def test_a_variable_that_nothing_reads_touches_nothing(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    small.all_vars["unread"] = 2
    assert not plan_of(small, store).has_work()


def test_a_default_that_the_site_overrides_does_not_count(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    small.all_vars["clock_zone"] = "Etc/UTC"
    store.succeed(plan_of(small, store))
    small.all_vars |= {"zone": "elsewhere"}
    assert not plan_of(small, store).has_work()


def test_a_host_variable_touches_that_host(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    small.hosts["node2"] = {"disk_size": 50}
    assert work(plan_of(small, store)) == {"ground.disk": ("node2",)}


def test_a_secret_is_named_and_never_shown(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store, {"disk_key": "open sesame"}))
    plan = plan_of(small, store, {"disk_key": "correct horse"})
    assert reasons(plan, "ground.disk", "node1") == [(ReasonKind.INPUTS_CHANGED, ("disk_key",))]
    assert "correct horse" not in plan.model_dump_json()


def test_a_step_that_names_one_image_does_not_run_because_another_one_changed(tmp_path: Path) -> None:
    steps = {"store": {"roles": ["store"]}, "all": {"inputs": ["groundplane_images"]}}
    small = SmallSite(
        tmp_path,
        layers={"layers": {"ground": layer(steps)}},
        roles={"store": {"store_image": "{{ groundplane_images.ceph }}"}},
    )
    store = MemoryStore()

    def plan_with(images: dict[str, str]) -> Plan:
        site = small.load()
        site = replace(site, variables=site.variables.with_command_line({"groundplane_images": images}))
        return make_plan(site, load_graph(site), store)

    store.succeed(plan_with({"ceph": "r/ceph@1", "nova": "r/nova@1"}))
    other = plan_with({"ceph": "r/ceph@1", "nova": "r/nova@2"})
    assert set(work(other)) == {"ground.all"}
    own = plan_with({"ceph": "r/ceph@2", "nova": "r/nova@1"})
    assert reasons(own, "ground.store", "node1") == [(ReasonKind.INPUTS_CHANGED, ("groundplane_images.ceph",))]
    assert "ground.store" in work(plan_with({"nova": "r/nova@1"}))


def test_what_layers_yml_gives_to_a_playbook_beats_all_others(tmp_path: Path) -> None:
    steps = {"mine": {"roles": ["clock"], "variables": {"clock_zone": "{{ country }}"}}}
    small, store = (
        SmallSite(
            tmp_path,
            layers={"layers": {"ground": layer(steps)}},
            roles={"clock": {"clock_zone": "{{ zone }}"}},
            all_vars={"zone": "x", "country": "Europe"},
        ),
        MemoryStore(),
    )
    store.succeed(plan_of(small, store))
    small.all_vars["zone"] = "y"
    assert not plan_of(small, store).has_work()
    small.all_vars["country"] = "Asia"
    assert reasons(plan_of(small, store), "ground.mine", "node1") == [(ReasonKind.INPUTS_CHANGED, ("country",))]


def test_changed_files_of_a_role(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    small.tasks["clock"] = "- debug:\n"
    for harmless in ("molecule/default/verify.yml", "README.md", "tasks/verify.yml"):
        path = small.toolkit / "roles" / "clock" / harmless
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("changed\n")
    plan = plan_of(small, store)
    assert work(plan) == {"ground.clock": ("node1", "node2")}
    small.tasks["clock"] = "- debug:\n    msg: '{{ fleet_size }}'\n"
    assert reasons(plan_of(small, store), "ground.clock", "node1") == reasons(plan, "ground.clock", "node1")
    assert reasons(plan, "ground.clock", "node1") == [
        (ReasonKind.CONTENT_CHANGED, ("roles/clock/tasks/main.yml",)),
    ]


def test_a_role_that_serves_several_steps_counts_by_entry_point(tmp_path: Path) -> None:
    small = SmallSite(
        tmp_path,
        {"layers": {"g": layer({"disks": {"roles": ["store:disks"]}, "pools": {"roles": ["store:pools"]}})}},
    )
    role = tmp_path / "toolkit" / "roles" / "store"
    variables = {"store_disks": [], "store_pools": [], "store_speed": 1}
    specs: dict[str, Any] = {"disks": {"options": {"store_disks": {}}}, "pools": {"options": {"store_pools": {}}}}
    write(role / "meta" / "argument_specs.yml", {"argument_specs": specs})
    write(role / "defaults" / "main.yml", variables)
    write(role / "vars" / "main.yml", {"store_hidden": "{{ store_speed }}"})
    write(role / "tasks" / "disks.yml", [{"store_make": {"what": "{{ store_hidden }}"}}])
    write(role / "tasks" / "pools.yml", [])
    store = MemoryStore()
    store.succeed(plan_of(small, store))
    assert not plan_of(small, store).has_work()
    write(role / "defaults" / "main.yml", {**variables, "store_pools": ["images"]})
    assert set(work(plan_of(small, store))) == {"g.pools"}
    write(role / "defaults" / "main.yml", {**variables, "store_speed": 2})
    assert set(work(plan_of(small, store))) == {"g.disks"}


def test_another_ansible_runs_everything_again(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    small.ansible_core = "2.20.2"
    plan = plan_of(small, store)
    assert len(work(plan)) == 3
    assert reasons(plan, "ground.plain", "node1") == [
        (ReasonKind.RELEASE_CHANGED, ("ansible-core 2.20.1 → ansible-core 2.20.2",)),
    ]


def test_variables_of_other_hosts_count_where_they_are_read(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    small.tasks["clock"] = "- debug:\n    msg: \"{{ groups['all'] | map('extract', hostvars, 'rack') }}\"\n"
    small.hosts = {"node1": {"rack": "a"}, "node2": {"rack": "b"}}
    store.succeed(plan_of(small, store))
    small.hosts["node2"]["rack"] = "c"
    plan = plan_of(small, store)
    assert work(plan) == {"ground.clock": ("node1", "node2")}
    assert (ReasonKind.INPUTS_CHANGED, ("hostvars.rack",)) in reasons(plan, "ground.clock", "node1")


def test_a_new_host_is_the_only_one_with_work(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    small.hosts["node3"] = {}
    assert set(work(plan_of(small, store)).values()) == {("node3",)}


def test_failed_and_interrupted_attempts_come_again(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    del store.kept["ground.disk", "node1"]
    store.attempts = {
        ("ground.clock", "node1"): Attempt(
            step="ground.clock", host="node1", run="r2", outcome=ReasonKind.FAILED_LAST_TIME, summary="no chrony"
        ),
        ("ground.disk", "node1"): Attempt(step="ground.disk", host="node1", run="r2", outcome=ReasonKind.INTERRUPTED),
    }
    plan = plan_of(small, store)
    assert reasons(plan, "ground.clock", "node1") == [(ReasonKind.FAILED_LAST_TIME, ("no chrony",))]
    assert reasons(plan, "ground.disk", "node1") == [(ReasonKind.INTERRUPTED, ())]


def probes(**steps: dict[str, dict[str, str]]) -> dict[str, HostProbe]:
    return {host: HostProbe(host=host, reachable=True, user="root", steps=found) for host, found in steps.items()}


def test_drift_names_the_host_the_item_and_both_values(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    state = {"watch list": "sha256:1", "sysctl vm.swappiness": "10"}
    store.succeed(plan_of(small, store), state)
    same = dict.fromkeys(("ground.clock", "ground.disk", "ground.plain"), state)
    assert not plan_of(small, store, probe=probes(node1=same, node2=same)).has_work()
    drifted = {**same, "ground.disk": {**state, "sysctl vm.swappiness": "60"}}
    plan = plan_of(small, store, probe=probes(node1=same, node2=drifted))
    assert work(plan) == {"ground.disk": ("node2",)}
    assert reasons(plan, "ground.disk", "node2") == [(ReasonKind.DRIFT, ("sysctl vm.swappiness is 60, was 10",))]
    assert not plan_of(small, store).has_work(), "without contact, drift stays unseen"


def test_a_state_that_could_not_be_read_is_not_trusted(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    key = ("ground.disk", "node1")
    store.kept[key] = store.kept[key].model_copy(update={"state": None})
    assert work(plan_of(small, store, probe=probes(node1={}, node2={}))) == {"ground.disk": ("node1",)}


def test_unreachable_hosts_are_told_and_left_out(tmp_path: Path) -> None:
    small = cloud(tmp_path)
    gone = HostProbe(host="node2", reachable=False, error="connection refused")
    plan = plan_of(small, MemoryStore(), probe={**probes(node1={}), "node2": gone})
    assert plan.unreachable == {"node2": "connection refused"}
    assert set(work(plan).values()) == {("node1",)}


def test_what_is_needed_comes_along_only_where_it_never_succeeded(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    first = plan_of(small, store, selection=["disk"], limit="node1")
    assert work(first) == {"ground.clock": ("node1",), "ground.disk": ("node1",)}
    store.succeed(first)
    small.all_vars["country"] = "Asia"
    assert work(plan_of(small, store, selection=["disk"], limit="node1")) == {}
    assert work(plan_of(small, store, selection=["disk"])) == {"ground.clock": ("node2",), "ground.disk": ("node2",)}


def test_what_is_applied_for_the_first_time_finds_what_it_needs_as_the_site_says_today(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store, selection=["disk"]))
    small.all_vars["country"] = "Asia"
    assert work(plan_of(small, store, selection=["disk"])) == {}
    assert work(plan_of(small, store, selection=["plain"], limit="node1")) == {
        "ground.clock": ("node1",),
        "ground.plain": ("node1",),
    }


def test_force_runs_what_was_asked_for(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store))
    assert work(plan_of(small, store, selection=["disk"], force=True)) == {"ground.disk": ("node1", "node2")}


def test_waves_skip_what_has_no_work(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    store.succeed(plan_of(small, store, selection=["clock"]))
    assert {step.step: step.wave for step in plan_of(small, store).steps} == {
        "ground.clock": 1,
        "ground.disk": 1,
        "ground.plain": 1,
    }


def test_unknown_limit(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        plan_of(cloud(tmp_path), MemoryStore(), limit="nodd1")


def test_hosts_to_probe(tmp_path: Path) -> None:
    site = cloud(tmp_path).load()
    assert hosts_of(site, load_graph(site), limit="node2") == ("node2",)


def test_a_stale_plan_says_what_moved(tmp_path: Path) -> None:
    small, store = cloud(tmp_path), MemoryStore()
    old = plan_of(small, store)
    assert explain_stale(old, plan_of(small, store)) == []
    small.all_vars["country"] = "Asia"
    assert explain_stale(old, plan_of(small, store)) == ["ground.clock: country changed since (node1, node2)"]
    store.succeed(plan_of(small, store, selection=["clock"]))
    small.all_vars["country"] = "Europe"
    store.succeed(plan_of(small, store, selection=["clock"]))
    assert explain_stale(old, plan_of(small, store)) == [
        "ground.clock: was to be run, would now be left alone, up to date (node1, node2)"
    ]


VARIABLES = [f"variable_{letter}" for letter in "abcdef"]


@st.composite
def tangled(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Variables that refer to earlier ones, and steps that read some."""
    refers = {
        name: draw(st.lists(st.sampled_from(VARIABLES[:index]), unique=True, max_size=2)) if index else []
        for index, name in enumerate(VARIABLES)
    }
    reads = {step: draw(st.lists(st.sampled_from(VARIABLES), unique=True, max_size=3)) for step in ("s", "t", "u")}
    return refers, reads


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tangled(), st.sampled_from(VARIABLES))
def test_one_changed_variable_touches_exactly_its_readers(
    tangle: tuple[dict[str, list[str]], dict[str, list[str]]], changed: str
) -> None:
    refers, reads = tangle

    def reaches(name: str) -> set[str]:
        return {name}.union(*(reaches(other) for other in refers[name]))

    with tempfile.TemporaryDirectory() as folder:
        small = SmallSite(
            Path(folder),
            {"layers": {"g": layer({step: {"inputs": names} for step, names in reads.items()})}},
            all_vars={
                name: " ".join(["text", *(f"{{{{ {other} }}}}" for other in others)]) for name, others in refers.items()
            },
        )
        store = MemoryStore()
        store.succeed(plan_of(small, store))
        assert not plan_of(small, store).has_work()
        small.all_vars[changed] += " changed"
        touched = set(work(plan_of(small, store)))
    assert touched == {f"g.{step}" for step, names in reads.items() if any(changed in reaches(n) for n in names)}
