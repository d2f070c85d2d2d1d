"""From a fresh lab to a bootstrapped one, and what an operator's day does to it. In the order of the file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.command import quick, run
from tests.e2e.conftest import HOSTS, Lab, engine_processes, kill
from tests.e2e.faults import by_hand

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.lab

FORCED = tuple(f"bootstrap.{name}" for name in ("naming", "kernel", "time", "hardware", "audit", "certificates"))
"""Enough for a run to have a middle, and one of them needs two others; what they do a second time is quick."""


def test_a_fresh_lab_is_bootstrapped(lab: Lab) -> None:
    if lab.first is None:
        pytest.skip("a lab from before was kept")
    details = lab.newest_run()
    assert details["state"] == "done"
    work = lab.work_of(details)
    assert {host for _, host in work} == set(HOSTS)
    assert set(work.values()) == {"done"}
    for host in HOSTS:
        assert host in lab.first.out


@pytest.mark.path
def test_a_second_call_touches_nothing(lab: Lab) -> None:
    def containers() -> str:
        words = (
            "podman",
            "ps",
            "--all",
            "--filter",
            f"label=groundplane.lab={lab.name}",
            "--format",
            "{{.ID}} {{.StartedAt}}",
        )
        return run(*words, cwd=lab.base, env=lab.env).out

    def changed_files() -> dict[str, str]:
        find = ("find", "/etc", "/usr/local", "-xdev", "-type", "f", "-printf", "%p %T@ %C@\\n")
        return {host: lab.on(host, *find) for host in HOSTS}

    runs, before, stamps = len(lab.runs()), containers(), changed_files()
    again = lab.script("--to", "bootstrap")
    assert again.code == 0, str(again)
    assert again.seconds < 60
    assert (len(lab.runs()), containers(), changed_files()) == (runs, before, stamps)


@pytest.mark.path
def test_a_plan_after_an_apply_has_nothing_to_do(lab: Lab) -> None:
    answer = lab.groundplane("plan", "bootstrap", "--detailed-exitcode")
    assert answer.code == 0, str(answer)
    assert "nothing to do" in answer.out.lower()
    quick(answer, 5)


def test_every_host_verifies(lab: Lab) -> None:
    answer = lab.groundplane("verify", "bootstrap")
    assert answer.code == 0, str(answer)


def change_sysctl(lab: Lab) -> tuple[str, str, str]:
    lab.on("node2", "sysctl", "-w", f"{SYSCTL}=99")
    return "bootstrap.kernel", "node2", f"sysctl {SYSCTL}"


SYSCTL = "net.ipv4.tcp_keepalive_time"


def remove_package(lab: Lab) -> tuple[str, str, str]:
    return "bootstrap.packages", "node1", f"package {by_hand.remove_package(lab, 'node1')}"


def edit_daemon_json(lab: Lab) -> tuple[str, str, str]:
    lab.on("node3", "sh", "-c", "echo ' ' >> /etc/docker/daemon.json")
    return "bootstrap.docker", "node3", "file /etc/docker/daemon.json"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change_sysctl, id="sysctl", marks=pytest.mark.path),
        pytest.param(remove_package, id="package", marks=pytest.mark.path),
        # Docker is restarted then, and with it what a cloud's node runs.
        pytest.param(edit_daemon_json, id="daemon.json"),
    ],
)
def test_drift_is_named_and_only_that_is_mended(lab: Lab, change: Callable[[Lab], tuple[str, str, str]]) -> None:
    step, host, item = change(lab)
    answer, work = lab.plan("bootstrap")
    assert answer.code == 10
    assert work == {step: [host]}
    shown = lab.groundplane("plan", "bootstrap")
    assert all(word in shown.out for word in (step, host, item)), str(shown)
    applied = lab.groundplane("apply", "bootstrap", "--yes")
    assert applied.code == 0, str(applied)
    assert lab.work_of(lab.newest_run()) == {(step, host): "done"}
    answer, work = lab.plan("bootstrap")
    assert (answer.code, work) == (0, {}), str(answer)


@pytest.mark.path
def test_an_engine_killed_in_the_middle_leaves_a_run_that_resumes(lab: Lab) -> None:
    before = {entry["run"] for entry in lab.runs()}
    process = lab.start("apply", *FORCED, "--force", "--yes")

    def new_run() -> str | None:
        return next((entry["run"] for entry in lab.runs() if entry["run"] not in before), None)

    def in_the_middle() -> bool:
        assert process.poll() is None, lab.started_output()
        name = new_run()
        if name is None:
            return False
        states = list(lab.work_of(lab.run_details(name)).values())
        return states.count("done") >= len(HOSTS) and "running" in states

    lab.wait_for(in_the_middle, "a run with some work done and some under way")
    kill(process)
    time.sleep(3)
    assert engine_processes(lab) == [], "a killed engine leaves nothing at work"
    killed = new_run()
    assert killed is not None
    story = lab.run_details(killed)
    assert story["state"] == "interrupted"
    done_before = {work for work, state in lab.work_of(story).items() if state == "done"}

    resumed = lab.groundplane("apply", "--resume", "--yes")
    assert resumed.code == 0, str(resumed)
    after = lab.newest_run()
    assert after["state"] == "done"
    work = lab.work_of(after)
    ran = {key for key, state in work.items() if state == "done"}
    assert not ran & done_before, "nothing that was done is run again"
    assert ran | done_before == {(step, host) for step in FORCED for host in HOSTS}
    answer, left = lab.plan("bootstrap")
    assert (answer.code, left) == (0, {}), str(answer)


def test_a_node_killed_in_the_middle_holds_back_itself_alone(lab: Lab) -> None:
    before = {entry["run"] for entry in lab.runs()}
    process = lab.start("apply", "bootstrap", "--force", "--yes")

    def in_the_middle() -> bool:
        assert process.poll() is None, lab.started_output()
        new = [entry["run"] for entry in lab.runs() if entry["run"] not in before]
        return bool(new) and list(lab.work_of(lab.run_details(new[0])).values()).count("done") >= len(HOSTS)

    lab.wait_for(in_the_middle, "a run with some work done")
    killed = lab.lab("stop", "--kill", "node2")
    assert killed.code == 0, str(killed)
    try:
        code = process.wait(600)
    finally:
        started = lab.lab("start", "node2")
    assert started.code == 0, str(started)
    output = lab.started_output()
    assert code == 1, output
    assert "node2" in output
    assert "--resume" in output
    work = lab.work_of(lab.newest_run())
    assert {host for (_, host), state in work.items() if state in {"failed", "unreachable"}} == {"node2"}
    done_before = {key for key, state in work.items() if state == "done"}
    # What needs something everywhere waits for node2; all else on the others was finished.
    assert {host for _, host in done_before} == set(HOSTS)

    resumed = lab.groundplane("apply", "--resume", "--yes")
    assert resumed.code == 0, str(resumed)
    ran = {key for key, state in lab.work_of(lab.newest_run()).items() if state == "done"}
    assert not ran & done_before
    assert ("node2" in {host for _, host in ran}) or not ran
    answer, left = lab.plan("bootstrap")
    assert (answer.code, left) == (0, {}), str(answer)
