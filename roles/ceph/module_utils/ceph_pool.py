"""Pools: what a site asks for, compared with what a cluster has.

Nothing here talks to the cluster: `plan_pools` gets what it answered and says which commands would change it. Rules are
those of Ceph's documentation (rados/operations/pools, erasure-code, crush-map).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

try:
    from ansible.module_utils.ceph_crush import ERASURE, REPLICATED, ROOT, CrushMap, Rule
except ImportError:
    from ceph_crush import ERASURE, REPLICATED, ROOT, CrushMap, Rule

DEFAULTS = {
    "application": "rbd",
    "type": "replicated",
    "size": 3,
    "autoscale": "on",
    "failure_domain": "host",
}
_OF_REPLICATED = ("size", "min_size")
"""Keys of ceph_pool_defaults that count copies, and mean nothing for parts."""
_ON, _OFF = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


@dataclass(frozen=True)
class Erasure:
    """How a pool's objects are cut: `k` parts of data, `m` of parity."""

    k: int
    m: int
    plugin: str = "jerasure"


@dataclass(frozen=True)
class Pool:
    """A pool as the site asks for it; None where the site says nothing and what is stays."""

    name: str
    application: str
    size: int
    min_size: int
    autoscale: str
    rule: Rule
    rule_said: bool
    """Whether the site says where the pool is to lie. Where it doesn't, a pool that is there stays where it is."""
    erasure: Erasure | None = None
    crush_rule: str | None = None
    pg_num: int | None = None
    target_ratio: float | None = None
    bulk: bool | None = None
    compression: str | None = None
    quota_bytes: int | None = None
    settings: dict = field(default_factory=dict)

    @property
    def parts(self) -> str:
        """For people: "3 copies", "4 parts and 2 of parity"."""
        if self.erasure is None:
            return f"{self.size} {'copy' if self.size == 1 else 'copies'}"
        return f"{self.erasure.k} parts and {self.erasure.m} of parity"


@dataclass(frozen=True)
class Command:
    """One command for the monitors."""

    prefix: str
    arguments: dict


@dataclass(frozen=True)
class Change:
    """Something that isn't as it should be: a sentence for people, and what cures it."""

    sentence: str
    commands: tuple[Command, ...] = ()
    pool: str = ""
    """Whose it is; empty for rules and profiles, which come before."""
    made: bool = False
    """The pool is new: what it lacks besides is seen once it is there."""
    initialise: bool = False
    """The pool is to be prepared for RBD afterwards."""


def read_pool(written: dict, defaults: dict) -> tuple[Pool | None, list[str]]:
    """One element of ceph_pools with ceph_pool_defaults, or the sentences that say what is wrong with it."""
    said = {key: value for key, value in written.items() if value is not None}
    common = {key: value for key, value in defaults.items() if value is not None}
    name = said["name"]
    erasure = None
    if {**common, **said}.get("type") == "erasure":
        if "size" in said:
            wrong = f"The pool {name} is erasure coded, so it has no size: k and m say how many parts. Remove it."
            return None, [wrong]
        common = {key: value for key, value in common.items() if key not in _OF_REPLICATED}
        given = said.get("erasure") or common.get("erasure")
        if not given:
            return None, [f"The pool {name} is erasure coded and doesn't say how. Give it erasure: {{k: …, m: …}}."]
        erasure = Erasure(int(given["k"]), int(given["m"]), given.get("plugin") or "jerasure")
        if erasure.k < 2 or erasure.m < 1:  # noqa: PLR2004 - Ceph's own limits
            return None, [f"The pool {name}: k has to be 2 or more and m 1 or more."]
    asked = {**DEFAULTS, **common, **said}
    size = erasure.k + erasure.m if erasure else int(asked["size"])
    min_size = asked.get("min_size")
    if min_size is None:
        # With one part more than can be read from there is still room for a failure while it is written to.
        min_size = erasure.k + min(1, erasure.m - 1) if erasure else min(2, size)
    least = erasure.k if erasure else 1
    if not least <= int(min_size) <= size:
        return None, [f"The pool {name}: min_size has to be {least} to {size}, and it is {min_size}."]
    return (
        Pool(
            name=name,
            application=asked["application"],
            size=size,
            min_size=int(min_size),
            autoscale=_switch(asked["autoscale"]),
            rule=Rule(ERASURE if erasure else REPLICATED, asked["failure_domain"], asked.get("device_class") or ""),
            rule_said=any(key in {**common, **said} for key in ("failure_domain", "device_class")),
            erasure=erasure,
            crush_rule=asked.get("crush_rule"),
            pg_num=asked.get("pg_num"),
            target_ratio=asked.get("target_ratio"),
            bulk=asked.get("bulk"),
            compression=asked.get("compression"),
            quota_bytes=asked.get("quota_bytes"),
            settings={**(common.get("settings") or {}), **(said.get("settings") or {})},
        ),
        [],
    )


