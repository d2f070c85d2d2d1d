"""Pools of a cluster that is adopted, as the option ceph_pools has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.ceph.adopt.part import Part
from groundplane.ceph.crush import Rule, rule_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.ceph.adopt.part import Answers

REPLICATED, ERASURE = 1, 3
"""A pool's type in `ceph osd pool ls detail`."""
OTHERS_APPLICATIONS = {"rgw": "the gateways", "cephfs": "file systems", "mgr": "the managers", "nfs": "NFS"}
"""Pools with these applications are made by what uses them, not by ceph_pools."""
ROOT = "default"
"""New hosts come under this root; ceph_pools places pools under no other."""
DEFAULT_SIZE, DEFAULT_MIN_SIZE = 3, 2


def adopted_pools(answers: Answers) -> Part:
    """The pools that people made. Those of gateways, file systems and the managers are looked after by these."""
    rules = {rule["rule_id"]: rule for rule in answers["crush_rules"]}
    profiles = answers["osd_dump"].get("erasure_code_profiles") or {}
    pools, notes = [], []
    for pool in answers["pools"]:
        name, applications = pool["pool_name"], sorted(pool.get("application_metadata") or ())
        if name.startswith(".") or any(one in OTHERS_APPLICATIONS for one in applications):
            continue
        where = rule_of(rules.get(pool["crush_rule"], {}))
        if where is None or where.root != ROOT or len(applications) > 1 or pool["type"] not in (REPLICATED, ERASURE):
            why = (
                "its CRUSH rule is of its own making"
                if where is None or where.root != ROOT
                else "it has several applications"
            )
            notes.append(f"The pool {name} stays as it is and is not looked after: {why}.")
            continue
        pools.append(_described(pool, where, applications, profiles))
    return Part({"ceph_pools": pools}, notes=tuple(notes))


def _described(
    pool: Mapping[str, Any], where: Rule, applications: list[str], profiles: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Only what differs from the option's defaults, so that a person reads what is special."""
    found: dict[str, Any] = {"name": pool["pool_name"]}
    if applications and applications != ["rbd"]:
        found["application"] = applications[0]
    if pool["type"] == ERASURE:
        profile = profiles.get(pool.get("erasure_code_profile", ""), {})
        found["type"] = "erasure"
        found["erasure"] = {"k": int(profile.get("k", 2)), "m": int(profile.get("m", 1))}
        if profile.get("plugin", "jerasure") != "jerasure":
            found["erasure"]["plugin"] = profile["plugin"]
        found["min_size"] = pool["min_size"]
    else:
        if pool["size"] != DEFAULT_SIZE:
            found["size"] = pool["size"]
        if pool["min_size"] != DEFAULT_MIN_SIZE:
            found["min_size"] = pool["min_size"]
    if where.failure_domain != "host":
        found["failure_domain"] = where.failure_domain
    if where.device_class:
        found["device_class"] = where.device_class
    return {**found, **_settings(pool)}


def _settings(pool: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    options = pool.get("options") or {}
    if pool["pg_autoscale_mode"] != "on":
        found |= {"autoscale": pool["pg_autoscale_mode"], "pg_num": pool["pg_num_target"]}
    if options.get("target_size_ratio"):
        found["target_ratio"] = options["target_size_ratio"]
    if "bulk" in str(pool.get("flags_names", "")).split(","):
        found["bulk"] = True
    if options.get("compression_mode"):
        found["compression"] = options["compression_mode"]
    if pool.get("quota_max_bytes"):
        found["quota_bytes"] = pool["quota_max_bytes"]
    return found
