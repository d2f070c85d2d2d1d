"""The plan of an upgrade: what is refused, and the stages in Ceph's own order, each with a gate behind it.

What the cluster runs is all that a plan goes by, so the same command goes on after whatever ended the last one.
See https://docs.ceph.com/en/reef/cephadm/upgrade/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.ceph.findings import short
from groundplane.ceph.maintenance import clearing_stages, leftovers, speakers
from groundplane.ceph.upgrade.images import Target, count_types, former, outdated, runs, same_image, short_image
from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import ClusterState, Daemon
    from groundplane.site.site import Site

COMMAND = "upgrade ceph"
HARMLESS_FLAGS = frozenset({"noscrub", "nodeep-scrub", "nosnaptrim", "notieragent"})
"""They keep no daemon from restarting safely."""
FEWEST_MANAGERS = 2
MINUTES_A_DAEMON = 10.0
FEWEST_MINUTES = 40.0
NAMES = {
    "mgr": "manager",
    "mon": "monitor",
    "crash": "crash collector",
    "osd": "OSD",
    "mds": "metadata server",
    "rgw": "gateway",
}


def plan_upgrade(
    site: Site,
    configuration: CephConfiguration,
    state: ClusterState,
    target: Target,
    *,
    allow_older: bool = False,
) -> Operation:
    """What there is to do until all daemons run the target.

    Raises:
        InputError: the cluster isn't whole, is busy, or is on its way to another image; all reasons at once.
    """
    speaking = speakers(configuration, state)
    left = outdated(state, target.image)
    under_way = state.upgrade.in_progress and same_image(state.upgrade.target, target.image)
    mixed = under_way or any(runs(daemon, target.image) for daemon in state.daemons)
    title = f"Upgrade Ceph to {_named(target)}"
    problems = tuple(_always_problems(site, configuration, state, target))
    if not problems and not left and not under_way:
        total = sum(entry.total for entry in count_types(state, target.image))
        return Operation(COMMAND, title, nothing=f"all {counted(total, 'daemon')} run it")
    # What an upgrade that was cut off left behind is no reason to refuse its other half, or the way back.
    troubles = tuple(_troubles(state))
    if not mixed or not left:
        problems += troubles
    if "osd" in left:
        problems += tuple(_pool_problems(state))
    if problems:
        raise InputError(
            f"The cluster can't be upgraded now: {counted(len(problems), 'reason')}",
            problems=problems,
        )
    warnings = tuple(_warnings(state, left))
    if mixed:
        warnings = (*(f"Waits until this is over: {trouble.what}" for trouble in troubles), *warnings)
    return Operation(
        COMMAND,
        f"{title}{', which was begun before' if mixed else ''}",
        lines=tuple(_lines(state, left, target, under_way=under_way)),
        stages=tuple(_stages(site, configuration, state, left, allow_older=allow_older)),
        always=(_stage(site, speaking, "pause", "An upgrade that is still under way is paused", {}),),
        warnings=warnings,
    )


def upgrade_progress(state: ClusterState, target: Target) -> str:
    """How far it is, in a sentence."""
    counts = [
        f"{entry.done} of {counted(entry.total, NAMES.get(entry.type, entry.type))}"
        for entry in count_types(state, target.image)
        if entry.done < entry.total
    ]
    message = state.upgrade.message.strip()
    said = f"{', '.join(counts)} run the new image" if counts else ""
    return f"{said} ({message})" if said and message else said


def what_next(state: ClusterState, target: Target) -> str:
    """How an upgrade stands and which ways are open, in a line or two."""
    left, upgrade = outdated(state, target.image), state.upgrade
    begun = any(runs(daemon, target.image) for daemon in state.daemons)
    if upgrade.in_progress:
        where = "" if same_image(upgrade.target, target.image) else f" to {short_image(upgrade.target)}"
        how = "is paused" if upgrade.paused else "is under way"
        reason = f": {upgrade.message}" if upgrade.message and upgrade.message != "Upgrade paused" else ""
        return (
            f"An upgrade{where} {how}{reason}. groundplane upgrade ceph goes on; --stop gives it up, and daemons stay "
            "with what they have."
        )
    if not left:
        return "All daemons run the image of images.lock."
    if begun:
        return (
            "Some daemons run it and some don't, which Ceph allows for a while. Both ways are open: groundplane "
            "upgrade ceph goes on; with the former image in images.lock (git log images.lock) it takes them back."
        )
    return "No upgrade is under way. groundplane upgrade ceph begins one."


def _named(target: Target) -> str:
    version = f"{target.version}, " if target.version else ""
    return f"{version}{short_image(target.image)}"


def _always_problems(
    site: Site, configuration: CephConfiguration, state: ClusterState, target: Target
) -> Iterator[Problem]:
    """What stands in the way whether an upgrade was begun or not."""
    if state.upgrade.in_progress and not same_image(state.upgrade.target, target.image):
        yield Problem(
            f"an upgrade to {short_image(state.upgrade.target)} is under way",
            "groundplane upgrade ceph --status says how far it is; --stop gives it up, and this one can begin.",
        )
    for name in ("daemons", "hosts", "upgrade"):
        if name in state.unanswered:
            yield Problem(
                f"the orchestrator doesn't answer: {state.unanswered[name]}",
                "groundplane ceph restart mgr; groundplane ceph status says what is wrong.",
            )
            return
    running = [daemon for daemon in state.daemons if daemon.type == "mgr" and daemon.status == "running"]
    if len(running) < FEWEST_MANAGERS or not state.mgr_standbys:
        yield Problem(
            f"{counted(len(running), 'manager')} at work, and one has to stand by while the other is upgraded",
            "Put another host into the group of ceph_mgr_group, then: groundplane apply ceph.cluster",
        )
    known = {short(host) for host in configuration.hosts}
    strangers = sorted({host.name for host in state.hosts if short(host.name) not in known})
    if strangers:
        yield Problem(
            f"{', '.join(strangers)} {'is' if len(strangers) == 1 else 'are'} in the cluster and not in the site, so "
            "the new image can't be brought there",
            "Write them into inventory/hosts.yml, or remove them: groundplane ceph host remove HOST",
        )
    orchestrator = state.raw.get("orchestrator")
    if isinstance(orchestrator, dict) and orchestrator.get("paused"):
        yield Problem("somebody paused the orchestrator", "ceph orch resume")
    # Ceph answers with a sentence where there are none.
    removals = state.raw.get("removals")
    if isinstance(removals, list) and removals:
        yield Problem("OSDs are being removed", "Wait until they are: groundplane ceph status")
    for host in state.hosts:
        if host.status:
            cure = (
                f"groundplane ceph maintenance clear {host.name}"
                if "maintenance" in host.status
                else "Bring it back; where it is gone for good: groundplane ceph host remove " + host.name
            )
            yield Problem(f"{host.name} is {host.status}", cure)
    for flag in sorted(state.flags - HARMLESS_FLAGS):
        yield Problem(f"the flag {flag} is set for the whole cluster", f"Clear it: ceph osd unset {flag}")
    cleared = {entry.host for entry in leftovers(state)}
    for name, flags in sorted(state.host_flags.items()):
        if name not in cleared and (set_ := sorted(flags - HARMLESS_FLAGS)):
            yield Problem(f"{', '.join(set_)} is set for {name}", f"groundplane ceph maintenance clear {name}")


def _troubles(state: ClusterState) -> Iterator[Problem]:
    """What makes the cluster less than whole."""
    out = [mon.name for mon in state.mons if not mon.in_quorum]
    if out:
        yield Problem(f"{', '.join(out)} of the monitors isn't in the quorum", "groundplane ceph status")
    down = [osd.name for osd in state.osds if not osd.up and not osd.destroyed]
    if down:
        yield Problem(
            f"{', '.join(down)} {'is' if len(down) == 1 else 'are'} down",
            "Bring the host or disk back, or: groundplane ceph osd replace OSD",
        )
    if not state.clean:
        unclean = ", ".join(f"{count} {name}" for name, count in sorted(state.pg_states.items()) if "clean" not in name)
        yield Problem(
            f"not all placement groups are active and clean ({unclean or 'some are stale'})",
            "Wait until they are, or mend what keeps them from it: groundplane ceph status",
        )
    for code, summary in state.health.checks.items():
        grave = state.health.severities.get(code) == "HEALTH_ERR"
        if grave and code not in state.health.muted and not code.startswith(("UPGRADE_", "OSD_DOWN", "PG_")):
            yield Problem(f"{code}: {summary}", "groundplane ceph status says what to do.")


def _pool_problems(state: ClusterState) -> Iterator[Problem]:
    """A pool that wants all its copies lets no OSD stop, so the orchestrator would wait for ever."""
    for pool in state.pools:
        if pool.min_size >= pool.size:
            yield Problem(
                f"the pool {pool.name} wants all {pool.size} of its copies to be there (min_size {pool.min_size}), so "
                "no OSD may stop for a moment",
                "Give it min_size below its size in ceph_pools, then: groundplane apply ceph.pools",
            )


def _warnings(state: ClusterState, left: Mapping[str, Sequence[Daemon]]) -> Iterator[str]:
    for type_, what in (("rgw", "S3 and Swift"), ("mds", "File systems")):
        if type_ in left and len([daemon for daemon in state.daemons if daemon.type == type_]) == 1:
            yield f"{what} can't be reached while the only {NAMES[type_]} restarts."
    filesystems = state.raw.get("filesystems")
    if "mds" in left and isinstance(filesystems, dict):
        ranks = len([mds for mds in filesystems.get("mdsmap", ()) if mds.get("state") == "active"])
        names = filesystems.get("filesystems", ())
        if ranks > len(names):
            yield "File systems have one active metadata server each while these are upgraded (the orchestrator's way)."
    if len(state.mons) < 3 and "mon" in left:  # noqa: PLR2004 - a quorum that survives a restart takes three
        yield f"With {counted(len(state.mons), 'monitor')} the cluster stands still while one of them restarts."


def _lines(
    state: ClusterState, left: Mapping[str, Sequence[Daemon]], target: Target, *, under_way: bool
) -> Iterator[str]:
    yield "Every host gets the image, and the cluster has to be whole: quorum, managers, OSDs, placement groups"
    if "mgr" in left:
        yield (
            "One manager that stands by gets the new image, has to load its modules, and is put in charge; where it "
            "isn't fit it is taken back, and nothing else was touched"
        )
    if under_way:
        paused = "was paused" if state.upgrade.paused else "is under way"
        yield f"The upgrade that {paused} goes on: {state.upgrade.progress or 'begun'}"
    for type_, daemons in left.items():
        total = len([daemon for daemon in state.daemons if daemon.type == type_])
        yield (
            f"{counted(len(daemons), NAMES.get(type_, type_))}{f' of {total}' if total != len(daemons) else ''}: from "
            f"{', '.join(former(daemons))} to {_named(target)}; then the cluster has to be whole again"
        )


def _stages(
    site: Site,
    configuration: CephConfiguration,
    state: ClusterState,
    left: Mapping[str, Sequence[Daemon]],
    *,
    allow_older: bool,
) -> Iterator[Stage]:
    yield from clearing_stages(site, configuration, state)
    speaking = speakers(configuration, state)
    expected = _expected(state, done=())
    yield _stage(
        site,
        (),
        "image",
        "The image on every host, and a cluster that is whole",
        {**expected, "ceph_upgrade_allow_older": allow_older},
        hosts=tuple(host for host in configuration.hosts if short(host) in {short(one.name) for one in state.hosts}),
    )
    if "mgr" in left:
        yield _stage(site, speaking, "manager", "One manager of the new image is tried", {})
    # An upgrade that only has to be finished has no type that is left.
    types = list(left) or ["mgr"]
    for number, type_ in enumerate(types):
        daemons = left.get(type_, ())
        yield _stage(
            site,
            speaking,
            "daemons",
            f"{counted(len(daemons), NAMES.get(type_, type_))} upgraded, and the cluster whole again"
            if daemons
            else "The upgrade is finished",
            {"ceph_upgrade_types": [type_], **_expected(state, done=types[: number + 1])},
            name=type_,
            minutes=max(FEWEST_MINUTES, MINUTES_A_DAEMON * len(daemons)),
        )


def _expected(state: ClusterState, *, done: Sequence[str]) -> dict[str, Any]:
    """What must be there once these types are upgraded: all of a type, and of the others what is there now."""
    mons = [mon.name for mon in state.mons if mon.in_quorum or "mon" in done]
    osds = [osd.id for osd in state.osds if not osd.destroyed and (osd.up or ("osd" in done and osd.in_))]
    return {
        "ceph_upgrade_quorum": mons,
        "ceph_upgrade_standbys": len(state.mgr_standbys),
        "ceph_upgrade_osds": osds,
        "ceph_upgrade_clean": state.clean or "osd" in done,
    }


def _stage(
    site: Site,
    speaking: tuple[str, ...],
    part: str,
    description: str,
    variables: Mapping[str, Any],
    *,
    name: str = "",
    hosts: tuple[str, ...] = (),
    minutes: float = FEWEST_MINUTES,
) -> Stage:
    return Stage(
        id=f"ceph.upgrade-{name or part}",
        description=description,
        playbook=site.content.playbooks / "ceph" / "operations" / f"upgrade_{part}.yml",
        hosts=hosts or speaking,
        variables=variables,
        timeout_minutes=minutes,
    )
