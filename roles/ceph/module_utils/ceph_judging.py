"""What is wrong with a cluster, compared with what the site asks for: sentences, each with the cure.

Nothing is asked here; the answers of the monitors come in as `Seen`. HEALTH_OK alone lies: a cluster is also healthy
without OSDs, or after one that nobody expects was removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

GOOD_STATES = {"active", "clean", "scrubbing", "deep", "snaptrim", "snaptrim_wait"}
PASSING_STATES = GOOD_STATES | {"creating", "peering", "activating", "unknown", "peered", "remapped", "wait"}
"""Placement groups are in these for moments after pools were made or OSDs came up (rados/operations/pg-states)."""
RECOVERING = {"recovering", "recovery_wait", "backfilling", "backfill_wait"}
COVERED = {
    "MON_DOWN": "quorum",
    "MGR_DOWN": "managers",
    "OSD_DOWN": "osds",
    "OSD_HOST_DOWN": "osds",
    "OSD_RACK_DOWN": "osds",
    "OSD_ROOT_DOWN": "osds",
    "OSD_ORPHAN": "osds",
    "OSDMAP_FLAGS": "flags",
    "OSD_FLAGS": "flags",
    "PG_AVAILABILITY": "placement groups",
    "PG_DEGRADED": "placement groups",
    "PG_DEGRADED_FULL": "placement groups",
    "MON_CLOCK_SKEW": "clocks",
    "RECENT_CRASH": "crashes",
    "RECENT_MGR_MODULE_CRASH": "crashes",
    "CEPHADM_FAILED_DAEMON": "daemons",
    "CEPHADM_HOST_CHECK_FAILED": "hosts",
    "CEPHADM_DAEMON_PLACE_FAIL": "daemons",
    "CEPHADM_PAUSED": "orchestrator",
    "TOO_FEW_OSDS": "osds",
}
"""Health checks that say once more what a sentence here said better."""
SHOWN = 4
STATUS = "groundplane ceph status says more"


class Problem(NamedTuple):
    """A sentence with its cure. `host` is whom it is about, empty for the cluster; what is `passing` may end alone."""

    topic: str
    text: str
    host: str = ""
    passing: bool = False


class Seen(NamedTuple):
    """Answers of the monitors, each as `ceph … --format json` prints it, and of the orchestrator, where it answers.

    `daemons` are those that report to monitors or managers: name, type, host, image, version; image and version are
    empty for those that don't run. `osd_map` is `osd dump`.
    """

    status: Mapping[str, object]
    health: Mapping[str, object]
    quorum: Mapping[str, object]
    mgr: Mapping[str, object]
    osd_map: Mapping[str, object]
    clocks: Mapping[str, object]
    daemons: Sequence[Mapping[str, str]]
    crashes: Sequence[Mapping[str, object]] = ()
    orchestrator: Mapping[str, object] | None = None
    upgrade: Mapping[str, object] | None = None
    members: Sequence[Mapping[str, object]] = ()

    @property
    def osds(self) -> list[dict[str, object]]:
        return cast("list[dict[str, object]]", self.osd_map.get("osds") or [])


def short(host: str) -> str:
    """A host without its domain: what daemons are called after."""
    return host.partition(".")[0]


def listed(names: Iterable[object]) -> str:
    """ "a, b and 3 more"."""
    words = [str(name) for name in names]
    rest = len(words) - SHOWN
    return ", ".join(words[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def gathered(problems: Sequence[Problem], reached: Sequence[str]) -> list[Problem]:
    """The same, with all that is about a host that doesn't answer as one sentence: it has one cure."""
    found = [problem for problem in problems if not problem.host or problem.host in reached]
    for host in dict.fromkeys(problem.host for problem in problems if problem not in found):
        what = "; ".join(problem.text.partition(". Cure: ")[0] for problem in problems if problem.host == host)
        found.insert(0, Problem("hosts", f"{host} doesn't answer: {what}. Cure: start {host}", host))
    return found


def judge_quorum(seen: Seen, mons: Sequence[str]) -> list[Problem]:
    """Every host that the site wants a monitor on has one in the quorum, and nobody else has."""
    inside = {short(str(name)) for name in cast("list[str]", seen.quorum.get("quorum_names") or [])}
    monmap = cast("dict[str, list[dict[str, str]]]", seen.quorum.get("monmap") or {})
    known = {short(mon["name"]) for mon in monmap.get("mons", [])}
    found = []
    for host in mons:
        if short(host) not in known:
            text = f"{host} has no monitor. Cure: groundplane apply ceph.cluster"
            found.append(Problem("quorum", text, host))
        elif short(host) not in inside:
            text = (
                f"mon.{short(host)} isn't in the quorum ({listed(sorted(inside))}). Cure: start {host} or its monitor"
            )
            found.append(Problem("quorum", text, host))
    stray = sorted(known - {short(host) for host in mons})
    if stray:
        text = f"Monitors that the site doesn't ask for: {listed(stray)}. Cure: groundplane apply ceph.cluster"
        found.append(Problem("quorum", text))
    return found


