"""The whole check of a cluster from one of its hosts: what is judged, tried, and compared with the site's options."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

try:
    from ansible.module_utils import ceph_judging as judging
    from ansible.module_utils.ceph_asking import look
    from ansible.module_utils.ceph_block_check import IMAGE, check_pools
    from ansible.module_utils.ceph_flags import MAINTENANCE, flags_set, sentence, who_set
    from ansible.module_utils.ceph_judging import HostOsds, Problem, Seen
    from ansible.module_utils.ceph_object_check import check_gateways
    from ansible.module_utils.ceph_radosgw import Administration
    from ansible.module_utils.ceph_session import CephError, Cluster, Session
except ImportError:
    import ceph_judging as judging
    from ceph_asking import look
    from ceph_block_check import IMAGE, check_pools
    from ceph_flags import MAINTENANCE, flags_set, sentence, who_set
    from ceph_judging import HostOsds, Problem, Seen
    from ceph_object_check import check_gateways
    from ceph_radosgw import Administration
    from ceph_session import CephError, Cluster, Session

PAUSE_SECONDS = 1.0
LOG_LINES = 10000
"""The monitors keep as many lines of the audit log (mon_log_max)."""


class Site:
    """What the site asks for.

    `mons`, `mgrs`, `osd_hosts` and `members` are host names; `asked` is what hosts said of their OSDs; `hosts` are
    address to host.
    """

    def __init__(
        self,
        *,
        image: str,
        mons: Sequence[str],
        mgrs: Sequence[str],
        osd_hosts: Sequence[str],
        members: Sequence[str],
        asked: Mapping[str, HostOsds],
        tolerated: Sequence[str],
        hosts: Mapping[str, str],
    ) -> None:
        self.image = image
        self.mons = mons
        self.mgrs = mgrs
        self.osd_hosts = osd_hosts
        self.members = members
        self.asked = asked
        self.tolerated = tolerated
        self.hosts = hosts


def judge(seen: Seen, site: Site, flags: Sequence[Problem], checks: Callable[[str], bool]) -> list[Problem]:
    """All that is wrong by what the cluster says; only of the steps that are asked for."""
    found: list[Problem] = []
    if checks("cluster"):
        found += judging.judge_quorum(seen, site.mons)
        found += judging.judge_managers(seen, site.mgrs)
        found += judging.judge_orchestrator(seen, site.members)
        found += judging.judge_clocks(seen)
        found += judging.judge_versions(seen, site.image)
        found += judging.judge_crashes(seen)
    if checks("osds"):
        found += judging.judge_osds(seen, site.asked, site.osd_hosts)
        found += judging.judge_placement_groups(seen)
        found += flags
    if checks("cluster"):
        everything = found if checks("osds") else [*found, *flags, *judging.judge_osds(seen, {}, site.osd_hosts)]
        found += judging.judge_health(seen, everything, site.tolerated)
    return found


def settle(
    session: Session,
    site: Site,
    checks: Callable[[str], bool],
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Problem]:
    """Looks once, and again for a while where all that is wrong passes by itself, as after pools were made."""
    started = clock()
    while True:
        seen = look(session)
        found = judge(seen, site, flag_problems(session, seen, site.hosts), checks)
        if not found or not all(problem.passing for problem in found) or clock() - started >= seconds:
            return found
        sleep(PAUSE_SECONDS)


def flag_problems(session: Session, seen: Seen, hosts: Mapping[str, str]) -> list[Problem]:
    """Flags that are set, with who set them."""
    flags = flags_set(seen.osd_map)
    markers = maintenance_markers(session)
    if not flags and not markers:
        return []
    answer = session.call("log last", num=LOG_LINES, level="info", channel="audit")
    log = cast("list[dict[str, object]]", answer) if isinstance(answer, list) else []
    found = []
    for flag, place in flags:
        text = sentence(flag, place, who_set(flag, place, log), markers.pop(place, None), hosts)
        found.append(Problem("flags", text, place if place in hosts.values() else ""))
    for place, marker in markers.items():
        text = f"Maintenance of {place}, begun {marker.get('since')} by {marker.get('by')}, was never ended"
        found.append(Problem("flags", f"{text}. Cure: groundplane ceph maintenance clear {place}", place))
    return found


def maintenance_markers(session: Session) -> dict[str, dict[str, object]]:
    """What maintenance by Groundplane noted in the store, by host."""
    keys = session.call("config-key ls")
    found = {}
    for key in cast("list[str]", keys) if isinstance(keys, list) else []:
        if key.startswith(MAINTENANCE):
            try:
                noted = json.loads(session.text("config-key get", key=key))
            except (CephError, ValueError):
                noted = {}
            found[key.removeprefix(MAINTENANCE)] = noted if isinstance(noted, dict) else {}
    return found


def block_problems(cluster: Cluster, pools: Sequence[str], image: str) -> list[Problem]:
    """Where a virtual machine's disk couldn't be written and read."""
    try:
        answers = check_pools(cluster, pools, image=image) if pools else {}
    except CephError as error:
        return [Problem("rbd", f"{error}. Cure: {judging.STATUS}")]
    late = [pool for pool, why in answers.items() if why.startswith("no answer")]
    found = [
        Problem(
            "rbd", f"RBD can't write and read in the pool {pool}: {why}. Cure: groundplane apply ceph.pools --force"
        )
        for pool, why in answers.items()
        if why and pool not in late
    ]
    if late:
        text = f"RBD gets no answer when it writes in {judging.listed(late)}. Cure: bring back what is down"
        found.append(Problem("rbd", f"{text}. An image {IMAGE} may be left there; the next check removes it"))
    return found


def object_problems(
    cluster: Cluster, gateways: Mapping[str, str], *, port: int, tls: bool, swift: bool
) -> list[Problem]:
    """Where an object couldn't be written and read."""
    try:
        with Administration(cluster) as administration:
            answers = check_gateways(administration, gateways, port=port, tls=tls, swift=swift)
    except CephError as error:
        return [Problem("gateways", f"No user can be made to try the gateways: {error}. Cure: {judging.STATUS}")]
    return [
        Problem(
            "gateways",
            f"The gateway of {host} ({gateways[host]}:{port}), {why}. Cure: groundplane apply ceph.gateway --force",
            host,
        )
        for host, reasons in answers.items()
        for why in reasons
    ]


def try_out(
    cluster: Cluster,
    *,
    pools: Sequence[str],
    image: str,
    gateways: Mapping[str, str],
    port: int,
    tls: bool,
    swift: bool,
) -> list[Problem]:
    """Blocks and objects at the same time."""
    with ThreadPoolExecutor(2) as workers:
        blocks = workers.submit(block_problems, cluster, pools, image)
        objects = (
            workers.submit(object_problems, cluster, gateways, port=port, tls=tls, swift=swift) if gateways else None
        )
        return blocks.result() + (objects.result() if objects else [])
