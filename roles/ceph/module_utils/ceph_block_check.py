"""Writes through RBD and reads back, compared by checksum: what a virtual machine's disk would see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

try:
    from ansible.module_utils.ceph_session import CephError, Cluster, place, run
except ImportError:
    from ceph_session import CephError, Cluster, place, run

IMAGE = "groundplane-verify"
AGENT = r"""
import hashlib, json, os, sys
from concurrent.futures import ThreadPoolExecutor
import rados, rbd
given = json.loads(sys.stdin.readline())
answers = {}

def write_and_read(context, name):
    tool = rbd.RBD()
    try:
        tool.remove(context, name)
    except rbd.ImageNotFound:
        pass
    body = os.urandom(given["size"])
    tool.create(context, name, 4 << 20, order=22, old_format=False, features=1)
    try:
        with rbd.Image(context, name) as image:
            image.write(body, 0)
            image.flush()
        with rbd.Image(context, name, read_only=True) as image:
            read = image.read(0, len(body))
    finally:
        tool.remove(context, name)
    same = hashlib.sha256(read).digest() == hashlib.sha256(body).digest()
    return "" if same else "what was read isn't what was written"

def check(pool):
    try:
        with cluster.open_ioctx(pool) as context:
            return pool, write_and_read(context, given["image"])
    except (rados.Error, rbd.Error) as error:
        late = abs(getattr(error, "errno", 0) or 0) == 110
        return pool, "no answer within %s seconds" % given["seconds"] if late else str(error)

try:
    cluster = rados.Rados(conffile="", name="client.admin", conf=given["conf"])
    cluster.connect(timeout=given["seconds"])
    with ThreadPoolExecutor(8) as workers:
        answers = dict(workers.map(check, given["pools"]))
except rados.Error as error:
    answers[""] = str(error)
print(json.dumps(answers), flush=True)
os._exit(0)
"""
SECONDS = 5
SIZE = 65536


def check_pools(cluster: Cluster, pools: Sequence[str], *, image: str = "", seconds: int = SECONDS) -> dict[str, str]:
    """Why a pool can't be written to and read from, by pool; empty where it can.

    The pool "" stands for the cluster, where it can't be reached.

    The image is removed again; where that fails too, the next check begins with removing it.

    Raises:
        CephError: there is no container to work in, or it ended without a word.
    """
    asked = {
        "pools": list(pools),
        "image": IMAGE,
        "seconds": seconds,
        "size": SIZE,
        "conf": {
            "mon_host": cluster.mon_host,
            "key": cluster.key,
            "client_mount_timeout": str(seconds),
            "rados_osd_op_timeout": str(seconds),
            "rados_mon_op_timeout": str(seconds),
        },
    }
    words = [*place(cluster.fsid, image), "python3", "-c", AGENT]
    done = run(words, data=json.dumps(asked) + "\n", seconds=seconds * 6)
    lines = done.stdout.strip().splitlines()
    if not lines:
        said = done.stderr.strip().splitlines()
        raise CephError(f"RBD can't be tried: {said[-1] if said else f'exit code {done.returncode}'}")
    return dict(json.loads(lines[-1]))
