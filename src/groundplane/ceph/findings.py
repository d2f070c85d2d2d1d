"""What a person should know of a cluster: Ceph's own complaints, what the site asks for and doesn't have; with cures.

HEALTH_OK alone says little: Ceph reports it with two of three OSDs, once the third is out and forgotten.
Source of the health checks' meaning: Ceph's documentation, "Health checks".
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import ClusterState, Health
    from groundplane.errors import Problem

MOST_DETAILS = 4
"""Lines of a health check's own detail that are told."""


CURES = {
    "MON_DOWN": "Bring the host back, or on it: systemctl restart ceph.target; docker logs of the monitor says why.",
    "MON_CLOCK_SKEW": "groundplane apply bootstrap.time --force; on the host: chronyc tracking",
    "MON_DISK_LOW": "Free some room below /var/lib/ceph on that host.",
    "MON_DISK_CRIT": "Free some room below /var/lib/ceph on that host at once: a full one ends the monitor.",
    "MGR_DOWN": "Bring a manager's host back; groundplane status shows which are there.",
    "MGR_MODULE_ERROR": "groundplane ceph restart mgr; the manager's log says why the module failed.",
    "OSD_DOWN": "Bring the host or the disk back; where the disk is dead: groundplane ceph osd replace OSD",
    "OSD_HOST_DOWN": "Bring the host back; where it is gone for good: groundplane ceph host remove HOST",
    "OSDMAP_FLAGS": "groundplane ceph maintenance show says who set them; ceph osd unset FLAG ends it.",
    "OSD_FLAGS": "groundplane ceph maintenance show says who set them; … clear HOST ends it.",
    "OSD_NEARFULL": "Add disks or hosts: groundplane ceph osd add, groundplane ceph host add; or delete data.",
    "OSD_BACKFILLFULL": "Add disks or hosts: groundplane ceph osd add, groundplane ceph host add; or delete data.",
    "OSD_FULL": "Nothing can be written until there is room: groundplane ceph osd add, or delete data.",
    "POOL_NEARFULL": "Raise its quota_bytes in ceph_pools, or delete data.",
    "POOL_FULL": "Raise its quota_bytes in ceph_pools, or delete data.",
    "POOL_APP_NOT_ENABLED": "Say the pool's application in ceph_pools.",
    "POOL_NO_REDUNDANCY": "Give the pool a size of at least 2 in ceph_pools.",
    "TOO_FEW_OSDS": "Add OSDs (groundplane ceph osd add), or ask for fewer copies.",
    "PG_AVAILABILITY": "Some data can't be reached until more OSDs are up again: bring back the hosts that are down.",
    "PG_DEGRADED": "Ceph repairs it by itself once the OSDs are back or there is room elsewhere.",
    "PG_DEGRADED_FULL": "There is no room for repairs: add disks (groundplane ceph osd add), or delete data.",
    "PG_DAMAGED": "A scrub found damage: ceph health detail names the group, ceph pg repair ID mends it.",
    "OSD_SCRUB_ERRORS": "ceph health detail names the placement groups; ceph pg repair ID mends one.",
    "RECENT_CRASH": "ceph crash ls-new, ceph crash info ID; when it is understood: ceph crash archive-all",
    "SLOW_OPS": "Look at the disks and network of the OSDs named; groundplane verify bootstrap.hardware",
    "CEPHADM_HOST_CHECK_FAILED": "groundplane apply ceph.hosts --force makes the host ready again.",
    "CEPHADM_FAILED_DAEMON": "groundplane ceph restart DAEMON; its log on the host says why it ended.",
    "CEPHADM_STRAY_HOST": "groundplane apply ceph.cluster --force takes the host into the orchestrator's care.",
    "CEPHADM_STRAY_DAEMON": "A daemon that the orchestrator doesn't know: on its host, cephadm ls names it.",
    "CEPHADM_PAUSED": "ceph orch resume; somebody paused the orchestrator.",
    "UPGRADE_EXCEPTION": "groundplane upgrade ceph --status says more; --stop ends it.",
    "UPGRADE_FAILED_PULL": "groundplane apply supply.pull brings the image; then groundplane upgrade ceph --resume",
    "UPGRADE_NO_STANDBY_MGR": "An upgrade needs a manager that stands by: bring one back.",
    "UPGRADE_REDEPLOY_DAEMON": "groundplane upgrade ceph --status says more; --stop ends it.",
    "DAEMON_OLD_VERSION": "groundplane upgrade ceph brings all daemons to the version of images.lock.",
}
"""Ceph's health check to what one does about it."""

