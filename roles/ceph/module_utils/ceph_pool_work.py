"""Makes the pools that `ceph_pool` planned, many at a time.

A monitor gathers what changes the OSD map for about a second before it proposes it (paxos_propose_interval): commands
one after the other cost a second each, side by side a second in all.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

try:
    from ansible.module_utils.ceph_pool import Change, Pool, Standing, plan_pools, standing
    from ansible.module_utils.ceph_rbd import initialise_pools
    from ansible.module_utils.ceph_session import Cluster, Session
except ImportError:
    from ceph_pool import Change, Pool, Standing, plan_pools, standing
    from ceph_rbd import initialise_pools
    from ceph_session import Cluster, Session

SIDE_BY_SIDE = 6
"""Connections; each is a small process in one of the cluster's containers."""


def look(session: Session, wanted: list[Pool]) -> Standing:
    """How the cluster's pools are."""
    osds, crush = session.call("osd dump"), session.call("osd crush dump")
    there = {pool["pool_name"] for pool in osds["pools"]}
    asked = [pool.name for pool in wanted if pool.settings and pool.name in there]
    return standing(osds, crush, {name: session.call("osd pool get", pool=name, var="all") for name in asked})


def make_pools(cluster: Cluster, session: Session, wanted: list[Pool], changes: list[Change]) -> None:
    """Carries the changes out, then whatever a new pool still lacks: Ceph gives it some of what is asked for by itself.

    Raises:
        CephError: the cluster refused something, or a new pool can't be written to.
    """
    _carry_out(cluster, session, changes)
    if any(change.made for change in changes):
        rest, _ = plan_pools(wanted, look(session, wanted))
        _carry_out(cluster, session, rest)


def _carry_out(cluster: Cluster, session: Session, changes: list[Change]) -> None:
    for change in changes:
        if not change.pool:
            _send(session, [change])
    by_pool: dict[str, list[Change]] = {}
    for change in changes:
        if change.pool and change.commands:
            by_pool.setdefault(change.pool, []).append(change)
    queue = list(by_pool.values())
    if len(queue) == 1:
        _send(session, queue[0])
    elif queue:

        def work(share: list[list[Change]]) -> None:
            with Session(cluster) as own:
                for of_pool in share:
                    _send(own, of_pool)

        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            shares = [queue[start::SIDE_BY_SIDE] for start in range(min(SIDE_BY_SIDE, len(queue)))]
            list(threads.map(work, shares))
    fresh = [change.pool for change in changes if change.initialise]
    if fresh:
        initialise_pools(cluster, fresh)


def _send(session: Session, changes: list[Change]) -> None:
    for change in changes:
        for command in change.commands:
            session.text(command.prefix, **command.arguments)
