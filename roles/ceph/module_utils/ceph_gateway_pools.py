"""The pools of the object gateways.

A gateway makes those that it lacks by itself, one after the other while its first users wait, and all of one kind. Here
they are made ahead, side by side, and those that the site names are kept as it says: the data's may have parity, or lie
on a device class of its own. Pools that are there and that the site doesn't name stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ceph_pool import Change, Pool
    from ceph_session import Cluster, Session

try:
    from ansible.module_utils.ceph_pool import plan_pools, read_pool
    from ansible.module_utils.ceph_pool_work import look, make_pools
    from ansible.module_utils.ceph_session import CephError
except ImportError:
    from ceph_pool import plan_pools, read_pool
    from ceph_pool_work import look, make_pools
    from ceph_session import CephError

DATA = "default.rgw.buckets.data"
STANDARD = (
    ".rgw.root",
    "default.rgw.log",
    "default.rgw.control",
    "default.rgw.meta",
    "default.rgw.buckets.index",
    DATA,
    "default.rgw.buckets.non-ec",
)
"""Those of the zone that there is without any realm (radosgw/pools)."""


def plan(
    session: Session, written: Sequence[Mapping[str, object]], defaults: Mapping[str, object]
) -> tuple[list[Pool], list[Change], list[str]]:
    """The pools, what is to change about them, and why that can't be."""
    common = {**defaults, "application": "rgw"}
    pools, problems = [], []
    for row in written:
        pool, wrong = read_pool(dict(row), common)
        pools += [pool] if pool else []
        problems += wrong
    named = {row["name"] for row in written}
    there = look(session, []).pools
    for name in STANDARD:
        if name not in named and name not in there:
            pool, wrong = read_pool({"name": name, **({"bulk": True} if name == DATA else {})}, common)
            pools += [pool] if pool else []
            problems += wrong
    changes, refused = plan_pools(pools, look(session, pools))
    return pools, changes, [*problems, *refused]


def set_up(
    cluster: Cluster,
    session: Session,
    written: Sequence[Mapping[str, object]],
    defaults: Mapping[str, object],
    *,
    check: bool,
) -> list[str]:
    """Makes and changes them; says it in sentences.

    Raises:
        CephError: a pool can't be as the site asks; nothing was changed.
    """
    pools, changes, problems = plan(session, written, defaults)
    if problems:
        raise CephError(f"{' '.join(problems)} Cure: correct ceph_gateway_pools or ceph_pool_defaults")
    if changes and not check:
        make_pools(cluster, session, pools, changes)
    return [change.sentence for change in changes]
