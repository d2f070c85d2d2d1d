"""What is left of a node in RabbitMQ, OVN and Cinder, taken out by a node that stays.

Sources: RabbitMQ's documentation, "Clustering Guide" (forget_cluster_node) and "Quorum Queues" (shrink);
ovsdb-server(1) (cluster/kick); ovn-sbctl(8) (chassis-del); Cinder's documentation, cinder-manage (service remove,
volume update_host).
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

try:
    from ansible.module_utils.openstack_node_running import NodeError, must
except ImportError:
    from openstack_node_running import NodeError, must

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Run = Callable[..., tuple[int, str, str]]

RAFT = {"ovn_nb_db": ("ovnnb_db", "OVN_Northbound"), "ovn_sb_db": ("ovnsb_db", "OVN_Southbound")}
LEAVE_SECONDS = 60


class Forgetting:
    """Of one node, from this one. Each method gives what it changed, or would change, in sentences."""

    def __init__(
        self,
        run: Run,
        engine: str,
        node: Mapping[str, Any],
        *,
        check: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`node` has name, names (all that it is known by) and address (its own for other nodes)."""
        self._run = run
        self._engine = engine
        self._node = node
        self._check = check
        self._sleep = sleep

    def _exec(self, container: str, *words: str) -> tuple[int, str, str]:
        return self._run(self._engine, "exec", container, *words)

    def queues(self) -> list[str]:
        """Quorum queues lose their replica on the node, so that they count right without it."""
        member = f"rabbit@{self._node['name']}"
        if member not in self._rabbit()[0]:
            return []
        if not self._check:
            must(self._exec("rabbitmq", "rabbitmq-queues", "shrink", member), f"RabbitMQ keeps replicas on {member}")
        return [f"queues have no replica on {member} any more"]

    def rabbit(self) -> list[str]:
        """The member, which has stopped, is forgotten."""
        member = f"rabbit@{self._node['name']}"
        known, running = self._rabbit()
        if member not in known:
            return []
        if member in running and not self._check:
            raise NodeError(f"{member} still runs; stop it first: systemctl stop kolla-rabbitmq-container")
        if not self._check:
            must(self._exec("rabbitmq", "rabbitmqctl", "forget_cluster_node", member), f"RabbitMQ keeps {member}")
        return [f"RabbitMQ forgot {member}"]

    def _rabbit(self) -> tuple[list[str], list[str]]:
        told = must(
            self._exec("rabbitmq", "rabbitmqctl", "cluster_status", "--formatter", "json"), "RabbitMQ doesn't answer"
        )
        status = json.loads(told[told.index("{") :])
        return status.get("disk_nodes", []) + status.get("ram_nodes", []), status.get("running_nodes", [])

    def raft(self, container: str) -> list[str]:
        """The node's member leaves a database of OVN's while there are enough others."""
        socket, database = RAFT[container]
        control = f"/run/ovn/{socket}.ctl"

        def members() -> dict[str, str]:
            code, told, errors = self._exec(container, "ovn-appctl", "-t", control, "cluster/status", database)
            if code != 0 and "is not clustered" in errors + told:
                return {}
            return servers(must((code, told, errors), f"{database} doesn't answer"))

        there = [id_ for id_, address in members().items() if address == self._node["address"]]
        for id_ in there:
            if self._check:
                continue
            must(self._exec(container, "ovn-appctl", "-t", control, "cluster/kick", database, id_), database)
            for _ in range(LEAVE_SECONDS):
                if id_ not in members():
                    break
                self._sleep(1)
            else:
                raise NodeError(f"{database}: the member of {self._node['name']} doesn't leave; have most others run")
        return [f"{self._node['name']} left {database}"] if there else []

    def chassis(self) -> list[str]:
        """OVN's record of the node, so that nothing is bound to it and no agent of it is told."""
        control = ("ovn-sbctl", "--no-leader-only", "--db=unix:/run/ovn/ovnsb_db.sock")
        changes = []
        for table in ("Chassis", "Chassis_Private"):
            told = must(
                self._exec(
                    "ovn_sb_db",
                    *control,
                    "--format=json",
                    f"--columns=name{',hostname' if table == 'Chassis' else ''}",
                    "list",
                    table,
                ),
                "OVN's southbound database doesn't answer",
            )
            for row in json.loads(told)["data"]:
                if not set(row) & set(self._node["names"]):
                    continue
                name = row[0]
                changes.append(f"OVN forgot the {table} {name}")
                if self._check:
                    continue
                words = ("chassis-del", name) if table == "Chassis" else ("destroy", table, name)
                must(self._exec("ovn_sb_db", *control, "--if-exists", *words), f"OVN keeps the {table} {name}")
        return changes

    def cinder(self) -> list[str]:
        """Volumes get another keeper of the same backend, and the node's services are forgotten."""
        changes = []
        services = cinder_services(
            must(self._exec("cinder_api", "cinder-manage", "service", "list"), "Cinder doesn't answer")
        )
        for binary, host in services:
            name, _, backend = host.partition("@")
            if name not in self._node["names"]:
                continue
            if binary == "cinder-volume":
                keepers = [
                    other
                    for kind, other in services
                    if kind == binary and other != host and other.partition("@")[2] == backend
                ]
                if not keepers:
                    raise NodeError(f"no other cinder-volume keeps the volumes of {host}; deploy one elsewhere first")
                changes.append(f"volumes of {host} are kept by {keepers[0]}")
                if not self._check:
                    words = ("--currenthost", f"{host}#{backend}", "--newhost", f"{keepers[0]}#{backend}")
                    must(self._exec("cinder_api", "cinder-manage", "volume", "update_host", *words), "Cinder refuses")
            changes.append(f"Cinder forgot {binary} on {host}")
            if not self._check:
                must(self._exec("cinder_api", "cinder-manage", "service", "remove", binary, host), "Cinder refuses")
        return changes


def servers(told: str) -> dict[str, str]:
    """Server id to address, of what `cluster/status` prints."""
    found = {}
    for line in told.splitlines():
        match = re.match(r"\s+(\w+) \(\1 at \w+:\[?([0-9A-Fa-f.:]+?)\]?:\d+\)", line)
        if match:
            found[match.group(1)] = match.group(2)
    return found


def cinder_services(told: str) -> list[tuple[str, str]]:
    """Binary and host of each row that `cinder-manage service list` prints."""
    rows = (line.split() for line in told.splitlines() if line.startswith("cinder-"))
    return [(row[0], row[1]) for row in rows if len(row) > 1]