_SEVERITIES = {"HEALTH_ERR": Severity.ERROR, "HEALTH_WARN": Severity.WARNING}


def findings(state: ClusterState, configuration: CephConfiguration) -> tuple[Finding, ...]:
    """All that there is to say, the worst first."""
    found = [
        *_health(state.health),
        *_mons(state, configuration),
        *_mgrs(state, configuration),
        *_osds(state, configuration),
        *_placement(state),
        *_flags(state),
        *_images(state, configuration),
        *_upgrade(state),
        *_gateways(state, configuration),
        *_unanswered(state),
    ]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def site_findings(problems: Sequence[Problem]) -> tuple[Finding, ...]:
    """That the site's own files are wrong, which says nothing of the cluster."""
    if not problems:
        return ()
    what = f"what the site asks for has {counted(len(problems), 'problem')}: {problems[0].what}"
    return (Finding(Severity.WARNING, what, "groundplane validate"),)


def short(host: str) -> str:
    """A host's own name, by which Ceph knows it: the part before the first dot, in small letters."""
    return host.partition(".")[0].lower()


def _health(health: Health) -> Iterator[Finding]:
    for code, summary in health.checks.items():
        severity = _SEVERITIES.get(health.severities.get(code, ""), Severity.WARNING)
        details = tuple(line for line in health.detail.get(code, ()) if line != summary)
        yield Finding(
            Severity.NOTE if code in health.muted else severity,
            f"{summary}{' (muted)' if code in health.muted else ''}",
            CURES.get(code, "ceph health detail, and Ceph's documentation of this check."),
            code,
            details[:MOST_DETAILS],
        )


def _mons(state: ClusterState, configuration: CephConfiguration) -> Iterator[Finding]:
    known = {mon.name for mon in state.mons}
    for host in configuration.mon_hosts:
        if short(host) not in known:
            yield Finding(
                Severity.WARNING,
                f"no monitor on {host}, where the site wants one",
                "groundplane apply ceph.cluster --force",
            )
    wanted = {short(host) for host in configuration.mon_hosts}
    for name in sorted(known - wanted):
        yield Finding(
            Severity.WARNING,
            f"a monitor on {name}, where the site wants none",
            "Put its host into the group of ceph_mon_group, or: groundplane apply ceph.cluster --force",
        )
    if "MON_DOWN" not in state.health.checks:
        for mon in state.mons:
            if not mon.in_quorum:
                yield Finding(Severity.WARNING, f"{mon.name}'s monitor isn't in the quorum", CURES["MON_DOWN"])


def _mgrs(state: ClusterState, configuration: CephConfiguration) -> Iterator[Finding]:
    if not state.mgr_active:
        if "MGR_DOWN" not in state.health.checks:
            yield Finding(Severity.ERROR, "no manager is active", CURES["MGR_DOWN"])
        return
    there, wanted = 1 + len(state.mgr_standbys), len(configuration.mgr_hosts)
    if there < wanted:
        yield Finding(
            Severity.WARNING,
            f"{there} of {counted(wanted, 'manager')} run",
            "Bring their hosts back; or groundplane apply ceph.cluster --force",
        )


def _osds(state: ClusterState, configuration: CephConfiguration) -> Iterator[Finding]:
    told = "OSD_DOWN" in state.health.checks
    for osd in state.osds:
        where = f" on {osd.host}" if osd.host else ""
        replace = f"groundplane ceph osd replace {osd.name}"
        if osd.destroyed:
            yield Finding(Severity.WARNING, f"{osd.name}{where} waits for a new disk", replace)
        elif not osd.up and not osd.in_:
            yield Finding(
                Severity.WARNING, f"{osd.name}{where} is down and out", f"Bring it back, or with a new disk: {replace}"
            )
        elif not osd.up and not told:
            yield Finding(Severity.WARNING, f"{osd.name}{where} is down", CURES["OSD_DOWN"])
        elif osd.up and not osd.in_:
            yield Finding(
                Severity.NOTE, f"{osd.name}{where} is up but out: it gets no data", f"ceph osd in {osd.id} ends that."
            )
    for host in configuration.osd_hosts:
        wanted = wanted_osds(configuration, host)
        there = len(state.osds_of(short(host)))
        if wanted is not None and there < wanted:
            yield Finding(
                Severity.WARNING,
                f"{host} has {there} of the {counted(wanted, 'OSD')} that the site asks for",
                "groundplane apply ceph.osds --force",
            )