def judge_managers(seen: Seen, mgrs: Sequence[str]) -> list[Problem]:
    """One is active, and each other host of the group has one that stands by."""
    if not seen.mgr.get("available"):
        text = "No manager is active: the orchestrator can't be asked. Cure: start one of " + listed(mgrs)
        return [Problem("managers", text, passing=True)]
    standbys = cast("list[dict[str, object]]", seen.mgr.get("standbys") or [])
    names = [str(seen.mgr.get("active_name", "")), *(str(standby["name"]) for standby in standbys)]
    there = {short(name) for name in names}
    missing = [host for host in mgrs if short(host) not in there]
    return [
        Problem(
            "managers",
            f"{host} has no manager that runs. Cure: start the host, or groundplane apply ceph.cluster",
            host,
        )
        for host in missing
    ]


def judge_orchestrator(seen: Seen, hosts: Sequence[str]) -> list[Problem]:
    """cephadm answers, isn't paused, and reaches all members."""
    if not seen.mgr.get("available") or seen.orchestrator is None:
        return []
    if not seen.orchestrator.get("available"):
        why = seen.orchestrator.get("reason") or "it doesn't answer"
        return [
            Problem("orchestrator", f"The orchestrator isn't at work: {why}. Cure: ceph mgr fail, in cephadm shell")
        ]
    found = []
    if seen.orchestrator.get("paused"):
        text = "The orchestrator is paused: nothing that fails is put right. Cure: ceph orch resume, in cephadm shell"
        found.append(Problem("orchestrator", text))
    if seen.upgrade and seen.upgrade.get("in_progress"):
        to = seen.upgrade.get("target_image")
        text = f"An upgrade to {to} is under way or paused. Cure: groundplane upgrade ceph --status"
        found.append(Problem("orchestrator", text))
    members = {short(str(member["hostname"])): member for member in seen.members}
    for host in hosts:
        status = str(members.get(short(host), {}).get("status", "") or "")
        if short(host) not in members:
            found.append(
                Problem("hosts", f"{host} isn't a member of the cluster. Cure: groundplane apply ceph.cluster", host)
            )
        elif status:
            text = f"The orchestrator has {host} as {status.lower()}. Cure: groundplane ceph status; start the host"
            if status.lower() == "maintenance":
                text = f"{host} is in maintenance. Cure: groundplane ceph maintenance clear {host}"
            found.append(Problem("hosts", text, host))
    return found


class HostOsds(NamedTuple):
    """What a host that was asked has on its disks, and which of the disks that the site names have no OSD."""

    osds: Sequence[Mapping[str, object]]
    new: Sequence[Mapping[str, object]]


def judge_osds(seen: Seen, asked: Mapping[str, HostOsds], hosts: Sequence[str]) -> list[Problem]:
    """Each disk that the site names has an OSD that is up and in; so has whatever else the cluster knows.

    Args:
        asked: by host, for those that could be asked.
        hosts: all hosts that are to have OSDs.
    """
    found = []
    known = {str(osd["uuid"]): osd for osd in seen.osds}
    told: set[int] = set()
    for host, has in asked.items():
        for disk in has.new:
            text = f"{disk['described']} on {host} has no OSD. Cure: groundplane apply ceph.osds --force"
            found.append(Problem("osds", text, host))
        for part in has.osds:
            osd = known.get(str(part["uuid"]))
            if osd is None:
                what = f"{part['path']} on {host} holds osd.{part['id']}, which the cluster doesn't know"
                text = f"{what}. Cure: groundplane ceph osd list"
                found.append(Problem("osds", text, host))
            elif wrong := osd_state(osd):
                told.add(cast("int", osd["osd"]))
                text = f"osd.{osd['osd']} on {host} is {wrong}. Cure: {osd_cure(wrong, host, cast('int', osd['osd']))}"
                found.append(Problem("osds", text, host))
        if not has.osds and not has.new:
            found.append(
                Problem(
                    "osds", f"{host} has no OSD. Cure: name its disks (ceph_osds), groundplane apply ceph.osds", host
                )
            )
    places = {
        int(daemon["name"].partition(".")[2]): daemon["host"] for daemon in seen.daemons if daemon["type"] == "osd"
    }
    for osd in seen.osds:
        number, wrong = cast("int", osd["osd"]), osd_state(osd)
        if wrong and number not in told:
            host = next(
                (name for name in hosts if short(name) == short(places.get(number, ""))), places.get(number, "")
            )
            where = f" on {host}" if host else ""
            text = f"osd.{number}{where} is {wrong}. Cure: {osd_cure(wrong, host or 'its host', number)}"
            found.append(Problem("osds", text, host))
    if not seen.osds:
        found.append(Problem("osds", "The cluster has no OSD. Cure: groundplane apply ceph.osds"))
    return found


def osd_state(osd: Mapping[str, object]) -> str:
    """What is wrong with an OSD of the OSD map."""
    if "destroyed" in cast("list[str]", osd.get("state") or []):
        return "destroyed"
    words = ["down"] * (not osd.get("up")) + ["out"] * (not osd.get("in"))
    return " and ".join(words)


