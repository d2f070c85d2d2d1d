"""Asks a site's cluster how it is, through the first of its monitors' hosts that answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundplane.ceph.configuration import read_configuration
from groundplane.ceph.understanding import understand
from groundplane.errors import FailedError, InputError
from groundplane.ssh.asking import ask_first

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site
    from groundplane.ssh.asking import HostAnswer
    from groundplane.ssh.connection import SshConnection

MARKER = "groundplane_ceph"
SESSION_FILE = ("ceph", "module_utils", "ceph_session.py")
"""Below the toolkit's roles."""

QUESTIONS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "status": ("mon", "status", {}),
    "health": ("mon", "health", {"detail": "detail"}),
    "mons": ("mon", "mon dump", {}),
    "mgr": ("mon", "mgr dump", {}),
    "versions": ("mon", "versions", {}),
    "time_sync": ("mon", "time-sync-status", {}),
    "osd_dump": ("mon", "osd dump", {}),
    "osd_tree": ("mon", "osd tree", {}),
    "osd_metadata": ("mon", "osd metadata", {}),
    "crush_rules": ("mon", "osd crush rule dump", {}),
    "pools": ("mon", "osd pool ls", {"detail": "detail"}),
    "df": ("mon", "df", {"detail": "detail"}),
    "markers": ("mon", "config-key dump", {"key": "groundplane/"}),
    "osd_df": ("mgr", "osd df", {}),
    "daemons": ("mgr", "orch ps", {}),
    "services": ("mgr", "orch ls", {}),
    "specifications": ("mgr", "orch ls", {"export": True}),
    "hosts": ("mgr", "orch host ls", {}),
    "upgrade": ("mgr", "orch upgrade status", {}),
    "removals": ("mgr", "orch osd rm status", {}),
    "orchestrator": ("mgr", "orch status", {}),
    "crashes": ("mgr", "crash ls-new", {}),
    "filesystems": ("mgr", "fs status", {}),
}
"""Name to the target, the command and its arguments."""

_SCRIPT = """

def _ask_all(questions):
    cluster = find_cluster()
    found = {"groundplane_ceph": 1, "clusters": clusters_here(), "answers": {}, "unanswered": {}}
    if cluster is None:
        return found
    found["fsid"] = cluster.fsid
    try:
        with Session(cluster, seconds=8) as session:
            silent = ""
            for name, (target, command, arguments) in questions.items():
                if target == "mgr" and silent:
                    found["unanswered"][name] = silent
                    continue
                try:
                    answer = session.call(command, target=target, seconds=8, attempts=1, **arguments)
                except CephError as error:
                    found["unanswered"][name] = str(error)
                    if target == "mgr" and error.code in TRANSIENT_CODES:
                        silent = "the manager doesn't answer"
                    continue
                if name == "mgr":
                    silent = "" if answer.get("available") else "no manager is active"
                    # A quarter of a megabyte: the options of all modules.
                    answer["available_modules"] = [
                        {key: entry.get(key) for key in ("name", "can_run", "error_string")}
                        for entry in answer.get("available_modules", [])
                    ]
                    for standby in answer.get("standbys", []):
                        standby.pop("available_modules", None)
                found["answers"][name] = answer
    except CephError as error:
        found["error"] = str(error)
    return found


print(json.dumps(_ask_all(json.loads(QUESTIONS))))
"""


def ask_cluster(site: Site, connection: SshConnection, *, hosts: Sequence[str] | None = None) -> ClusterState:
    """The cluster's state, by one of these hosts (the site's monitors' where None), whichever answers first.

    Raises:
        InputError: none of the hosts has a cluster: the layer isn't applied; or they have another cluster than the
            site's.
        FailedError: there is a cluster, and none of the hosts can speak for it; says why of each.
    """
    configuration = read_configuration(site, strict=False)
    asked = tuple(hosts) if hosts is not None else configuration.mon_hosts
    answer = ask_monitors(
        site,
        asked,
        connection,
        question(site.content.roles),
        marker=MARKER,
        enough=lambda answer: bool(answer.data.get("answers", {}).get("status")),
    )
    data = answer.data
    if configuration.fsid and data["fsid"] != configuration.fsid:
        raise InputError(
            f"{answer.host} belongs to the cluster {data['fsid']}, and the site's is {configuration.fsid}",
            cure="Correct ceph_fsid; or take that cluster over: groundplane ceph adopt",
        )
    return understand(data["answers"], unanswered=data["unanswered"], speaker=answer.host)


def question(roles: Path) -> bytes:
    """The script that a host is asked with: the role's own session, then the questions."""
    session = roles.joinpath(*SESSION_FILE).read_text(encoding="utf-8")
    return f"{session}\n\nQUESTIONS = {json.dumps(QUESTIONS)!r}\n{_SCRIPT}".encode()


def ask_monitors(
    site: Site,
    asked: Sequence[str],
    connection: SshConnection,
    script: bytes,
    *,
    marker: str,
    enough: Callable[[HostAnswer], bool],
) -> HostAnswer:
    """The answer of the first of these hosts that can speak for the cluster.

    Args:
        script: what they run: the role's own session, then questions; `marker` is the key by which its answer is known.
        enough: whether an answer is one.

    Raises:
        InputError: none of the hosts has a cluster: the layer isn't applied.
        FailedError: there is a cluster, and none of the hosts can speak for it; says why of each.
    """
    answers = ask_first(site, asked, connection, marker=marker, script=lambda _host: script, enough=enough)
    found = next((answer for answer in answers.values() if enough(answer)), None)
    if found is None:
        raise nobody_speaks(asked, answers)
    return found


def nobody_speaks(asked: Sequence[str], answers: Mapping[str, HostAnswer]) -> InputError | FailedError:
    """Why none of the hosts could speak for the cluster."""
    reached = [answer for answer in answers.values() if answer.reachable]
    # The few that could be asked needn't be those that have it.
    most = len(reached) * 2 > len(asked)
    if most and not any(answer.data.get("clusters") or answer.data.get("fsid") for answer in reached):
        away = [host for host in asked if host not in {answer.host for answer in reached}]
        rest = f"; {', '.join(away)} can't be reached" if away else ""
        return InputError(
            "This site has no Ceph cluster yet",
            why=f"no daemon of one is on {', '.join(answer.host for answer in reached)}{rest}",
            cure="groundplane apply ceph makes one; groundplane ceph adopt takes over one that runs elsewhere.",
        )
    reasons = [f"{host}: {_reason(answers[host])}" for host in asked if host in answers]
    return FailedError(
        "No host can speak for the Ceph cluster",
        why="; ".join(reasons) or "no host of the site runs a monitor",
        cure="A cluster answers while most of its monitors run. On a host: docker ps, systemctl list-units 'ceph*'; "
        "groundplane status shows which hosts are there.",
    )


def _reason(answer: HostAnswer) -> str:
    if not answer.reachable:
        return answer.error
    if answer.data.get("error"):
        return str(answer.data["error"])
    if answer.data.get("fsid"):
        return "; ".join(str(why) for why in answer.data["unanswered"].values()) or "the cluster doesn't answer"
    clusters = answer.data.get("clusters", ())
    if clusters:
        return f"it has daemons of the cluster {', '.join(clusters)}, but no administrator's key"
    return "it has no cluster"