def wanted_osds(configuration: CephConfiguration, host: str) -> int | None:
    """How many OSDs the site asks for on a host; None where that depends on which disks it turns out to have."""
    total = 0
    for group in configuration.drive_groups.get(host, ()):
        devices = group.data_devices
        if devices.all or devices.size or devices.model or devices.vendor or devices.rotational is not None:
            return None
        paths = devices.paths if devices.limit is None else devices.paths[: devices.limit]
        total += len(paths) * group.osds_per_device
    return total


def _placement(state: ClusterState) -> Iterator[Finding]:
    told = any(code.startswith("PG_") for code in state.health.checks)
    if not state.clean and not told:
        states = ", ".join(f"{count} {name}" for name, count in state.pg_states.items())
        yield Finding(
            Severity.WARNING, f"not all placement groups are active and clean: {states}", CURES["PG_DEGRADED"]
        )


def _flags(state: ClusterState) -> Iterator[Finding]:
    if state.flags and "OSDMAP_FLAGS" not in state.health.checks:
        flags = ", ".join(sorted(state.flags))
        yield Finding(Severity.WARNING, f"the whole cluster has the flags {flags}", CURES["OSDMAP_FLAGS"])
    for host, own in state.host_flags.items():
        since = state.markers.get(f"groundplane/maintenance/{host}", "")
        yield Finding(
            Severity.NOTE if since else Severity.WARNING,
            f"the OSDs of {host} have the flag{'s' if len(own) > 1 else ''} {', '.join(sorted(own))}"
            f"{'' if since else ', and Groundplane did not set it'}",
            f"groundplane ceph maintenance clear {host}",
        )
    for osd in state.osds:
        if osd.flags:
            yield Finding(
                Severity.WARNING,
                f"{osd.name} has the flag {', '.join(sorted(osd.flags))}",
                f"ceph osd rm-{sorted(osd.flags)[0]} {osd.id}",
            )


def _images(state: ClusterState, configuration: CephConfiguration) -> Iterator[Finding]:
    digest = configuration.image.rpartition("@")[2]
    if digest and not state.upgrade.in_progress:
        others = [
            daemon
            for daemon in state.daemons
            if daemon.image and digest not in {name.rpartition("@")[2] for name in (daemon.image, *daemon.digests)}
        ]
        if others:
            yield Finding(
                Severity.NOTE,
                f"{counted(len(others), 'daemon')} of {len(state.daemons)} run another image than images.lock's",
                "groundplane upgrade ceph",
            )
    versions = Counter(version for counts in state.versions.values() for version in counts)
    if len(versions) > 1 and "DAEMON_OLD_VERSION" not in state.health.checks and not state.upgrade.in_progress:
        yield Finding(
            Severity.WARNING,
            f"daemons of several versions run: {', '.join(sorted(versions))}",
            "groundplane upgrade ceph",
        )


def _upgrade(state: ClusterState) -> Iterator[Finding]:
    upgrade = state.upgrade
    if upgrade.in_progress:
        standing = "is paused" if upgrade.paused else "is under way"
        progress = f": {upgrade.progress}" if upgrade.progress else ""
        yield Finding(
            Severity.WARNING if upgrade.paused else Severity.NOTE,
            f"an upgrade to {upgrade.target} {standing}{progress}",
            f"groundplane upgrade ceph {'--resume' if upgrade.paused else '--status'}",
            details=(upgrade.message,) if upgrade.message else (),
        )


def _gateways(state: ClusterState, configuration: CephConfiguration) -> Iterator[Finding]:
    if not configuration.gateway_enabled or "daemons" in state.unanswered:
        return
    there = {daemon.host for daemon in state.daemons if daemon.type == "rgw" and daemon.status == "running"}
    for host in configuration.gateway_hosts:
        if short(host) not in there:
            yield Finding(Severity.WARNING, f"no gateway runs on {host}", "groundplane apply ceph.gateway --force")


def _unanswered(state: ClusterState) -> Iterator[Finding]:
    reasons: dict[str, list[str]] = {}
    for question, why in state.unanswered.items():
        reasons.setdefault(why, []).append(question)
    for why, questions in reasons.items():
        yield Finding(
            Severity.WARNING,
            f"not known: {', '.join(questions)}, because {why}",
            "groundplane ceph restart mgr, where a manager runs but doesn't answer.",
        )
