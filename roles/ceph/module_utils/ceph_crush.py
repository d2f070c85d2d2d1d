"""The CRUSH map as pools need it: rules, classes of devices, and how many failure domains there are.

Rules are compared by what they do and not by their names, so that a cluster that was set up by others keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass

ROOT = "default"
"""New hosts come under this root; it is the only one that pools are placed under here."""
REPLICATED, ERASURE = 1, 3
"""Kinds of rules and of pools, as Ceph numbers them."""
_TAKE, _EMIT = "take", "emit"
_CHOOSE = {
    "choose_firstn": REPLICATED,
    "chooseleaf_firstn": REPLICATED,
    "choose_indep": ERASURE,
    "chooseleaf_indep": ERASURE,
}


@dataclass(frozen=True)
class Rule:
    """Under one root, each copy or part in another failure domain; perhaps on devices of one class alone."""

    kind: int
    failure_domain: str
    device_class: str = ""

    @property
    def name(self) -> str:
        """The name that a rule of ours gets."""
        words = ["replicated" if self.kind == REPLICATED else "erasure", self.failure_domain, self.device_class]
        return "-".join(filter(None, words))


class CrushMap:
    """What `osd crush dump` and the list of OSDs in `osd dump` say."""

    def __init__(self, dump: dict, osds: list[dict]) -> None:
        self.types = [kind["name"] for kind in dump["types"]]
        self.rules = {rule["rule_name"]: _simple(rule) for rule in dump["rules"]}
        """By name; None for rules that aren't as simple as ours."""
        self.rule_names = {rule["rule_id"]: rule["rule_name"] for rule in dump["rules"]}
        self._buckets = {bucket["id"]: bucket for bucket in dump["buckets"]}
        self._classes = {device["id"]: device.get("class", "") for device in dump["devices"]}
        self._in = {osd["osd"] for osd in osds if osd["in"] and osd["weight"] > 0}

    def classes(self) -> dict[str, int]:
        """Class to the number of OSDs that are in and under the root."""
        found: dict[str, int] = {}
        for osd in self._osds():
            name = self._classes.get(osd, "")
            found[name] = found.get(name, 0) + 1
        return found

    def domains(self, failure_domain: str, device_class: str = "") -> int:
        """How many buckets of the type hold OSDs that are in (of the class)."""
        return len(
            {
                place
                for osd, place in self._places(failure_domain)
                if not device_class or self._classes.get(osd) == device_class
            }
        )

    def rule_that_does(self, wanted: Rule) -> str | None:
        """The name of a rule that does the same; ours, where there are several."""
        if self.rules.get(wanted.name) == wanted:
            return wanted.name
        return next((name for name, rule in self.rules.items() if rule == wanted), None)

    def _osds(self) -> list[int]:
        return [osd for osd, _ in self._places("osd")]

    def _places(self, failure_domain: str) -> list[tuple[int, int]]:
        """Each OSD that is in, with the bucket of the type that it lies in; OSDs outside of such buckets are left out,
        as CRUSH leaves them out."""
        root = next((one["id"] for one in self._buckets.values() if one["name"] == ROOT), None)
        found: list[tuple[int, int]] = []
        stack: list[tuple[int, int | None]] = [] if root is None else [(root, None)]
        while stack:
            item, place = stack.pop()
            if item >= 0:
                where = item if failure_domain == "osd" else place
                if where is not None and item in self._in:
                    found.append((item, where))
                continue
            bucket = self._buckets.get(item)
            if bucket is None:
                continue
            inside = item if bucket["type_name"] == failure_domain else place
            stack += [(child["id"], inside) for child in bucket["items"] if child["weight"] > 0]
        return found


def _simple(rule: dict) -> Rule | None:
    steps = [step for step in rule["steps"] if not step["op"].startswith("set_")]
    if [step["op"] for step in steps][::2] != [_TAKE, _EMIT] or len(steps) != 3:  # noqa: PLR2004
        return None
    take, choose, _ = steps
    root, _, device_class = take["item_name"].partition("~")
    if root != ROOT or choose.get("num") != 0 or _CHOOSE.get(choose["op"]) != rule["type"]:
        return None
    return Rule(rule["type"], choose["type"], device_class)