@dataclass(frozen=True)
class Standing:
    """What the cluster answered: `osd dump`, `osd crush dump`, and by pool `osd pool get POOL all`."""

    pools: dict
    """By name, as in `osd dump`."""
    profiles: dict
    crush: CrushMap
    settings: dict = field(default_factory=dict)


def standing(osd_dump: dict, crush_dump: dict, settings: dict | None = None) -> Standing:
    return Standing(
        pools={pool["pool_name"]: pool for pool in osd_dump["pools"]},
        profiles=osd_dump["erasure_code_profiles"],
        crush=CrushMap(crush_dump, osd_dump["osds"]),
        settings=settings or {},
    )


class RefusedError(Exception):
    """Something that can't be; a sentence with what would help."""


def plan_pools(wanted: list[Pool], now: Standing) -> tuple[list[Change], list[str]]:
    """The changes in their order, and the problems for which nothing may be changed at all."""
    changes: list[Change] = []
    problems: list[str] = []
    made: set[str] = set()
    """Rules and profiles that are in `changes` already."""
    names = [pool.name for pool in wanted]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"The pool {name} is in ceph_pools twice. Remove one of them.")
    for pool in wanted:
        found = now.pools.get(pool.name)
        try:
            if found is not None:
                _refuse_another_kind(pool, found, now)
            rule, before = _rule(pool, found, now, made)
        except RefusedError as refused:
            problems.append(str(refused))
            continue
        changes += before
        changes += [_new(pool, rule)] if found is None else _different(pool, found, rule, now)
    return ([], problems) if problems else (changes, [])


def _refuse_another_kind(pool: Pool, found: dict, now: Standing) -> None:
    """What can't be changed about a pool that is there."""
    another = "Make a pool of another name, and move the data there."
    if (found["type"] == ERASURE) != (pool.erasure is not None):
        kind = "replicated" if found["type"] == REPLICATED else "erasure coded"
        raise RefusedError(f"The pool {pool.name} is {kind}, and Ceph can't change that. {another}")
    if pool.erasure is not None:
        profile = now.profiles.get(found["erasure_code_profile"], {})
        has = Erasure(int(profile.get("k", 0)), int(profile.get("m", 0)), profile.get("plugin", ""))
        if has != pool.erasure:
            raise RefusedError(
                f"The pool {pool.name} has k={has.k} m={has.m} ({has.plugin}), the site asks for k={pool.erasure.k} "
                f"m={pool.erasure.m} ({pool.erasure.plugin}), and Ceph can't change that. {another}"
            )
    uses = found["application_metadata"]
    if uses and pool.application not in uses:
        raise RefusedError(
            f"The pool {pool.name} is used by {', '.join(sorted(uses))}, and the site says {pool.application}. "
            "Correct the pool's application, or choose another name."
        )


def _rule(pool: Pool, found: dict | None, now: Standing, made: set[str]) -> tuple[str, list[Change]]:
    """The name of the pool's rule, and what makes it where there is none.

    Raises:
        RefusedError: there can be none, or the pool couldn't be placed by it.
    """
    crush = now.crush
    if pool.crush_rule:
        if pool.crush_rule not in crush.rules:
            cure = _near(pool.crush_rule, sorted(crush.rules))
            raise RefusedError(f"The pool {pool.name}: the cluster has no CRUSH rule {pool.crush_rule}. {cure}")
        return pool.crush_rule, []
    if found is not None:
        has = crush.rule_names.get(found["crush_rule"], "")
        rule = crush.rules.get(has)
        if not pool.rule_said or rule == pool.rule:
            if found["size"] < pool.size and rule is not None:
                _refuse_unplaceable(pool, rule, crush)
            return has, []
    _refuse_unplaceable(pool, pool.rule, crush)
    changes = _profile(pool, now, made)
    name = crush.rule_that_does(pool.rule) or pool.rule.name
    if name not in crush.rules and name not in made:
        made.add(name)
        changes.append(_rule_made(pool))
    elif name in crush.rules and crush.rules[name] != pool.rule:
        raise RefusedError(
            f"There is a CRUSH rule {name} that does something else than its name says. Rename it "
            "(ceph osd crush rule rename), or name it as the pool's crush_rule where it is meant."
        )
    return name, changes


