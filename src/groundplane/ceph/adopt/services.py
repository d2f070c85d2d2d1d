"""Gateways and file systems of a cluster that is adopted, and what else it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.ceph.adopt.part import Part

if TYPE_CHECKING:
    from groundplane.ceph.adopt.part import Answers

OF_THE_LAYER = frozenset({"mon", "mgr", "crash", "osd", "rgw", "mds", "host"})
"""Service types that the layer itself looks after."""
STANDARD_PORTS = {False: 80, True: 443}
"""What cephadm gives a gateway whose specification names no port, without and with TLS."""


def adopted_gateways(answers: Answers) -> Part:
    """The one gateway service that the layer can look after; several, or one of a realm, stay as they are."""
    services = [service for service in answers["services"] if service["service_type"] == "rgw"]
    if not services:
        return Part({"ceph_gateway_enabled": False})
    names = ", ".join(service["service_name"] for service in services)
    specification = services[0].get("spec") or {}
    if len(services) > 1 or specification.get("rgw_realm") or specification.get("rgw_zone"):
        why = "the layer looks after one service" if len(services) > 1 else "it belongs to a realm or zone of its own"
        note = f"The gateways {names} stay as they are and are not looked after: {why}."
        return Part({"ceph_gateway_enabled": False}, notes=(note,))
    tls = bool(specification.get("ssl"))
    return Part(
        {
            "ceph_gateway_service": services[0]["service_id"],
            "ceph_gateway_port": specification.get("rgw_frontend_port") or STANDARD_PORTS[tls],
            "ceph_gateway_tls": tls,
        }
    )


def adopted_filesystems(answers: Answers) -> Part:
    """File systems whose pools have the names that `ceph fs volume create` gives them."""
    found, notes = [], []
    for filesystem in answers["filesystem_map"]["filesystems"]:
        mdsmap = filesystem["mdsmap"]
        name = mdsmap["fs_name"]
        pools = {pool["pool"]: pool["pool_name"] for pool in answers["osd_dump"]["pools"]}
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
