"""RBD by the cluster's own libraries, in one of its containers: for what monitors have no command for."""

from __future__ import annotations

import json

try:
    from ansible.module_utils.ceph_session import CephError, Cluster, run_beside
except ImportError:
    from ceph_session import CephError, Cluster, run_beside

SECONDS = 60
"""For one object; a pool whose placement groups don't become active would wait for ever."""
_INITIALISE = r"""
import json, sys
from concurrent.futures import ThreadPoolExecutor
import rados, rbd
given = json.loads(sys.stdin.readline())
failed = {}
with rados.Rados(conffile="", name="client.admin", conf=given["conf"]) as cluster:
    def initialise(pool):
        try:
            with cluster.open_ioctx(pool) as ioctx:
                rbd.RBD().pool_init(ioctx, False)
        except (rados.Error, rbd.Error) as error:
            failed[pool] = str(error)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(initialise, given["pools"]))
print(json.dumps(failed))
"""


def initialise_pools(cluster: Cluster, pools: list[str], *, image: str = "") -> None:
    """What `rbd pool init` does, for all pools by one connection.

    Raises:
        CephError: a pool couldn't be written to.
    """
    conf = {
        "mon_host": cluster.mon_host,
        "key": cluster.key,
        "rados_osd_op_timeout": str(SECONDS),
        "rados_mon_op_timeout": str(SECONDS),
    }
    given = json.dumps({"conf": conf, "pools": pools})
    done = run_beside(cluster, ["python3", "-c", _INITIALISE], data=given + "\n", image=image, seconds=SECONDS * 3)
    if done.returncode != 0:
        raise CephError(f"The pools can't be prepared for RBD: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    failed = json.loads(done.stdout.splitlines()[-1])
    if failed:
        told = "; ".join(f"{pool}: {why}" for pool, why in failed.items())
        raise CephError(
            f"Pools were made and can't be written to, so RBD isn't ready on them ({told}). Are enough OSDs up? "
            "groundplane ceph status"
        )
