"""What new security groups begin with."""

from __future__ import annotations

from typing import Any

import pytest

from groundplane.errors import FailedError
from groundplane.platform.security import DefaultRules

from .conftest import Desk  # noqa: TC001

COLLECTION = "default_security_group_rules"


def rules(desk: Desk) -> DefaultRules:
    return DefaultRules(desk.site, desk.asked, desk.cloud)


def neutrons_own(desk: Desk) -> None:
    """What Neutron's database begins with."""
    for direction in ("egress", "ingress"):
        for ethertype in ("IPv4", "IPv6"):
            rule: dict[str, Any] = {"direction": direction, "ethertype": ethertype, "used_in_default_sg": True}
            inside = "PARENT" if direction == "ingress" else None
            desk.cloud.add(COLLECTION, **rule, remote_group_id=inside, used_in_non_default_sg=direction == "egress")


def test_what_neutron_begins_with_is_what_the_toolkit_declares(desk: Desk) -> None:
    neutrons_own(desk)
    desk.declare()
    told = desk.apply(rules)
    assert [line.rpartition(": ")[2] for line in told] == ["ok"] * 5
    assert told[2] == "Default rule ingress IPv4 from the group itself: ok"
    assert desk.cloud.calls == []


def test_a_rule_that_is_missing_is_made(desk: Desk) -> None:
    neutrons_own(desk)
    desk.cloud.lists[COLLECTION].popitem()
    desk.declare()
    assert "Default rule ingress IPv6 from the group itself: changed (made)" in desk.apply(rules)


def test_somebody_elses_rule_that_opens_every_new_group_is_refused(desk: Desk) -> None:
    neutrons_own(desk)
    desk.cloud.add(
        COLLECTION,
        id="open",
        direction="ingress",
        ethertype="IPv4",
        protocol="tcp",
        port_range_min=22,
        port_range_max=22,
        remote_ip_prefix="0.0.0.0/0",
        used_in_default_sg=True,
    )
    desk.declare()
    assert desk.state(rules)["other default rules"] == "rules ingress IPv4 tcp 22 from 0.0.0.0/0 (open)"
    with pytest.raises(FailedError, match="begin with rules that the site doesn't declare") as caught:
        desk.apply(rules)
    assert "openstack default security group rule delete" in caught.value.cure
    assert "open" in desk.cloud.lists[COLLECTION]


def test_a_sites_own_rule_comes_and_goes(desk: Desk) -> None:
    neutrons_own(desk)
    own = {"direction": "ingress", "protocol": "icmp", "other_groups": True}
    base = desk.asked.security_group_rules
    kept = [rule.model_dump() for rule in base]
    desk.declare(security_group_rules=[*kept, own])
    assert "Default rule ingress IPv4 icmp: changed (made)" in desk.apply(rules)
    made = list(desk.cloud.lists[COLLECTION].values())[-1]
    assert made["description"] == "[groundplane test]"
    desk.declare(security_group_rules=[*kept, {**own, "other_groups": False}])
    told = desk.apply(rules)
    assert "Default rule ingress IPv4 icmp: changed (in the groups default and others → default)" in told
    desk.declare(security_group_rules=kept, prune=["security_group_rules"])
    assert "Default rule ingress IPv4 icmp: changed (no longer declared: removed)" in desk.apply(rules)
    assert len(desk.cloud.lists[COLLECTION]) == 4
