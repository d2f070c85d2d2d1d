"""What adopting a cluster would write and change, worked out from what runs and what the site says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.ceph.adopt.drive_groups import adopted_drive_groups
from groundplane.ceph.adopt.memory import adopted_memory
from groundplane.ceph.adopt.part import Part, merge
from groundplane.ceph.adopt.placement import choose_groups, choose_networks, compare_hosts, compare_locations
from groundplane.ceph.adopt.pools import adopted_pools
from groundplane.ceph.adopt.services import (
    adopted_filesystems,
    adopted_gateways,
    managed_osd_services,
    other_services,
)
from groundplane.ceph.adopt.users import adopted_users
from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage
from groundplane.site.source import read_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.ceph.adopt.reading import Existing
    from groundplane.site.site import Site

DEFAULT_ACCOUNT, ROOT = "cephadm", "root"


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is taken over.

    Attributes:
        values: for environments/ceph/configuration.yml; host_values: for host_vars.
        summary: what was found, in sentences.
        notes: what stays as it is, outside of the layer.
        warnings: what a person should know before saying yes.
        unmanaged: OSD specifications that are set unmanaged, so that the site's drive groups alone make OSDs.
    """

    fsid: str
    values: Mapping[str, Any]
    host_values: Mapping[str, Mapping[str, Any]]
    summary: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unmanaged: tuple[str, ...] = ()


def plan_adoption(site: Site, existing: Existing) -> Adoption:
    """Works out what the site has to say so that applying the layer leaves the cluster as it is.

    Raises:
        InputError: the site doesn't know all of the cluster's hosts, or would move its daemons; with all problems.
    """
    state, answers = existing.state, existing.answers
    defaults = _role_defaults(site)
    written = site.variables.value("ceph_fsid", None)
    if written is not None and written.value and written.value != state.fsid:
        raise InputError(
            f"The site has another cluster already: {written.value}",
            why=f"{existing.host} belongs to {state.fsid}",
            cure="A site has one cluster. Remove ceph_fsid only where that one is gone for good.",
            place=written.place,
        )
    groups = choose_groups(site, state)
    osd_group = groups.values.get("ceph_osd_group", "storage")
    osd_hosts = [host for host in site.inventory.hosts if host in site.inventory.group_hosts.get(osd_group, ())]
    parts = [
        compare_hosts(site, state),
        groups,
        choose_networks(site, answers, state),
        compare_locations(site, state, dict(defaults.get("ceph_failure_domains") or {})),
        adopted_drive_groups(answers, osd_hosts),
        adopted_memory(answers),
        adopted_pools(answers),
        adopted_users(answers, defaults.get("ceph_users") or ()),
        adopted_gateways(answers),
        adopted_filesystems(answers),
        Part(notes=other_services(answers)),
    ]
    whole = merge(parts)
    if whole.problems:
        raise InputError(
            f"The cluster {state.fsid} can't be adopted as the site is now: {counted(len(whole.problems), 'problem')}",
            cure="Put the site right and call again; nothing was changed.",
            problems=whole.problems,
        )
    account = str(answers["account"]).strip()
    own = {"ceph_fsid": state.fsid}
    if account not in ("", DEFAULT_ACCOUNT, ROOT):
        own["ceph_account"] = account
    return Adoption(
        fsid=state.fsid,
        values={**own, **whole.values},
        host_values=whole.host_values,
        summary=_summary(existing, whole),
        notes=(*whole.notes, *_account_notes(account)),
        warnings=_warnings(site, existing),
        unmanaged=managed_osd_services(answers),
    )


def _account_notes(account: str) -> tuple[str, ...]:
    if account != ROOT:
        return ()
    return (f"The orchestrator comes to hosts as root; the layer lets it in as {DEFAULT_ACCOUNT} instead.",)


def adopting(site: Site, adoption: Adoption, files: Sequence[Path], host: str) -> Operation:
    """What a person says yes to. The stage runs after the files are written."""
    lines = []
    if files:
        names = ", ".join(path.relative_to(site.path).as_posix() for path in files)
        lines.append(f"Write {names}, as shown above")
    stages = []
    if adoption.unmanaged:
        lines.append(
            f"Set {', '.join(adoption.unmanaged)} unmanaged, so that the site's drive groups alone make OSDs; the OSDs "
            "that there are go on as before"
        )
        playbook = site.content.playbooks / "ceph" / "operations" / "adopt.yml"
        variables = {"ceph_adopted_specifications": list(adoption.unmanaged)}
        stages.append(Stage("ceph.adopt", "The site's drive groups alone make OSDs", playbook, (host,), variables))
    return Operation(
        f"ceph adopt {host}",
        f"Adopt the cluster {adoption.fsid}",
        lines=tuple(lines),
        stages=tuple(stages),
        warnings=adoption.warnings,
        nothing="" if lines else "the site says all of it already",
    )


def _summary(existing: Existing, whole: Part) -> tuple[str, ...]:
    state = existing.state
    up = sum(osd.up and osd.in_ for osd in state.osds)
    versions = sorted({version for counts in state.versions.values() for version in counts})
    pools, users = len(whole.values["ceph_pools"]), len(whole.values["ceph_users"])
    gateways = sum(daemon.type == "rgw" for daemon in state.daemons)
    osds = f"{counted(len(state.osds), 'OSD')} ({up} up and in)"
    return (
        f"Cluster {state.fsid}, Ceph {', '.join(versions)}, {state.health.status}",
        f"{counted(len(state.hosts), 'host')}: {', '.join(host.name for host in state.hosts)}",
        f"{counted(len(state.mons), 'monitor')}, {osds}, {counted(gateways, 'gateway')}",
        f"{counted(pools, 'pool')} and {counted(users, 'user')} that people made",
    )


def _warnings(site: Site, existing: Existing) -> tuple[str, ...]:
    state = existing.state
    found = []
    if state.health.status != "HEALTH_OK":
        why = "; ".join(state.health.checks.values())
        found.append(f"The cluster is {state.health.status}: {why}. Put it right first if you can.")
    if state.flags:
        found.append(f"Flags are set for the whole cluster: {', '.join(sorted(state.flags))}.")
    images = site.variables.value("groundplane_images", None)
    locked = images.value.get("ceph", "") if images is not None and isinstance(images.value, dict) else ""
    digest = str(locked).rpartition("@")[2]
    if digest:
        others = sorted({d.name for d in state.daemons if d.digests and not any(i.endswith(digest) for i in d.digests)})
        if others:
            found.append(
                f"{counted(len(others), 'daemon')} run another image than images.lock has. Applying the layer "
                "leaves them; groundplane upgrade ceph changes them."
            )
    else:
        found.append("images.lock has no image of Ceph yet: groundplane images build ceph, or images lock.")
    if existing.answers["orchestrator"].get("paused"):
        found.append("The orchestrator is paused, so nothing that is applied would be carried out: ceph orch resume.")
    return tuple(found)


def _role_defaults(site: Site) -> dict[str, Any]:
    path = site.content.roles / "ceph" / "defaults" / "main.yml"
    problems: list[Problem] = []
    source = read_source(path, problems)
    return dict(source.data) if source is not None and source.data else {}
