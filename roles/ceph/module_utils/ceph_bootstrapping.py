"""The first monitor and manager of a cluster, by `cephadm bootstrap`; done once, and well if it is cut off.

cephadm's own process outlives the module: a run that is killed doesn't leave a cluster half made. It holds a lock, so
the next run waits for it and takes over what it made. A bootstrap that did die (the host went down) is told by the
note without the log's last word, and its remains are removed before the next attempt.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
import uuid
from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_host_state import BOOTSTRAP_NOTE, LOCK, NOTES, read_note, write_note
    from ansible.module_utils.ceph_session import CephError, Session, find_cluster, run
    from ansible.module_utils.ceph_texts import initial_conf
except ImportError:
    from ceph_host_state import BOOTSTRAP_NOTE, LOCK, NOTES, read_note, write_note
    from ceph_session import CephError, Session, find_cluster, run
    from ceph_texts import initial_conf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOG = "bootstrap.log"
LAST_WORD = "Bootstrap complete."
SECONDS = 600
CLEAN_SECONDS = 180
LAST_LINES = 8
ENOENT = -2
INITIAL_MODULES = "cephadm iostat nfs"
"""The first manager starts with the orchestrator's module, instead of being restarted to load it."""


def decide(states: Mapping[str, Mapping[str, object]], *, mons: Sequence[str], absent: Sequence[str], fsid: str) -> str:
    """The id of the cluster that is there; empty where one has to be bootstrapped.

    Args:
        states: `cluster_state` of every host that takes part.
        mons: hosts that are to run monitors, in the inventory's order.
        absent: hosts of the layer that weren't asked.
        fsid: what the site says.

    Raises:
        CephError: the hosts contradict each other, or a cluster can't be ruled out.
    """
    members = {host: str(state["member"]) for host, state in states.items() if state["member"]}
    ids = sorted({*members.values(), *([fsid] if fsid else [])})
    if len(ids) > 1:
        said = ", ".join(f"{host}: {member}" for host, member in sorted(members.items()))
        asked = f"; ceph_fsid: {fsid}" if fsid else ""
        raise CephError(
            f"The hosts are members of different clusters ({said}{asked}). Cure: set ceph_fsid to the one that"
            " this site means, and take the other hosts out of Ceph's groups"
        )
    if ids:
        return ids[0]
    begun = {host: str(state["bootstrap"]) for host, state in states.items() if state["bootstrap"]}
    foreign = {
        host: sorted({*_strings(state["clusters"]), str(state["administers"])} - {begun.get(host, ""), ""})
        for host, state in states.items()
    }
    for host, found in foreign.items():
        if found:
            raise CephError(
                f"{host} belongs to the cluster {', '.join(found)}, which this site doesn't know. Cure: groundplane"
                f" ceph adopt --host {host} takes it over"
            )
    if absent:
        raise CephError(
            f"No cluster was found, but {', '.join(absent)} didn't answer or weren't asked, and a second cluster must"
            " never be made. Cure: groundplane apply ceph.cluster --force, with all hosts up"
        )
    if not mons:
        raise CephError("No host is to run a monitor. Cure: put hosts into the group that ceph_mon_group names")
    elsewhere = sorted(set(begun) - {mons[0]})
    if elsewhere:
        raise CephError(
            f"A bootstrap was begun on {', '.join(elsewhere)}, and now it would be {mons[0]}'s turn. Cure: bring"
            f" {elsewhere[0]} back as a monitor's host, or on it: cephadm rm-cluster --force --fsid"
            f" {begun[elsewhere[0]]} && rm {NOTES / BOOTSTRAP_NOTE}"
        )
    return ""


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


class Bootstrap:
    """What `cephadm bootstrap` needs to know."""

    def __init__(
        self,
        *,
        image: str,
        address: str,
        configuration: Mapping[str, Mapping[str, object]],
        program: str = "/usr/local/sbin/cephadm",
        notes: Path = NOTES,
    ) -> None:
        self.image = image
        self.address = address
        self.configuration = configuration
        self.program = program
        self.notes = notes


