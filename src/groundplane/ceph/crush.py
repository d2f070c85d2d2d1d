"""CRUSH rules and the tree of buckets, as far as plans need them (Ceph's documentation, rados/operations/crush-map)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Rule:
    """Below this root, on devices of this class (empty: of any), each copy or part in another bucket of this type."""

    root: str
    device_class: str
    failure_domain: str


def rule_of(rule: Mapping[str, Any]) -> Rule | None:
    """What a rule of `ceph osd crush rule dump` asks for; None for one that isn't a single choice below one root.

    Rules that Ceph makes for erasure coded pools begin with steps that only set how often CRUSH tries
    (set_chooseleaf_tries, set_choose_tries).
    """
    steps = [step for step in rule.get("steps", ()) if not str(step.get("op", "")).startswith("set_")]
    shape = [str(step.get("op", "")).partition("_")[0] for step in steps]
    if shape not in (["take", "choose", "emit"], ["take", "chooseleaf", "emit"]):
        return None
    domain = str(steps[1].get("type", ""))
    if shape[1] == "choose" and domain != "osd":
        return None
    root, _, device_class = str(steps[0].get("item_name", "")).partition("~")
    return Rule(root, device_class, domain)


class Tree:
    """`ceph osd tree` upwards."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        nodes = answer.get("nodes", ())
        self._by_id = {node["id"]: node for node in nodes}
        self._parents = {child: node["id"] for node in nodes for child in node.get("children", ())}

    def above(self, osd: int) -> dict[str, str]:
        """Type to name of all that contains the OSD, itself included."""
        found = {"osd": f"osd.{osd}"}
        node = self._parents.get(osd)
        while node is not None:
            found[str(self._by_id[node]["type"])] = str(self._by_id[node]["name"])
            node = self._parents.get(node)
        return found
