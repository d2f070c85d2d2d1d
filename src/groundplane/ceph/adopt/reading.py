"""Asks a host of an existing cluster for all that adopting needs. No key leaves the host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.ceph.asking import SESSION_FILE
from groundplane.ceph.understanding import understand
from groundplane.errors import FailedError, InputError
from groundplane.ssh.asking import ask_hosts

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.ceph.adopt.part import Answers
    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

MARKER = "groundplane_adopt"
SECONDS = 30
"""One command; the orchestrator may be busy."""

QUESTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "status": ("mon", "status", {}),
    "health": ("mon", "health", {"detail": "detail"}),
    "mons": ("mon", "mon dump", {}),
    "versions": ("mon", "versions", {}),
    "config": ("mon", "config dump", {}),
    "config_keys": ("mon", "config-key ls", {}),
    "osd_dump": ("mon", "osd dump", {}),
    "osd_tree": ("mon", "osd tree", {}),
    "osd_metadata": ("mon", "osd metadata", {}),
    "crush_rules": ("mon", "osd crush rule dump", {}),
    "pools": ("mon", "osd pool ls", {"detail": "detail"}),
    "filesystem_map": ("mon", "fs dump", {}),
    "users": ("mon", "auth ls", {}),
    "orchestrator": ("mgr", "orch status", {}),
    "hosts": ("mgr", "orch host ls", {}),
    "services": ("mgr", "orch ls", {"export": True}),
    "daemons": ("mgr", "orch ps", {}),
    "account": ("mgr", "cephadm get-user", {}),
}
"""Name to the target, the command and its arguments; all of them have to be answered."""

_SCRIPT = """

def _ask_all(questions):
    found = {"groundplane_adopt": 1, "clusters": clusters_here(), "answers": {}}
    cluster = find_cluster()
    if cluster is None:
        return found
    found["fsid"] = cluster.fsid
    try:
        with Session(cluster) as session:
            for name, (target, command, arguments) in questions.items():
                if found["answers"].get("orchestrator", {}).get("backend", "cephadm") != "cephadm":
                    break
                found["answers"][name] = session.call(command, target=target, seconds=SECONDS_EACH, **arguments)
    except CephError as error:
        found["error"] = str(error)
    for user in found["answers"].get("users", {}).get("auth_dump", []):
        user.pop("key", None)
        user.pop("pending_key", None)
    return found


print(json.dumps(_ask_all(json.loads(QUESTIONS))))
"""


@dataclass(frozen=True, slots=True)
class Existing:
    """A cluster that runs, as one of its hosts tells it."""

    host: str
    clusters: tuple[str, ...]
    """All clusters that have daemons on this host."""
    state: ClusterState
    answers: Answers


def read_existing(site: Site, connection: SshConnection, host: str) -> Existing:
    """What runs, by the host that a person named.

    Raises:
        InputError: the host has no cluster or no administrator's key, several clusters, or not one of cephadm's.
        FailedError: the host can't be reached, or its cluster doesn't answer.
    """
    script = question(site.content.roles)
    answer = ask_hosts(site, [host], connection, marker=MARKER, script=lambda _host: script)[host]
    if not answer.reachable:
        raise FailedError(
            f"{host} can't be asked",
            why=answer.error,
            cure=f"The bootstrap layer opens a host to the engine: groundplane apply bootstrap --limit {host}",
        )
    clusters = tuple(answer.data["clusters"])
    _refuse(host, clusters, answer.data)
    return Existing(host, clusters, understand(answer.data["answers"], speaker=host), answer.data["answers"])


def question(roles: Path) -> bytes:
    """The script that a host is asked with: the role's own session, then the questions."""
    session = roles.joinpath(*SESSION_FILE).read_text(encoding="utf-8")
    return f"{session}\n\nSECONDS_EACH = {SECONDS}\nQUESTIONS = {json.dumps(QUESTIONS)!r}\n{_SCRIPT}".encode()


def _refuse(host: str, clusters: tuple[str, ...], data: Answers) -> None:
    if not data.get("fsid"):
        raise InputError(
            f"{host} can't speak for a Ceph cluster",
            why="it has no /etc/ceph/ceph.conf with the administrator's keyring beside it"
            if clusters
            else "no daemon of a cluster that cephadm made is on it",
            cure="Name a host where `cephadm shell -- ceph status` answers. A cluster that other tools made is first "
            "converted with cephadm, see Ceph's documentation: Converting an existing cluster to cephadm.",
        )
    if len(clusters) > 1:
        raise InputError(
            f"{host} has daemons of several clusters: {', '.join(clusters)}",
            why="a site has one cluster, and its hosts belong to it alone",
            cure="What is left of a cluster that is gone: cephadm rm-cluster --force --fsid FSID on the host.",
        )
    if data.get("error"):
        raise FailedError(
            f"The cluster of {host} doesn't answer",
            why=str(data["error"]),
            cure="Adopt a cluster that is well: `cephadm shell -- ceph status` on the host says more.",
        )
    backend = data["answers"]["orchestrator"].get("backend")
    if backend != "cephadm":
        raise InputError(
            f"The cluster of {host} isn't looked after by cephadm",
            why=f"its orchestrator is {backend or 'none'}",
            cure="Convert it with cephadm first, see Ceph's documentation: Converting an existing cluster to cephadm.",
        )
