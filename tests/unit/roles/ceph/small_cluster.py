"""What a small cluster answers, made from what a real one of three nodes answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TYPES = ("osd", "host", "chassis", "rack", "row", "pdu", "pod", "room", "datacenter", "zone", "region", "root")


def rule(number: int, name: str, kind: int, choose: str, *, domain: str, take: str = "default") -> dict[str, Any]:
    steps: list[dict[str, Any]] = [
        {"op": "take", "item": -1, "item_name": take},
        {"op": choose, "num": 0, "type": domain},
        {"op": "emit"},
    ]
    if kind == 3:
        steps = [{"op": "set_chooseleaf_tries", "num": 5}, {"op": "set_choose_tries", "num": 100}, *steps]
    return {"rule_id": number, "rule_name": name, "type": kind, "steps": steps}


RULES = (
    rule(0, "replicated_rule", 1, "chooseleaf_firstn", domain="host"),
    rule(1, "by-osd", 1, "choose_firstn", domain="osd"),
    rule(2, "fast", 1, "chooseleaf_firstn", domain="host", take="default~ssd"),
    rule(3, "parts", 3, "chooseleaf_indep", domain="host"),
)


def crush_dump(
    hosts: Mapping[str, Mapping[int, str]],
    *,
    racks: Mapping[str, Sequence[str]] | None = None,
    rules: Sequence[Mapping[str, Any]] = RULES,
) -> dict[str, Any]:
    """`osd crush dump`; hosts to OSDs with their classes. Hosts that are in no rack stand under the root."""
    numbers = {name: -2 - index for index, name in enumerate([*hosts, *(racks or {})])}

    def bucket(name: str, kind: str, items: Iterable[tuple[int, int]]) -> dict[str, Any]:
        children = [{"id": item, "weight": weight, "pos": pos} for pos, (item, weight) in enumerate(items)]
        return {
            "id": numbers.get(name, -1),
            "name": name,
            "type_id": TYPES.index(kind),
            "type_name": kind,
            "items": children,
        }

    racked = {host for members in (racks or {}).values() for host in members}
    top = [*(racks or {}), *(host for host in hosts if host not in racked)]
    return {
        "devices": [
            {"id": osd, "name": f"osd.{osd}", "class": kind} for of in hosts.values() for osd, kind in of.items()
        ],
        "types": [{"type_id": number, "name": name} for number, name in enumerate(TYPES)],
        "buckets": [
            bucket("default", "root", [(numbers[name], 1920) for name in top]),
            *(bucket(name, "host", [(osd, 1920) for osd in of]) for name, of in hosts.items()),
            *(bucket(name, "rack", [(numbers[host], 1920) for host in of]) for name, of in (racks or {}).items()),
        ],
        "rules": [dict(one) for one in rules],
    }


def osds(numbers: Iterable[int]) -> list[dict[str, Any]]:
    return [{"osd": number, "up": 1, "in": 1, "weight": 1} for number in numbers]


def pool(name: str, **changed: Any) -> dict[str, Any]:
    """A pool as in `osd dump`: three copies over hosts, for RBD."""
    return {
        "pool_name": name,
        "type": 1,
        "size": 3,
        "min_size": 2,
        "crush_rule": 0,
        "pg_autoscale_mode": "on",
        "pg_num_target": 32,
        "flags_names": "hashpspool",
        "erasure_code_profile": "",
        "quota_max_bytes": 0,
        "options": {},
        "application_metadata": {"rbd": {}},
        **changed,
    }
