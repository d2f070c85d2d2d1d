"""Pools: what is asked for against what is there."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from tests.unit.roles.ceph.small_cluster import crush_dump, osds, pool

pools: Any = importlib.import_module("ceph_pool")

HOSTS = {f"node{number}": {number: "hdd"} for number in range(3)}


def now(*there: dict[str, Any], profiles: dict[str, Any] | None = None, settings: Any = None, **more: Any) -> Any:
    dump = {"pools": list(there), "erasure_code_profiles": profiles or {}, "osds": osds(range(9))}
    return pools.standing(dump, crush_dump(more.pop("hosts", HOSTS), **more), settings)


def read(defaults: dict[str, Any] | None = None, **written: Any) -> Any:
    found, problems = pools.read_pool({"name": "images", **written}, defaults or {})
    assert problems == []
    return found


def plan(standing: Any, *wanted: Any) -> tuple[list[str], list[str]]:
    changes, problems = pools.plan_pools(list(wanted), standing)
    return [change.sentence for change in changes], problems


def commands(standing: Any, *wanted: Any) -> list[tuple[str, dict[str, Any]]]:
    changes, problems = pools.plan_pools(list(wanted), standing)
    assert problems == []
    return [(command.prefix, command.arguments) for change in changes for command in change.commands]


def test_a_pool_that_is_as_asked_needs_nothing() -> None:
    assert plan(now(pool("images")), read()) == ([], [])


def test_a_new_pool_is_made_with_what_the_site_says() -> None:
    changes, problems = pools.plan_pools([read(pg_num=8, autoscale="off", bulk=True, target_ratio=0.5)], now())
    assert problems == []
    assert [change.sentence for change in changes] == ["pool images made: 3 copies, rule replicated_rule, for rbd"]
    assert (changes[0].pool, changes[0].made) == ("images", True)
    assert [(command.prefix, command.arguments) for command in changes[0].commands] == [
        (
            "osd pool create",
            {
                "pool": "images",
                "rule": "replicated_rule",
                "autoscale_mode": "off",
                "pg_num": 8,
                "pgp_num": 8,
                "bulk": True,
                "pool_type": "replicated",
                "size": 3,
            },
        )
    ]


def test_a_pool_without_an_application_is_prepared_for_rbd() -> None:
    changes, _ = pools.plan_pools([read()], now(pool("images", application_metadata={})))
    assert [(change.pool, change.initialise, change.commands) for change in changes] == [("images", True, ())]


def test_defaults_are_for_pools_that_say_nothing_and_yaml_reads_off_as_false() -> None:
    found = read({"size": 2, "autoscale": False, "device_class": None}, size=3)
    assert (found.size, found.min_size, found.autoscale, found.rule_said) == (3, 2, "off", False)


def test_one_copy_needs_ceph_to_be_told_that_it_is_meant() -> None:
    made = dict(commands(now(), read(size=1)))
    assert made["osd pool create"]["yes_i_really_mean_it"] is True
    resized = dict(commands(now(pool("images")), read(size=1)))
    assert resized["osd pool set"] == {"pool": "images", "var": "min_size", "val": "1"}


def test_whatever_differs_is_set_and_told() -> None:
    there = pool("images", size=2, pg_autoscale_mode="off", application_metadata={})
    wanted = read(autoscale="warn", pg_num=16, bulk=True, compression="aggressive", quota_bytes=10)
    sentences, problems = plan(now(there), wanted)
    assert problems == []
    assert sentences == [
        "pool images: size 2 → 3",
        "pool images: min_size 2 → 2",
        "pool images: autoscale off → warn",
        "pool images: pg_num 32 → 16",
        "pool images: bulk False → True",
        "pool images: compression none → aggressive",
        "pool images: quota_bytes 0 → 10",
        "pool images: for rbd",
    ]


def test_placement_groups_are_the_autoscalers_where_it_is_on() -> None:
    assert plan(now(pool("images", pg_num_target=128)), read(pg_num=8)) == ([], [])


@pytest.mark.parametrize(
    ("has", "asked", "differs"),
    [(True, "true", False), (0, False, False), ("0.50", 0.5, False), (1099511627776, 1099511627777, True)],
)
def test_settings_are_compared_by_what_they_mean(has: Any, asked: Any, *, differs: bool) -> None:
    standing = now(pool("images"), settings={"images": {"some": has}})
    sentences, _ = plan(standing, read(settings={"some": asked}))
    assert bool(sentences) is differs


def test_a_setting_is_written_as_it_stands_in_the_site() -> None:
    wanted = read(settings={"nodelete": True, "target_size_bytes": 1099511627776})
    found = [arguments["val"] for _, arguments in commands(now(pool("images")), wanted)]
    assert found == ["true", "1099511627776"]


def test_a_rule_is_made_once_for_all_pools_that_lie_alike() -> None:
    wanted = [
        read(failure_domain="osd", device_class="hdd"),
        read(name="vms", failure_domain="osd", device_class="hdd"),
    ]
    found = commands(now(), *wanted)
    assert [prefix for prefix, _ in found if "rule" in prefix] == ["osd crush rule create-replicated"]
    assert found[0][1] == {"name": "replicated-osd-hdd", "root": "default", "type": "osd", "class": "hdd"}
    assert [arguments["rule"] for prefix, arguments in found if prefix == "osd pool create"] == [
        "replicated-osd-hdd"
    ] * 2


def test_a_pool_stays_where_it_is_unless_the_site_says_where_it_is_to_lie() -> None:
    there = pool("images", crush_rule=1)
    assert plan(now(there), read()) == ([], [])
    assert plan(now(there), read(failure_domain="host")) == (["pool images: rule by-osd → replicated_rule"], [])
    assert plan(now(there), read(crush_rule="fast")) == (["pool images: rule by-osd → fast"], [])


def test_an_erasure_coded_pool_gets_a_profile_and_a_rule_and_can_be_overwritten() -> None:
    found = commands(now(rules=[]), read(type="erasure", erasure={"k": 2, "m": 1}))
    assert found[0] == (
        "osd erasure-code-profile set",
        {
            "name": "erasure-2-1-jerasure-host",
            "profile": ["k=2", "m=1", "plugin=jerasure", "crush-failure-domain=host"],
        },
    )
    assert found[1] == (
        "osd crush rule create-erasure",
        {"name": "erasure-host", "profile": "erasure-2-1-jerasure-host"},
    )
    assert found[2][1]["erasure_code_profile"] == "erasure-2-1-jerasure-host"


def test_an_erasure_coded_pool_can_be_overwritten() -> None:
    standing = now(erased(flags_names="hashpspool", application_metadata={}), profiles={"mine": ERASED})
    assert commands(standing, read(type="erasure", erasure={"k": 2, "m": 1})) == [
        ("osd pool set", {"pool": "images", "var": "allow_ec_overwrites", "val": "true"}),
        ("osd pool application enable", {"pool": "images", "app": "rbd"}),
    ]


def test_an_erasure_coded_pool_keeps_one_part_to_spare_while_it_is_written_to() -> None:
    assert read({"min_size": 2, "size": 2}, type="erasure", erasure={"k": 4, "m": 2}).min_size == 5
    assert read(type="erasure", erasure={"k": 4, "m": 1}).min_size == 4


ERASED = {"k": "2", "m": "1", "plugin": "jerasure", "crush-failure-domain": "host"}


def erased(**changed: Any) -> dict[str, Any]:
    about: dict[str, Any] = {"type": 3, "erasure_code_profile": "mine", "crush_rule": 3, "flags_names": "ec_overwrites"}
    return pool("images", **{**about, **changed})


def test_an_erasure_coded_pool_that_is_as_asked_needs_nothing() -> None:
    standing = now(erased(), profiles={"mine": ERASED})
    assert plan(standing, read(type="erasure", erasure={"k": 2, "m": 1}, failure_domain="host")) == ([], [])


@pytest.mark.parametrize(
    ("there", "written", "told"),
    [
        (pool("images"), {"type": "erasure", "erasure": {"k": 2, "m": 1}}, "is replicated, and Ceph can't change"),
        (erased(), {}, "is erasure coded, and Ceph can't change"),
        (erased(), {"type": "erasure", "erasure": {"k": 3, "m": 1}}, "has k=2 m=1 .* asks for k=3 m=1"),
        (pool("images", application_metadata={"rgw": {}}), {}, "is used by rgw, and the site says rbd"),
        (None, {"failure_domain": "hots"}, "no failure domain hots. Did you mean host"),
        (None, {"device_class": "nvme"}, "class nvme, and the cluster's OSDs are: 3 of hdd"),
        (None, {"failure_domain": "rack"}, "3 copies need 3 racks with OSDs that are in, and there are 0"),
        (None, {"size": 4}, "4 copies need 4 hosts with OSDs that are in, and there are 3"),
        (None, {"type": "erasure", "erasure": {"k": 4, "m": 2}}, "4 parts and 2 of parity need 6 hosts"),
        (None, {"crush_rule": "fats"}, "no CRUSH rule fats. Did you mean fast"),
        (pool("images"), {"size": 4}, "4 copies need 4 hosts"),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_changed(
    there: dict[str, Any] | None, written: dict[str, Any], told: str
) -> None:
    standing = now(*([there] if there else []), profiles={"mine": ERASED})
    sentences, problems = plan(standing, read(**written), read(name="new"))
    assert sentences == []
    assert len(problems) == 1
    assert re.search(told, problems[0])


def test_all_problems_are_told_at_once() -> None:
    _, problems = plan(now(), read(size=4), read(name="b", device_class="ssd"), read(name="c"), read(name="c"))
    assert len(problems) == 3


def test_a_pool_that_is_there_is_not_refused_while_a_host_is_out() -> None:
    assert plan(now(pool("images"), hosts={"node1": {0: "hdd"}}), read()) == ([], [])


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"type": "erasure", "erasure": {"k": 2, "m": 1}, "size": 3}, "has no size"),
        ({"type": "erasure"}, "doesn't say how"),
        ({"type": "erasure", "erasure": {"k": 1, "m": 1}}, "k has to be 2 or more"),
        ({"min_size": 4}, "min_size has to be 1 to 3"),
        ({"type": "erasure", "erasure": {"k": 2, "m": 1}, "min_size": 1}, "min_size has to be 2 to 3"),
    ],
)
def test_what_is_wrong_in_itself_is_told(written: dict[str, Any], told: str) -> None:
    found, problems = pools.read_pool({"name": "images", **written}, {})
    assert found is None
    assert told in problems[0]
