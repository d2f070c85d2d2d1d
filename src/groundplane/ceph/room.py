"""Whether data finds another place where some OSDs go: enough failure domains for each pool, and enough room.

A pool's CRUSH rule says where its copies or parts lie (Ceph's documentation, rados/operations/crush-map): each in
another bucket of the rule's type, on devices of its class. `ceph orch osd rm` would begin all the same, and never end.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from groundplane.ceph.crush import Rule, Tree, rule_of
from groundplane.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from groundplane.ceph.state import ClusterState, Osd, Pool

NEARFULL = 0.85
"""mon_osd_nearfull_ratio, where the cluster doesn't say."""
_PLURALS = {"osd": "OSDs", "host": "hosts"}


def room_problems(state: ClusterState, leaving: Collection[int]) -> tuple[Problem, ...]:
    """Why these OSDs' data couldn't move to the others; empty where it can."""
    if not leaving:
        return ()
    tree = Tree(state.raw.get("osd_tree", {}))
    return (
        *_stopping_problems(state, tree, leaving),
        *_placement_problems(state, tree, leaving),
        *_capacity_problems(state, tree, leaving),
    )


def _stopping_problems(state: ClusterState, tree: Tree, leaving: Collection[int]) -> list[Problem]:
    """The orchestrator empties an OSD only when it could stop as well (`ceph osd ok-to-stop`), and waits for ever."""
    rules = {rule["rule_name"]: rule_of(rule) for rule in state.raw.get("crush_rules", ())}
    names = [
        pool.name
        for pool in state.pools
        if pool.size <= pool.min_size and _may_concern(rules.get(pool.crush_rule), state, tree, leaving)
    ]
    if not names:
        return []
    who = f"the pool {names[0]} stops" if len(names) == 1 else f"the pools {', '.join(names)} stop"
    return [
        Problem(
            f"{who} as soon as a single copy is away (min_size is no less than size), so no OSD of theirs may",
            "Let min_size be less than size: in ceph_pools, and groundplane apply ceph.pools; for pools that the site "
            "doesn't name ceph osd pool set NAME min_size NUMBER.",
        )
    ]


def _placement_problems(state: ClusterState, tree: Tree, leaving: Collection[int]) -> list[Problem]:
    rules = {rule["rule_name"]: rule_of(rule) for rule in state.raw.get("crush_rules", ())}
    staying = [osd for osd in state.osds if osd.id not in leaving and _holds_data(osd)]
    homeless: dict[tuple[Rule, str, int], list[str]] = defaultdict(list)
    tight = []
    for pool in state.pools:
        rule = rules.get(pool.crush_rule)
        if rule is None or not _concerns(rule, state, tree, leaving):
            continue
        domains = _domains(rule, staying, tree)
        if len(domains) < pool.size:
            homeless[rule, pool.type, pool.size].append(pool.name)
        elif len(domains) == pool.size:
            tight.append((pool, rule))
    problems = [
        _too_few(names, rule, _domains(rule, staying, tree), size=size, erasure=type_ == "erasure")
        for (rule, type_, size), names in homeless.items()
    ]
    return [*problems, *_tight_problems(state, tree, staying, tight)]


def _tight_problems(
    state: ClusterState, tree: Tree, staying: list[Osd], tight: list[tuple[Pool, Rule]]
) -> list[Problem]:
    """Where a pool needs each of the domains that stay, the smallest of them has to hold a copy of everything."""
    limit = _nearfull(state)
    by_rule: dict[Rule, int] = defaultdict(int)
    for pool, rule in tight:
        by_rule[rule] += pool.used // pool.size
    problems = []
    for rule, needed in by_rule.items():
        domains = _domains(rule, staying, tree)
        smallest = min(domains, key=lambda name: sum(osd.size for osd in domains[name]))
        size = sum(osd.size for osd in domains[smallest])
        if size and needed > size * limit:
            problems.append(
                Problem(
                    f"each {rule.failure_domain} that stays would hold a copy of everything, {in_bytes(needed)}, and "
                    f"{smallest} has {in_bytes(size)}, of which {limit:.0%} may be used",
                    f"Add OSDs to {smallest} first: groundplane ceph osd add",
                )
            )
    return problems


