from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.unit.roles.ceph.fake_cluster import CephError, FakeCluster

settings: Any = importlib.import_module("ceph_settings")

ASKED = {"osd": {"osd_recovery_max_active": 3}, "global": {"osd_pool_default_size": 3}}


def apply(cluster: FakeCluster, asked: dict[str, dict[str, Any]], *, check: bool = False, **more: Any) -> list[str]:
    changes: list[str] = settings.apply_settings(cluster, asked, check=check, **more)
    return changes


def test_what_differs_is_set_once() -> None:
    cluster = FakeCluster()
    assert apply(cluster, ASKED) == [
        "global osd_pool_default_size: not set → 3",
        "osd osd_recovery_max_active: not set → 3",
    ]
    cluster.log.clear()
    assert apply(cluster, ASKED) == []
    assert cluster.log == []


@pytest.mark.parametrize("value", ["4G", "yes", True])
def test_a_value_that_ceph_writes_in_another_way_is_set_once(value: object) -> None:
    cluster = FakeCluster()
    assert apply(cluster, {"osd": {"something": value}})
    cluster.log.clear()
    assert apply(cluster, {"osd": {"something": value}}) == []
    assert cluster.log == []


def test_a_value_that_was_there_in_other_words_is_no_change() -> None:
    cluster = FakeCluster()
    cluster.settings["osd", "osd_memory_target"] = "4294967296"
    assert apply(cluster, {"osd": {"osd_memory_target": "4G"}}) == []


def test_what_is_asked_for_no_more_is_taken_out() -> None:
    cluster = FakeCluster()
    apply(cluster, ASKED)
    assert apply(cluster, {"global": ASKED["global"]}) == ["osd osd_recovery_max_active: 3 → not set"]
    assert ("osd", "osd_recovery_max_active") not in cluster.settings


def test_what_somebody_else_set_since_stays() -> None:
    cluster = FakeCluster()
    apply(cluster, ASKED)
    cluster.settings["osd", "osd_recovery_max_active"] = "7"
    cluster.settings["mon", "mon_max_pg_per_osd"] = "500"
    assert apply(cluster, {"global": ASKED["global"]}) == []
    assert cluster.settings["osd", "osd_recovery_max_active"] == "7"
    assert cluster.settings["mon", "mon_max_pg_per_osd"] == "500"


def test_a_value_that_drifted_is_set_back() -> None:
    cluster = FakeCluster()
    apply(cluster, ASKED)
    cluster.settings["osd", "osd_recovery_max_active"] = "7"
    assert apply(cluster, ASKED) == ["osd osd_recovery_max_active: 7 → 3"]


def test_without_pruning_what_is_not_named_stays_and_is_still_remembered() -> None:
    cluster = FakeCluster()
    apply(cluster, {"osd/host:node1": {"a": 1}}, prune=False)
    assert apply(cluster, {"osd/host:node2": {"a": 1}}, prune=False) == ["osd/host:node2 a: not set → 1"]
    assert apply(cluster, {}) == ["osd/host:node1 a: 1 → not set", "osd/host:node2 a: 1 → not set"]


def test_check_mode_says_what_would_change_and_changes_nothing() -> None:
    cluster = FakeCluster()
    apply(cluster, ASKED)
    cluster.log.clear()
    changes = apply(cluster, {"osd": {"osd_recovery_max_active": 5}}, check=True)
    assert changes == ["osd osd_recovery_max_active: 3 → 5", "global osd_pool_default_size: 3 → not set"]
    assert cluster.log == []


def test_a_setting_that_ceph_does_not_take_is_named() -> None:
    cluster = FakeCluster()
    cluster.refused["config set"] = CephError("ceph config set: unrecognized config option 'osd_max'", -22)
    with pytest.raises(CephError, match=r"osd_max = 3 of section osd.*Cure: correct it in ceph_config"):
        apply(cluster, {"osd": {"osd_max": 3}})


def test_a_modules_setting_is_set_though_no_manager_runs_it_yet() -> None:
    cluster = FakeCluster()
    apply(cluster, {"mgr": {"mgr/cephadm/use_repo_digest": False}})
    (words,) = cluster.changes("config set")
    assert words["force"] is True
    assert words["value"] == "false"


def test_names_with_spaces_are_the_same_setting() -> None:
    assert settings.flatten({"osd": {"osd memory target": 5}}) == {("osd", "osd_memory_target"): "5"}


def test_modules_are_switched_on_and_those_that_were_off_before_off_again() -> None:
    cluster = FakeCluster()
    cluster.modules["disabled_modules"] = [{"name": "prometheus"}]  # type: ignore[list-item]
    assert settings.apply_modules(cluster, ["prometheus", "nfs"], check=False) == [
        "manager's module prometheus switched on"
    ]
    assert settings.apply_modules(cluster, [], check=False) == ["manager's module prometheus switched off"]
    assert cluster.modules["enabled_modules"] == ["nfs"]
    assert settings.apply_modules(cluster, [], check=False) == []


def test_a_module_that_is_not_there_is_refused() -> None:
    with pytest.raises(CephError, match=r"no module telemetri.*ceph_mgr_modules"):
        settings.apply_modules(FakeCluster(), ["telemetri"], check=False)