def osd_cure(wrong: str, host: str, number: int) -> str:
    if wrong == "destroyed":
        return f"groundplane ceph osd replace {number}"
    if wrong == "out":
        return f"ceph osd in {number}, in cephadm shell, or groundplane ceph osd replace {number}"
    return f"start {host} or the daemon; where the disk failed, groundplane ceph osd replace {number}"


def judge_placement_groups(seen: Seen) -> list[Problem]:
    """All are active and clean."""
    pgmap = cast("dict[str, object]", seen.status.get("pgmap") or {})
    states = {
        str(row["state_name"]): cast("int", row["count"])
        for row in cast("list[dict[str, object]]", pgmap.get("pgs_by_state") or [])
    }
    total = cast("int", pgmap.get("num_pgs") or 0)
    bad = {state: count for state, count in states.items() if not is_good(state)}
    bad_total = sum(bad.values()) + max(0, total - sum(states.values()))
    if not bad_total:
        return []
    words = {word for state in bad for word in state.split("+")}
    passing = words <= PASSING_STATES
    cure = "wait until Ceph has copied what is missing" if words & RECOVERING else "bring back what is down"
    shown = listed(f"{count} {state}" for state, count in sorted(bad.items(), key=lambda row: -row[1])) or "unknown"
    text = f"{bad_total} of {total} placement groups aren't active+clean: {shown}. Cure: {cure}; {STATUS}"
    return [Problem("placement groups", text, passing=passing)]


def is_good(state: str) -> bool:
    words = set(state.split("+"))
    return {"active", "clean"} <= words <= GOOD_STATES


def judge_clocks(seen: Seen) -> list[Problem]:
    """Monitors' clocks agree within mon_clock_drift_allowed (rados/configuration/mon-config-ref)."""
    rows = cast("dict[str, dict[str, object]]", seen.clocks.get("time_skew_status") or {})
    found = []
    for mon, row in rows.items():
        if row.get("health") != "HEALTH_OK":
            skew = abs(cast("float", row.get("skew") or 0.0))
            text = (
                f"{mon}'s clock is {skew:.2f} s away from the others'. Cure: groundplane apply bootstrap.time --force"
            )
            found.append(Problem("clocks", text, mon))
    return found


def judge_versions(seen: Seen, image: str) -> list[Problem]:
    """Every daemon runs the image of images.lock, so all have its version."""
    wanted = digest_of(image)
    running = [daemon for daemon in seen.daemons if daemon["image"]]
    other = [daemon for daemon in running if wanted and digest_of(daemon["image"]) != wanted]
    versions = sorted({daemon["version"] for daemon in seen.daemons if daemon["version"]})
    found = []
    if other:
        names = listed(sorted(daemon["name"] for daemon in other))
        ran = listed(sorted({daemon["version"] for daemon in other if daemon["version"]}))
        text = f"{len(other)} of {len(running)} daemons run another image than images.lock's ({names}; {ran})"
        found.append(Problem("versions", f"{text}. Cure: groundplane upgrade ceph"))
    if len(versions) > 1:
        text = f"Daemons have different versions: {', '.join(versions)}. Cure: groundplane upgrade ceph"
        found.append(Problem("versions", text))
    return found


def digest_of(image: str) -> str:
    """The digest where a reference has one; a mirror may have the same image under another name."""
    return image.rpartition("@")[2]


def judge_crashes(seen: Seen) -> list[Problem]:
    """No daemon crashed lately of which nobody took note."""
    if not seen.crashes:
        return []
    names = listed(sorted({str(crash.get("entity_name")) for crash in seen.crashes}))
    last = max(str(crash.get("timestamp", "")) for crash in seen.crashes)[:19]
    text = f"{len(seen.crashes)} crashes that nobody looked at: {names}, the last at {last}Z"
    return [Problem("crashes", f"{text}. Cure: ceph crash ls-new and ceph crash archive-all, in cephadm shell")]


def judge_health(seen: Seen, told: Sequence[Problem], tolerated: Sequence[str]) -> list[Problem]:
    """What else Ceph itself complains about; not what was muted there, or what the site puts up with."""
    topics = {problem.topic for problem in told}
    found = []
    for code, check in cast("dict[str, dict[str, object]]", seen.health.get("checks") or {}).items():
        if check.get("muted") or code in tolerated or COVERED.get(code, "") in topics:
            continue
        message = cast("dict[str, str]", check.get("summary") or {}).get("message", "")
        details = [row.get("message", "") for row in cast("list[dict[str, str]]", check.get("detail") or [])]
        first = f" ({details[0]})" if details and details[0] != message else ""
        cure = f"{STATUS}; where it is known and accepted: ceph_verify_tolerated"
        passing = check.get("severity") == "HEALTH_WARN"
        found.append(Problem("health", f"Ceph says {code}: {message}{first}. Cure: {cure}", passing=passing))
    return found