def _rule_made(pool: Pool) -> Change:
    rule = pool.rule
    what = "copy" if pool.erasure is None else "part"
    if pool.erasure is None:
        arguments = {"name": rule.name, "root": ROOT, "type": rule.failure_domain}
        if rule.device_class:
            arguments["class"] = rule.device_class
        command = Command("osd crush rule create-replicated", arguments)
    else:
        # Such a rule counts no parts; Ceph makes it from a profile all the same.
        command = Command("osd crush rule create-erasure", {"name": rule.name, "profile": profile_name(pool)})
    only = f", on {rule.device_class} alone" if rule.device_class else ""
    return Change(f"CRUSH rule {rule.name} made: one {what} in each {rule.failure_domain}{only}", (command,))


def _refuse_unplaceable(pool: Pool, rule: Rule, crush: CrushMap) -> None:
    if rule.failure_domain not in crush.types:
        cure = _near(rule.failure_domain, crush.types)
        raise RefusedError(f"The pool {pool.name}: CRUSH knows no failure domain {rule.failure_domain}. {cure}")
    classes = crush.classes()
    if rule.device_class and rule.device_class not in classes:
        has = ", ".join(f"{count} of {name or 'no class'}" for name, count in sorted(classes.items())) or "none"
        raise RefusedError(
            f"The pool {pool.name} is to lie on OSDs of the class {rule.device_class}, and the cluster's OSDs are: "
            f"{has}. Correct device_class, or give the OSDs that class (device_class of their drive group)."
        )
    there = crush.domains(rule.failure_domain, rule.device_class)
    if there < pool.size:
        kind = f" of the class {rule.device_class}" if rule.device_class else ""
        what = f"OSDs{kind}" if rule.failure_domain == "osd" else f"{rule.failure_domain}s with OSDs{kind}"
        fewer = "copies" if pool.erasure is None else "parts"
        raise RefusedError(
            f"The pool {pool.name} can't be placed: {pool.parts} need {pool.size} {what} that are in, and there "
            f"{'is' if there == 1 else 'are'} {there}. Add some, take fewer {fewer}, or a smaller failure_domain."
        )


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."


def profile_name(pool: Pool) -> str:
    """Profiles are shared by pools that are cut alike."""
    if pool.erasure is None:
        return ""
    cut = f"erasure-{pool.erasure.k}-{pool.erasure.m}-{pool.erasure.plugin}"
    return "-".join(filter(None, [cut, pool.rule.failure_domain, pool.rule.device_class]))


def _profile(pool: Pool, now: Standing, made: set[str]) -> list[Change]:
    name = profile_name(pool)
    if pool.erasure is None or name in made:
        return []
    asked = {
        "k": str(pool.erasure.k),
        "m": str(pool.erasure.m),
        "plugin": pool.erasure.plugin,
        "crush-failure-domain": pool.rule.failure_domain,
    }
    if pool.rule.device_class:
        asked["crush-device-class"] = pool.rule.device_class
    found = now.profiles.get(name)
    if found is not None:
        differs = [key for key, value in asked.items() if found.get(key) != value]
        if differs:
            raise RefusedError(
                f"There is an erasure code profile {name} that says something else ({', '.join(differs)}). "
                "Remove it where no pool uses it (ceph osd erasure-code-profile rm)."
            )
        return []
    made.add(name)
    arguments = {"name": name, "profile": [f"{key}={value}" for key, value in asked.items()]}
    return [Change(f"erasure code profile {name} made", (Command("osd erasure-code-profile set", arguments),))]


def _new(pool: Pool, rule: str) -> Change:
    arguments: dict = {"pool": pool.name, "rule": rule, "autoscale_mode": pool.autoscale}
    if pool.pg_num is not None:
        arguments |= {"pg_num": pool.pg_num, "pgp_num": pool.pg_num}
    if pool.bulk:
        arguments["bulk"] = True
    if pool.erasure is not None:
        arguments |= {"pool_type": "erasure", "erasure_code_profile": profile_name(pool)}
    else:
        arguments |= {"pool_type": "replicated", "size": pool.size}
        if pool.size == 1:
            arguments["yes_i_really_mean_it"] = True
    sentence = f"pool {pool.name} made: {pool.parts}, rule {rule}, for {pool.application}"
    return Change(sentence, (Command("osd pool create", arguments),), pool=pool.name, made=True)


