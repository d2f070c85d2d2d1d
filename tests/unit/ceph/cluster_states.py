"""States of a real cluster of three nodes (Ceph 18.2.7 by cephadm) from its own answers, and ways to change them.

The answers are in cluster.json beside this file: monitors, managers, crash and a gateway on each of node1, node2 and
node3, an OSD on each one's loop device, the gateways' own pools, and volumes and images.
"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.ceph.state import ClusterState, Health, Osd
from groundplane.ceph.understanding import understand

if TYPE_CHECKING:
    from collections.abc import Callable

FSID = "70b3c8a6-e58e-11f1-a6ba-0267ac1f010b"
DIGEST = "sha256:d1562b6d2c6c489119e8889a7bfb39f88acea47c28f9f6b310e8ccabdda6a2c3"
IMAGE = f"manager.dev.test:5000/groundplane/ceph@{DIGEST}"
"""What all daemons of the cluster run."""


@cache
def _answers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "cluster.json").read_text(encoding="utf-8"))
    return found


def answers() -> dict[str, Any]:
    """The cluster's own answers, keyed as in `groundplane.ceph.asking.QUESTIONS`; a copy that may be changed."""
    return copy.deepcopy(_answers())


def healthy(change: Callable[[dict[str, Any]], None] | None = None, **fields: Any) -> ClusterState:
    """The cluster as it was: all daemons run, all is clean. `change` alters the answers first, `fields` the state."""
    raw = answers()
    if change is not None:
        change(raw)
    return replace(understand(raw, speaker="node1"), **fields)


def host_down(host: str = "node3") -> ClusterState:
    """A node is off: its monitor left the quorum, its OSD is down but still in, its daemons don't run."""
    state = healthy()
    return replace(
        state,
        health=Health(
            "HEALTH_WARN",
            {
                "MON_DOWN": f"1/3 mons down, quorum {','.join(mon.name for mon in state.mons if mon.name != host)}",
                "OSD_DOWN": "1 osds down",
                "OSD_HOST_DOWN": "1 host (1 osds) down",
                "PG_DEGRADED": "Degraded data redundancy: 192/576 objects degraded (33.333%), 33 pgs degraded",
            },
            {"OSD_DOWN": tuple(f"{osd.name} (root=default,host={host}) is down" for osd in state.osds_of(host))},
            {"MON_DOWN": "HEALTH_WARN", "OSD_DOWN": "HEALTH_WARN"},
        ),
        mons=tuple(replace(mon, in_quorum=mon.in_quorum and mon.name != host) for mon in state.mons),
        mgr_standbys=tuple(name for name in state.mgr_standbys if not name.startswith(f"{host}.")),
        osds=tuple(replace(osd, up=osd.up and osd.host != host) for osd in state.osds),
        hosts=tuple(replace(one, status="offline") if one.name == host else one for one in state.hosts),
        daemons=tuple(replace(one, status="error") if one.host == host else one for one in state.daemons),
        pg_states={"active+undersized+degraded": 33},
    )


def osd_down(id_: int = 1, *, in_: bool = False) -> ClusterState:
    """One OSD's disk died: down, and out after a while; recovered as far as two hosts allow."""
    state = healthy()
    return replace(
        state,
        health=Health("HEALTH_WARN", {"OSD_DOWN": "1 osds down"}, {"OSD_DOWN": (f"osd.{id_} is down",)}),
        osds=tuple(
            replace(osd, up=False, in_=in_, reweight=1.0 if in_ else 0.0) if osd.id == id_ else osd
            for osd in state.osds
        ),
        daemons=tuple(replace(one, status="error") if one.name == f"osd.{id_}" else one for one in state.daemons),
        pg_states={"active+undersized+degraded": 33},
    )


def with_osds(*more: Osd) -> ClusterState:
    """The cluster with more OSDs."""
    state = healthy()
    return replace(state, osds=(*state.osds, *more))
