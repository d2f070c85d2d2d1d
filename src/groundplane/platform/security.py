"""Rules that new security groups begin with (step platform.security); groups that are there keep theirs.

Source: SCS-0115 (default rules for security groups); Neutron's API reference, "Security Group Default Rules".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.platform.marks import has_mark, marked
from groundplane.platform.reconcile import Found, Leftover, Thing
from groundplane.platform.rest import NETWORK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.options import SecurityGroupRule
    from groundplane.platform.rest import Rest
    from groundplane.site.site import Site

PATH, KEY = "/default-security-group-rules", "default_security_group_rules"
FROM_GROUP = "PARENT"
"""Neutron's word for the group that the rule becomes a part of."""
GROUPS, OTHERS = "in the groups", "rules"


class DefaultRules:
    """See `reconcile.Kind`."""

    def __init__(self, site: Site, asked: PlatformConfiguration, rest: Rest) -> None:
        self._site = site
        self._asked = asked
        self._rest = rest
        self._there = rest.all(NETWORK, PATH, KEY)

    def things(self) -> Iterator[Thing]:
        for rule in self._asked.security_group_rules:
            yield self._thing(rule)
        if self._asked.security_group_rules:
            yield self._others()

    def leftovers(self) -> Iterator[Leftover]:
        declared = {_key(_body(rule)) for rule in self._asked.security_group_rules}
        for one in self._there:
            if _key(one) not in declared and has_mark(self._site, one.get("description")):
                prune = "security_group_rules" in self._asked.prune
                yield Leftover(f"default rule {rule_in_words(one)}", partial(self._remove, one) if prune else None)

    def _thing(self, rule: SecurityGroupRule) -> Thing:
        body = _body(rule)

        def look() -> Found | None:
            one = next((one for one in self._there if _key(one) == _key(body)), None)
            if one is None:
                return None
            have = {GROUPS: _groups_in_words(one)}
            return Found(one["id"], have, has_mark(self._site, one.get("description")))

        return Thing(
            name=f"default rule {rule_in_words(body)}",
            wanted={GROUPS: _groups_in_words(body)},
            look=look,
            make=partial(self._make, body),
            change=lambda seen, names: self._change(body, seen, names),
        )

    def _others(self) -> Thing:
        """Rules of somebody else's that the site doesn't declare: they make every new group another one."""
        declared = {_key(_body(rule)) for rule in self._asked.security_group_rules}
        ours = self._site

        def look() -> Found:
            others = [
                one for one in self._there if _key(one) not in declared and not has_mark(ours, one.get("description"))
            ]
            return Found("", {OTHERS: sorted(f"{rule_in_words(one)} ({one['id']})" for one in others)}, ours=True)

        return Thing(
            name="other default rules", wanted={OTHERS: []}, look=look, make=lambda: None, change=self._refuse_others
        )

    def _refuse_others(self, seen: Found, _: Sequence[str]) -> None:
        raise FailedError(
            "New security groups begin with rules that the site doesn't declare",
            why=", ".join(seen.have[OTHERS]),
            cure="Declare them in platform_security_group_rules, or remove them: openstack default security group rule "
            "delete ID",
        )

    def _make(self, body: Mapping[str, Any]) -> None:
        given = {**body, "description": marked(self._site, "")}
        self._rest.call(NETWORK, "POST", PATH, body={"default_security_group_rule": given})

    def _change(self, body: Mapping[str, Any], seen: Found, _: Sequence[str]) -> None:
        """Neutron changes none: the rule is made anew."""
        self._remove({"id": seen.id})
        self._make(body)

    def _remove(self, one: Mapping[str, Any]) -> None:
        self._rest.call(NETWORK, "DELETE", f"{PATH}/{one['id']}")


def _body(rule: SecurityGroupRule) -> dict[str, Any]:
    first, _, last = rule.ports.partition("-")
    return {
        "direction": rule.direction,
        "ethertype": rule.ethertype,
        "protocol": rule.protocol or None,
        "port_range_min": int(first) if first else None,
        "port_range_max": int(last or first) if first else None,
        "remote_group_id": FROM_GROUP if rule.from_group else None,
        "remote_ip_prefix": rule.prefix or None,
        "used_in_default_sg": rule.default_groups,
        "used_in_non_default_sg": rule.other_groups,
    }


def _key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two rules the same; in which groups they are used can differ."""
    names = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max")
    return (*(one.get(name) for name in names), one.get("remote_group_id"), one.get("remote_ip_prefix"))


def _groups_in_words(one: Mapping[str, Any]) -> str:
    words = {"used_in_default_sg": "default", "used_in_non_default_sg": "others"}
    return " and ".join(word for key, word in words.items() if one.get(key)) or "none"


def rule_in_words(one: Mapping[str, Any]) -> str:
    """For example "ingress IPv4 tcp 22 from 192.0.2.0/24"."""
    ports = one.get("port_range_min")
    last = one.get("port_range_max")
    way = "from" if one["direction"] == "ingress" else "to"
    parts = [one["direction"], one["ethertype"], one.get("protocol") or ""]
    if ports is not None:
        parts.append(str(ports) if ports == last else f"{ports}-{last}")
    if one.get("remote_group_id") == FROM_GROUP:
        parts.append(f"{way} the group itself")
    elif one.get("remote_group_id") or one.get("remote_ip_prefix"):
        parts.append(f"{way} {one.get('remote_group_id') or one.get('remote_ip_prefix')}")
    return " ".join(part for part in parts if part)
