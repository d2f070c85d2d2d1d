from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from groundplane.openstack.registered import Entry, registered, remove, remove_stage

from .compute.works import Told, quick_work

HEAT = [("1", "heat", "orchestration"), ("2", "heat-cfn", "cloudformation")]
OTHERS = [("3", "cinderv3", "block-storage"), ("4", "heating", "iot"), ("5", None, "odd")]


def cloud(gone: list[str] | None = None) -> Any:
    services = [SimpleNamespace(id=id_, name=name, type=type_) for id_, name, type_ in (*HEAT, *OTHERS)]
    left = gone if gone is not None else []
    return SimpleNamespace(
        identity=SimpleNamespace(services=lambda: services, delete_service=lambda id_, **_more: left.append(id_))
    )


def test_entries_are_known_by_the_services_name() -> None:
    assert [entry.id for entry in registered(cloud(), ["heat"])] == ["1", "2"]
    assert [entry.id for entry in registered(cloud(), ["cinder", "nova"])] == ["3"]
    assert registered(cloud(), []) == ()


@pytest.mark.parametrize("check", [False, True])
def test_they_are_removed(*, check: bool) -> None:
    gone: list[str] = []
    told = Told()
    remove(cloud(gone), [Entry("1", "heat", "orchestration")], quick_work(told, check=check))
    assert gone == ([] if check else ["1"])
    assert list(told.ends) == ["The catalogue leaves out heat (orchestration)"]


def test_the_stage_is_told_of_one_control_host() -> None:
    site = cast("Any", SimpleNamespace(inventory=SimpleNamespace(group_hosts={"control": ("node1", "node2")})))
    stage = remove_stage(site, [Entry("1", "heat", "orchestration")], check=False)
    assert (stage.hosts, stage.playbook) == (("node1",), None)
