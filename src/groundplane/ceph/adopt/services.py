"""Gateways and file systems of a cluster that is adopted, and what else it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.ceph.adopt.part import Part
from groundplane.errors import Problem

if TYPE_CHECKING:
    from groundplane.ceph.adopt.part import Answers

GATEWAY_SERVICE = "rgw.main"
"""What the layer calls its gateways (roles/ceph, ceph_gateway)."""
TIES = {"rgw_realm": "realm", "rgw_zonegroup": "zone group", "rgw_zone": "zone"}
"""A specification's keys, and what people call them (Ceph's documentation, radosgw/multisite)."""
OF_THE_LAYER = frozenset({"mon", "mgr", "crash", "osd", "rgw", "mds", "host"})
"""Service types that the layer itself looks after."""
STANDARD_PORTS = {False: 80, True: 443}
"""What cephadm gives a gateway whose specification names no port, without and with TLS."""


def adopted_gateways(answers: Answers) -> Part:
    """The gateways that the layer can look after: one service of the layer's own name. Others stay as they are."""
    services = {service["service_name"]: service for service in answers["services"] if service["service_type"] == "rgw"}
    own = services.pop(GATEWAY_SERVICE, None)
    names = ", ".join(sorted(services))
    left = (f"The gateways {names} stay as they are and are not looked after; the layer's are {GATEWAY_SERVICE}.",)
    notes = left if services else ()
    if own is None:
        return Part({"ceph_gateway_enabled": False}, notes=notes)
    specification = own.get("spec") or {}
    tied = [f"{name} {specification[key]}" for key, name in TIES.items() if specification.get(key)]
    if tied:
        problem = Problem(
            f"the gateways {GATEWAY_SERVICE} belong to the {' and the '.join(tied)}, and the layer's belong to none",
            "Give them another name: export the specification with ceph orch ls rgw --export, apply it with another "
            "service_id, and remove the old one.",
        )
        return Part(problems=(problem,))
    tls = bool(specification.get("ssl"))
    if tls:
        notes = (*notes, f"{GATEWAY_SERVICE} is to show each host's own certificate, instead of the one it has.")
    port = specification.get("rgw_frontend_port") or STANDARD_PORTS[tls]
    return Part({"ceph_gateway_port": port, "ceph_gateway_tls": tls}, notes=notes)


def adopted_filesystems(answers: Answers) -> Part:
    """File systems whose pools have the names that `ceph fs volume create` gives them."""
    found, notes = [], []
    for filesystem in answers["filesystem_map"]["filesystems"]:
        mdsmap = filesystem["mdsmap"]
        name = mdsmap["fs_name"]
        pools = {pool["pool_id"]: pool["pool_name"] for pool in answers["pools"]}
        data = [pools.get(number) for number in mdsmap["data_pools"]]
        if pools.get(mdsmap["metadata_pool"]) != f"cephfs.{name}.meta" or data != [f"cephfs.{name}.data"]:
            notes.append(f"The file system {name} stays as it is and is not looked after: its pools have other names.")
            continue
        described: dict[str, Any] = {"name": name}
        if mdsmap["max_mds"] != 1:
            described["active"] = mdsmap["max_mds"]
        found.append(described)
    return Part({"ceph_filesystems": found} if found else {}, notes=tuple(notes))


def other_services(answers: Answers) -> tuple[str, ...]:
    """Services that the layer knows nothing of: they go on as before."""
    names = [one["service_name"] for one in answers["services"] if one["service_type"] not in OF_THE_LAYER]
    return (f"Not looked after, and left as they are: {', '.join(sorted(names))}.",) if names else ()


def managed_osd_services(answers: Answers) -> tuple[str, ...]:
    """OSD specifications by which the orchestrator would go on making OSDs of disks by itself."""
    return tuple(
        service["service_name"]
        for service in answers["services"]
        if service["service_type"] == "osd" and not service.get("unmanaged") and service.get("spec")
    )
