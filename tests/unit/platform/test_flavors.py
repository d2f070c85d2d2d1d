"""Flavors: made, put right, and left alone where they are somebody else's."""

from __future__ import annotations

import pytest

from groundplane.errors import CancelledError, FailedError
from groundplane.platform.flavors import Flavors
from groundplane.platform.scopes import Scopes

from .conftest import Desk  # noqa: TC001


def flavors(desk: Desk) -> Flavors:
    return Flavors(desk.site, desk.asked, desk.cloud, Scopes(desk.cloud))


def test_a_name_of_scs_is_enough(desk: Desk) -> None:
    desk.declare(flavors=["SCS-2V-4-20s"])
    assert desk.apply(flavors) == ["Flavor SCS-2V-4-20s: changed (made)"]
    made = desk.cloud.named("flavors", "SCS-2V-4-20s")
    assert (made["vcpus"], made["ram"], made["disk"]) == (2, 4096, 20)
    assert made["extra_specs"] == {
        "scs:cpu-type": "shared-core",
        "scs:disk0-type": "ssd",
        "scs:name-v1": "SCS-2V:4:20s",
        "scs:name-v2": "SCS-2V-4-20s",
    }
    assert made["description"] == "[groundplane test]"


def test_applied_again_it_changes_nothing(desk: Desk) -> None:
    desk.declare(flavors=["SCS-1V-4"])
    desk.apply(flavors)
    calls = list(desk.cloud.calls)
    assert desk.apply(flavors) == ["Flavor SCS-1V-4: ok"]
    assert desk.cloud.calls == calls


def test_the_wrong_ram_is_seen_and_put_right_under_the_same_id(desk: Desk) -> None:
    desk.declare(flavors=["SCS-1V-4"])
    desk.apply(flavors)
    made = desk.cloud.named("flavors", "SCS-1V-4")
    before = desk.state(flavors)
    made["ram"] = 2048
    assert "RAM in MiB 2048" in desk.state(flavors)["flavor SCS-1V-4"]
    assert desk.apply(flavors) == ["Flavor SCS-1V-4: changed (RAM in MiB 2048 → 4096)"]
    again = desk.cloud.named("flavors", "SCS-1V-4")
    assert (again["id"], again["ram"]) == (made["id"], 4096)
    assert desk.state(flavors) == before


def test_who_may_use_a_flavor_may_after_it_was_made_anew(desk: Desk) -> None:
    desk.declare(flavors=[{"name": "own", "vcpus": 1, "ram": 512, "public": False}])
    desk.apply(flavors)
    desk.cloud.named("flavors", "own")["access"] = ["a-project"]
    desk.declare(flavors=[{"name": "own", "vcpus": 2, "ram": 512, "public": False}])
    desk.apply(flavors)
    assert desk.cloud.named("flavors", "own")["access"] == ["a-project"]


def test_extra_specs_are_put_right_in_place(desk: Desk) -> None:
    desk.declare(flavors=["SCS-1V-4"])
    desk.apply(flavors)
    made = desk.cloud.named("flavors", "SCS-1V-4")
    made["extra_specs"] |= {"scs:cpu-type": "dedicated-core", "other": "x"}
    told = desk.apply(flavors)
    why = "extra spec other x → none; extra spec scs:cpu-type dedicated-core → shared-core"
    assert told == [f"Flavor SCS-1V-4: changed ({why})"]
    assert made["extra_specs"]["scs:cpu-type"] == "shared-core"
    assert "other" not in made["extra_specs"]
    assert not any(call.startswith("DELETE /flavors/flavors") and call.count("/") == 2 for call in desk.cloud.calls)


def test_what_somebody_else_made_is_left_where_it_is_the_same_and_refused_where_it_differs(desk: Desk) -> None:
    theirs = desk.cloud.add("flavors", name="small", vcpus=1, ram=512, disk=0, extra_specs={})
    desk.declare(flavors=[{"name": "small", "vcpus": 1, "ram": 512}])
    assert desk.apply(flavors) == ["Flavor small: ok"]
    desk.declare(flavors=[{"name": "small", "vcpus": 2, "ram": 512}, "SCS-1V-4"])
    with pytest.raises(FailedError, match="was not made by this site") as caught:
        desk.apply(flavors)
    assert caught.value.why == "vCPUs 1 → 2"
    assert "adopt: true" in caught.value.cure
    assert desk.told[1] == "Flavor SCS-1V-4: changed (made)"
    assert theirs["vcpus"] == 1
    desk.declare(flavors=[{"name": "small", "vcpus": 2, "ram": 512, "adopt": True}])
    desk.apply(flavors)
    assert desk.cloud.named("flavors", "small")["description"] == "[groundplane test]"


def test_what_is_no_longer_declared_is_told_and_removed_only_where_the_site_says_so(desk: Desk) -> None:
    desk.cloud.add("flavors", name="theirs", vcpus=1, ram=512, disk=0)
    desk.declare(flavors=["SCS-1V-4", "SCS-1L-1"])
    desk.apply(flavors)
    desk.declare(flavors=["SCS-1V-4"])
    left = "Flavor SCS-1L-1: skipped (no longer declared; left alone (see platform_prune))"
    assert desk.apply(flavors) == ["Flavor SCS-1V-4: ok", left]
    desk.declare(flavors=["SCS-1V-4"], prune=["flavors"])
    assert desk.apply(flavors)[1] == "Flavor SCS-1L-1: changed (no longer declared: removed)"
    assert desk.cloud.names("flavors") == ["theirs", "SCS-1V-4"]


def test_a_check_changes_nothing(desk: Desk) -> None:
    desk.declare(flavors=["SCS-1V-4"])
    assert desk.apply(flavors, check=True) == ["Flavor SCS-1V-4: changed (would be made)"]
    assert desk.cloud.calls == []
    assert desk.state(flavors) == {"flavor SCS-1V-4": "missing"}


def test_it_stops_between_two_objects(desk: Desk) -> None:
    desk.declare(flavors=["SCS-1V-4"])
    with pytest.raises(CancelledError):
        desk.apply(flavors, stopped=True)
    assert desk.cloud.calls == []


def test_a_flavor_for_some_projects_alone(desk: Desk) -> None:
    own = {"name": "own", "vcpus": 1, "ram": 512, "public": False, "projects": ["admin"]}
    desk.declare(flavors=[own])
    desk.apply(flavors)
    made = desk.cloud.named("flavors", "own")
    assert made["access"] == ["admin"]
    assert desk.apply(flavors) == ["Flavor own: ok"]
    made["access"] = ["somebody"]
    assert desk.apply(flavors) == ["Flavor own: changed (projects none → admin)"]
    assert made["access"] == ["somebody", "admin"]
