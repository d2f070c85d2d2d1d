"""Pools as ceph_pools has them."""

from __future__ import annotations

from typing import Any

from groundplane.ceph.adopt.pools import adopted_pools
from groundplane.ceph.configuration import Pool

from .existing_clusters import adopting_answers


def pool(answers: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in answers["pools"] if one["pool_name"] == name)
    return found


def test_pools_that_people_made_with_what_differs_from_the_defaults() -> None:
    part = adopted_pools(adopting_answers())
    assert part.values == {
        "ceph_pools": [
            {"name": "volumes", "autoscale": "off", "pg_num": 8},
            {"name": "images", "autoscale": "off", "pg_num": 8, "quota_bytes": 5368709120},
        ]
    }
    assert part.notes == ()


def test_all_that_a_pool_can_say_is_an_option_of_the_role() -> None:
    answers = adopting_answers()
    answers["crush_rules"].append(
        {
            "rule_id": 1,
            "rule_name": "cold",
            "steps": [
                {"op": "set_chooseleaf_tries", "num": 5},
                {"op": "take", "item": -2, "item_name": "default~hdd"},
                {"op": "chooseleaf_indep", "num": 0, "type": "rack"},
                {"op": "emit"},
            ],
        }
    )
    answers["osd_dump"]["erasure_code_profiles"]["cold"] = {"k": "4", "m": "2", "plugin": "isa"}
    pool(answers, "images").update(
        type=3, size=6, min_size=5, crush_rule=1, erasure_code_profile="cold", pg_autoscale_mode="on", quota_max_bytes=0
    )
    pool(answers, "images")["options"] = {"target_size_ratio": 0.2, "compression_mode": "aggressive"}
    pool(answers, "images")["flags_names"] = "hashpspool,ec_overwrites,bulk"
    pool(answers, "volumes").update(size=2, min_size=1, application_metadata={"backup": {}}, pg_autoscale_mode="on")
    volumes, images = adopted_pools(answers).values["ceph_pools"]
    assert volumes == {"name": "volumes", "application": "backup", "size": 2, "min_size": 1}
    assert images == {
        "name": "images",
        "type": "erasure",
        "erasure": {"k": 4, "m": 2, "plugin": "isa"},
        "min_size": 5,
        "failure_domain": "rack",
        "device_class": "hdd",
        "target_ratio": 0.2,
        "bulk": True,
        "compression": "aggressive",
    }
    for described in (volumes, images):
        Pool.model_validate(described)


def test_pools_that_the_option_could_not_describe_are_left_alone() -> None:
    answers = adopting_answers()
    answers["crush_rules"][0]["steps"][0]["item_name"] = "fast"
    part = adopted_pools(answers)
    assert part.values == {"ceph_pools": []}
    assert (
        part.notes[0] == "The pool volumes stays as it is and is not looked after: its CRUSH rule is of its own making."
    )
    answers = adopting_answers()
    pool(answers, "volumes")["application_metadata"] = {"rbd": {}, "backup": {}}
    assert adopted_pools(answers).notes == (
        "The pool volumes stays as it is and is not looked after: it has several applications.",
    )
