"""A check as a run of its own tells its parts, also where it fails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.checks.parts import Part, check_stage
from groundplane.errors import FailedError
from groundplane.machine.cancel import CancelToken
from groundplane.run.redaction import Redactor

if TYPE_CHECKING:
    from groundplane.checks.engine_checks import CheckCall


def stage_of(work: Any, parts: list[Part], **groups: tuple[str, ...]) -> Any:
    inventory = SimpleNamespace(group_hosts=groups, hosts=("node1", "node2"))
    site = cast("Any", SimpleNamespace(inventory=inventory))
    nothing = cast("Any", None)
    return check_stage(
        "identity", "logins", work, parts, site=site, connection=nothing, memory=nothing, holder="me@here"
    )


def run(stage: Any) -> Any:
    return stage.act(redactor=Redactor([]), tell=lambda *_: None, say=lambda _: None, cancel=CancelToken())


def test_the_parts_are_told() -> None:
    def work(call: CheckCall) -> None:
        with call.task("First") as task:
            task.note("all good")
        with call.task("Second") as task:
            task.wrong(None, "this")
            task.wrong("node2", "that")
        raise FailedError("and it broke off")

    parts: list[Part] = []
    stage = stage_of(work, parts, managers=("manager",))
    assert (stage.id, stage.hosts) == ("identity.logins", ("manager",))
    outcome = run(stage)
    assert [(part.name, part.good, part.told) for part in parts] == [
        ("First", True, "all good"),
        ("Second", False, "this; that"),
    ]
    assert outcome.error.startswith("and it broke off")
    assert parts[0].as_data()["part"] == "First"


@pytest.mark.parametrize(("groups", "host"), [({"managers": ("m1", "m2")}, "m1"), ({}, "node1")])
def test_it_is_told_at_one_host(groups: dict[str, tuple[str, ...]], host: str) -> None:
    assert stage_of(lambda _: None, [], **groups).hosts == (host,)