def _different(pool: Pool, found: dict, rule: str, now: Standing) -> list[Change]:
    """What isn't as it should be about a pool that is there."""
    changes = []
    has_rule = now.crush.rule_names.get(found["crush_rule"], "")

    def change(what: str, was: object, wanted: object, *commands: Command) -> None:
        changes.append(Change(f"pool {pool.name}: {what} {was} → {wanted}", commands, pool.name))

    if rule and rule != has_rule:
        change("rule", has_rule or "none", rule, _set(pool, "crush_rule", rule))
    if pool.erasure is None and found["size"] != pool.size:
        change("size", found["size"], pool.size, _set(pool, "size", pool.size, sure=pool.size == 1))
    # Ceph sets min_size anew when it sets size.
    if found["min_size"] != pool.min_size or (pool.erasure is None and found["size"] != pool.size):
        change("min_size", found["min_size"], pool.min_size, _set(pool, "min_size", pool.min_size))
    if found["pg_autoscale_mode"] != pool.autoscale:
        command = _set(pool, "pg_autoscale_mode", pool.autoscale)
        change("autoscale", found["pg_autoscale_mode"], pool.autoscale, command)
    if pool.pg_num is not None and pool.autoscale != "on" and found["pg_num_target"] != pool.pg_num:
        change("pg_num", found["pg_num_target"], pool.pg_num, _set(pool, "pg_num", pool.pg_num))
    overwrites = pool.erasure is not None and pool.application in {"rbd", "cephfs"}
    if overwrites and "ec_overwrites" not in found["flags_names"].split(","):
        change("allow_ec_overwrites", "false", "true", _set(pool, "allow_ec_overwrites", "true"))
    for what, (was, wanted), command in _wishes(pool, found, now.settings.get(pool.name, {})):
        change(what, was, wanted, command)
    if pool.application not in found["application_metadata"]:
        rbd = pool.application == "rbd" and pool.erasure is None
        commands = () if rbd else (_application(pool),)
        changes.append(Change(f"pool {pool.name}: for {pool.application}", commands, pool.name, initialise=rbd))
    return changes


def _wishes(pool: Pool, found: dict, settings: dict) -> list[tuple[str, tuple[object, object], Command]]:
    """What the site may leave open: name, value now and wanted, and the command; only what differs."""
    options = found["options"]
    wishes: list[tuple[str, tuple[object, object], Command]] = []
    if pool.target_ratio is not None and not _same(options.get("target_size_ratio", 0), pool.target_ratio):
        command = _set(pool, "target_size_ratio", pool.target_ratio)
        wishes.append(("target_ratio", (options.get("target_size_ratio", 0), pool.target_ratio), command))
    has_bulk = "bulk" in found["flags_names"].split(",")
    if pool.bulk is not None and has_bulk != pool.bulk:
        wishes.append(("bulk", (has_bulk, pool.bulk), _set(pool, "bulk", str(pool.bulk).lower())))
    if pool.compression is not None and options.get("compression_mode", "none") != pool.compression:
        command = _set(pool, "compression_mode", pool.compression)
        wishes.append(("compression", (options.get("compression_mode", "none"), pool.compression), command))
    if pool.quota_bytes is not None and found["quota_max_bytes"] != pool.quota_bytes:
        arguments = {"pool": pool.name, "field": "max_bytes", "val": str(pool.quota_bytes)}
        values = (found["quota_max_bytes"], pool.quota_bytes)
        wishes.append(("quota_bytes", values, Command("osd pool set-quota", arguments)))
    for key, value in sorted(pool.settings.items()):
        if key not in settings or not _same(settings[key], value):
            wishes.append((key, (settings.get(key, "unset"), value), _set(pool, key, _switch(value, "true", "false"))))
    return wishes


def _set(pool: Pool, key: str, value: object, *, sure: bool = False) -> Command:
    arguments: dict = {"pool": pool.name, "var": key, "val": str(value)}
    if sure:
        arguments["yes_i_really_mean_it"] = True
    return Command("osd pool set", arguments)


def _application(pool: Pool) -> Command:
    return Command("osd pool application enable", {"pool": pool.name, "app": pool.application})


def _switch(value: object, on: str = "on", off: str = "off") -> str:
    """YAML reads on and off as booleans."""
    return {True: on, False: off}[value] if isinstance(value, bool) else str(value)


def _same(one: object, other: object) -> bool:
    return _text(one) == _text(other)


def _text(value: object) -> str:
    """Values as Ceph means them: true is 1, 0.50 is 0.5."""
    text = str(value).strip().lower()
    if text in _ON:
        return "1"
    if text in _OFF:
        return "0"
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text
