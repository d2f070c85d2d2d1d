from __future__ import annotations

import pytest

from groundplane.cli.common import console
from groundplane.cli.run_report import raise_unless_done, report
from groundplane.errors import CancelledError, FailedError
from groundplane.run.engine import RunResult
from groundplane.run.events import Failure, RunState, WorkState

HOSTS = [f"compute{number:02}.example.org" for number in range(1, 41)]


def result(state: RunState = RunState.FAILED, *failures: Failure, **more: object) -> RunResult:
    return RunResult("r1", state, 61.0, {"ceph.cluster": WorkState.FAILED}, failures=failures, changed=1, **more)  # type: ignore[arg-type]


def test_forty_hosts_that_fail_alike_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    failures = [Failure("ceph.cluster", host, "Pull", "no space") for host in HOSTS]
    other = Failure("ceph.cluster", "node1", "Pull", "[Errno 5]")
    report(console(), result(RunState.FAILED, *failures, other))
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "✘ ceph.cluster on compute[01:40].example.org (40 hosts) at 'Pull': no space",
        "✘ ceph.cluster on node1 at 'Pull': [Errno 5]",
        "✘ Run r1 failed in 1m01s; steps: 1 failed; 1 task changed something",
    ]


def test_the_exit_code_tells_the_truth() -> None:
    raise_unless_done(result(RunState.DONE))
    with pytest.raises(CancelledError) as cancelled:
        raise_unless_done(result(RunState.CANCELLED))
    assert cancelled.value.cure == "groundplane apply --resume r1"
    with pytest.raises(FailedError, match="Run r1 failed on node1") as failed:
        raise_unless_done(
            result(RunState.FAILED, Failure("s", "node1", "t", "r")), again="groundplane ceph adopt node1"
        )
    assert failed.value.cure.endswith("groundplane ceph adopt node1")