def _concerns(rule: Rule, state: ClusterState, tree: Tree, leaving: Collection[int]) -> bool:
    return any(_fits(rule, osd, tree) for osd in state.osds if osd.id in leaving)


def _fits(rule: Rule, osd: Osd, tree: Tree) -> bool:
    return rule.root in tree.above(osd.id).values() and rule.device_class in ("", osd.device_class)


def _domains(rule: Rule, osds: list[Osd], tree: Tree) -> dict[str, list[Osd]]:
    found: dict[str, list[Osd]] = defaultdict(list)
    for osd in osds:
        name = tree.above(osd.id).get(rule.failure_domain)
        if name is not None and _fits(rule, osd, tree):
            found[name].append(osd)
    return found


def _too_few(names: list[str], rule: Rule, domains: Collection[str], *, size: int, erasure: bool) -> Problem:
    parts = f"{size} {'parts' if erasure else 'copy' if size == 1 else 'copies'}"
    kind = _PLURALS.get(rule.failure_domain, f"{rule.failure_domain}s")
    of_class = f" with OSDs of class {rule.device_class}" if rule.device_class else ""
    there = f"{len(domains)} {kind} ({', '.join(sorted(domains))})" if domains else f"no {kind}"
    who = f"the pool {names[0]} keeps" if len(names) == 1 else f"the pools {', '.join(names)} keep"
    cure = f"Add a {rule.failure_domain} first (groundplane ceph host add)"
    if not erasure:
        cure += (
            "; or let them keep fewer copies: size in ceph_pools and groundplane apply ceph.pools, for those that the "
            "site doesn't name ceph osd pool set NAME size NUMBER"
        )
    return Problem(
        f"{who} {parts}, each on another {rule.failure_domain}, and {there}{of_class} would be left", f"{cure}."
    )


def _capacity_problems(state: ClusterState, tree: Tree, leaving: Collection[int]) -> list[Problem]:
    """By classes of devices, as far as pools keep to one; over all OSDs for the other pools."""
    rules = {rule["rule_name"]: rule_of(rule) for rule in state.raw.get("crush_rules", ())}
    used_rules = {rules.get(pool.crush_rule) for pool in state.pools}
    # Pools whose rule is of several choices may be anywhere.
    concerned = {
        "" if rule is None else rule.device_class for rule in used_rules if _may_concern(rule, state, tree, leaving)
    }
    limit = _nearfull(state)
    problems = []
    for device_class in sorted(concerned):
        fitting = [osd for osd in state.osds if device_class in ("", osd.device_class)]
        moving = sum(osd.used for osd in fitting if osd.id in leaving)
        staying = [osd for osd in fitting if osd.id not in leaving and _holds_data(osd)]
        size, used = sum(osd.size for osd in staying), sum(osd.used for osd in staying)
        if moving and moving + used > size * limit:
            others = f"the other OSDs of class {device_class}" if device_class else "the other OSDs"
            filled = f"would be {(moving + used) / size:.0%} full" if size else "aren't there"
            problems.append(
                Problem(
                    f"{in_bytes(moving)} would have to move to {others}, which {filled}; {limit:.0%} is the limit "
                    "(nearfull_ratio)",
                    "Add OSDs first (groundplane ceph osd add, groundplane ceph host add), or delete data.",
                )
            )
    return problems


def _may_concern(rule: Rule | None, state: ClusterState, tree: Tree, leaving: Collection[int]) -> bool:
    return rule is None or _concerns(rule, state, tree, leaving)


def _holds_data(osd: Osd) -> bool:
    return osd.up and osd.in_ and not osd.destroyed and osd.weight > 0 and osd.reweight > 0


def _nearfull(state: ClusterState) -> float:
    return float(state.raw.get("osd_dump", {}).get("nearfull_ratio") or NEARFULL)


def in_bytes(number: float) -> str:
    """As people say it: 3.4 GiB."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if number < 1024:  # noqa: PLR2004 - the next unit
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} PiB"
