"""How pools, users and file systems stand that the site names: what a plan compares with what its steps left.

What Ceph changes by itself (the number of placement groups, where its autoscaler is on) isn't looked at.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundplane.ceph.asking import SESSION_FILE, ask_monitors
from groundplane.ceph.configuration import read_configuration
from groundplane.layers.standing import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

MARKER = "groundplane_standing"
MISSING = "missing"
_ERASURE = 3
_POOL = ("pool_name", "type", "size", "min_size", "pg_autoscale_mode", "quota_max_bytes", "application_metadata")
"""Of what `osd dump` says of a pool."""

_SCRIPT = """

def _stand(wanted):
    found = {"groundplane_standing": 1, "clusters": clusters_here(), "unanswered": {}}
    cluster = find_cluster()
    if cluster is None:
        return found
    found["fsid"] = cluster.fsid
    try:
        with Session(cluster, seconds=8) as session:
            dump = session.call("osd dump", seconds=8, attempts=2)
            rules = {rule["rule_id"]: rule["rule_name"] for rule in session.call("osd crush rule dump", seconds=8)}
            users = session.call("auth ls", seconds=8)["auth_dump"]
            files = session.call("fs dump", seconds=8)["filesystems"]
    except CephError as error:
        found["error"] = str(error)
        return found
    found["pools"] = [
        {"rule": rules.get(pool["crush_rule"], ""), **{key: pool[key] for key in wanted}} for pool in dump["pools"]
    ]
    # Keys stay on the host.
    found["users"] = {user["entity"]: user["caps"] for user in users}
    found["filesystems"] = [
        {key: one["mdsmap"][key] for key in ("fs_name", "max_mds", "standby_count_wanted")} for one in files
    ]
    return found


print(json.dumps(_stand(json.loads(WANTED))))
"""


def standing(site: Site, connection: SshConnection, steps: Sequence[str]) -> dict[str, dict[str, str]]:
    """Step to items, asked of the first of the monitors' hosts that answers.

    Raises:
        InputError: there is no cluster yet.
        FailedError: no host can speak for the cluster.
    """
    configuration = read_configuration(site)
    script = question(site.content.roles)
    found = ask_monitors(
        site,
        configuration.mon_hosts,
        connection,
        script,
        marker=MARKER,
        enough=lambda answer: "pools" in answer.data,
    )
    everything = understand(configuration, found.data)
    return {step: everything[step] for step in steps}


def question(roles: Path) -> bytes:
    """The script that a host is asked with."""
    session = roles.joinpath(*SESSION_FILE).read_text(encoding="utf-8")
    return f"{session}\n\nWANTED = {json.dumps(_POOL)!r}\n{_SCRIPT}".encode()


def understand(configuration: CephConfiguration, found: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Step to items; of what the site names, and nothing else."""
    pools = {pool["pool_name"]: pool for pool in found["pools"]}
    filesystems = {one["fs_name"]: one for one in found["filesystems"]}
    users = [user for user in configuration.users if configuration.filesystems or not user.only_with_filesystems]
    return {
        "ceph.pools": {f"{PREFIX}pool {pool.name}": _pool(pools.get(pool.name)) for pool in configuration.pools},
        "ceph.users": {f"{PREFIX}user {user.name}": _user(found["users"].get(f"client.{user.name}")) for user in users},
        "ceph.filesystems": {
            f"{PREFIX}file system {one.name}": _filesystem(filesystems.get(one.name), one.name, pools)
            for one in configuration.filesystems
        },
    }


def _pool(pool: Mapping[str, Any] | None) -> str:
    if pool is None:
        return MISSING
    kind = "parts" if pool["type"] == _ERASURE else "copies"
    words = [f"{pool['size']} {kind}, {pool['min_size']} at least", f"rule {pool['rule']}"]
    words += [f"autoscale {pool['pg_autoscale_mode']}", f"for {', '.join(sorted(pool['application_metadata']))}"]
    if pool["quota_max_bytes"]:
        words.append(f"{pool['quota_max_bytes']} bytes at most")
    return "; ".join(words)


def _user(caps: Mapping[str, str] | None) -> str:
    if caps is None:
        return MISSING
    return "; ".join(f"{service} {' '.join(text.split())}" for service, text in sorted(caps.items()))


def _filesystem(one: Mapping[str, Any] | None, name: str, pools: Mapping[str, Mapping[str, Any]]) -> str:
    if one is None:
        return MISSING
    data = _pool(pools.get(f"cephfs.{name}.data"))
    return f"{one['max_mds']} active; {one['standby_count_wanted']} standing by; data: {data}"