def bootstrap(asked: Bootstrap) -> tuple[str, list[str]]:
    """Makes the cluster, or takes over the one that a killed run's bootstrap made; its id, and what was done.

    Raises:
        CephError: cephadm failed; what it said last, and where the whole log is.
    """
    asked.notes.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (asked.notes / LOCK).open("a") as lock:
        _wait_for_lock(lock.fileno())
        begun = read_note(BOOTSTRAP_NOTE, asked.notes).get("fsid", "")
        if begun and _complete(asked.notes):
            changes = [f"took over the cluster {begun}, which a run that was cut off had made"]
        else:
            changes = []
            if begun:
                _remove(asked, begun)
                changes.append(f"removed what was left of the bootstrap of {begun}, which was cut off")
            begun = str(uuid.uuid1())
            _bootstrap(asked, begun, lock.fileno())
            changes.append(f"made the cluster {begun}")
        return begun, changes


def forget(notes: Path = NOTES) -> None:
    """Removes the note: from now on the host is a member like others."""
    (notes / BOOTSTRAP_NOTE).unlink(missing_ok=True)


def _wait_for_lock(descriptor: int) -> None:
    """cephadm of a run that was killed may still be at work; its process holds the lock as long as it lives."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise CephError(
                    f"Another bootstrap has been at work on this host for {SECONDS} seconds. Cure: ps -ef | grep"
                    " 'cephadm.*bootstrap', on the host; end it, then groundplane apply --resume"
                ) from error
            time.sleep(0.5)
        else:
            return


def _complete(notes: Path) -> bool:
    try:
        return LAST_WORD in (notes / LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _remove(asked: Bootstrap, fsid: str) -> None:
    done = run([asked.program, "rm-cluster", "--force", "--fsid", fsid], seconds=CLEAN_SECONDS)
    if done.returncode != 0:
        raise CephError(
            f"What was left of a bootstrap can't be removed: {_last(done.stderr)}. Cure: on the host, cephadm"
            f" rm-cluster --force --fsid {fsid}"
        )


def _bootstrap(asked: Bootstrap, fsid: str, lock: int) -> None:
    initial = asked.notes / "initial.conf"
    log = asked.notes / LOG
    monitors = {"mgr_initial_modules": INITIAL_MODULES, **asked.configuration.get("mon", {})}
    initial.write_text(initial_conf({**asked.configuration, "mon": monitors}), encoding="utf-8")
    log.unlink(missing_ok=True)
    write_note(BOOTSTRAP_NOTE, {"fsid": fsid}, asked.notes)
    words = [
        *(asked.program, "--image", asked.image, "bootstrap", "--fsid", fsid, "--mon-ip", asked.address),
        *("--config", str(initial), "--allow-overwrite", "--skip-pull", "--skip-monitoring-stack", "--skip-dashboard"),
        # The way to the hosts, keys and services are set up for all hosts at once when there is a manager to ask.
        *("--skip-firewalld", "--skip-ssh", "--skip-admin-label"),
    ]
    with os.fdopen(os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as output:
        # A session of its own: what ends this module's process leaves cephadm to finish.
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
        )
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise CephError(f"cephadm bootstrap took longer than {SECONDS} seconds; its log is {log}") from error
    if code != 0 or not _complete(asked.notes):
        said = _last(log.read_text(encoding="utf-8", errors="replace"))
        raise CephError(f"cephadm bootstrap ended with {code}: {said}. Its log on the host: {log}")


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR", "Error", "RuntimeError"))]
    return " / ".join(errors[-1:] or lines[-LAST_LINES:]) or "it said nothing"


def public_key() -> str:
    """The orchestrator's public ssh key; made where it has none yet.

    Raises:
        CephError: the cluster doesn't answer.
    """
    cluster = find_cluster()
    if cluster is None:
        raise CephError(
            "This host has no administrator's key of the cluster. Cure: on a host that has it, ceph orch host label"
            " add THIS_HOST _admin"
        )
    with Session(cluster) as session:
        try:
            return session.text("cephadm get-pub-key", target="mgr").strip()
        except CephError as error:
            if error.code != ENOENT:
                raise
        session.text("cephadm generate-key", target="mgr")
        return session.text("cephadm get-pub-key", target="mgr").strip()
