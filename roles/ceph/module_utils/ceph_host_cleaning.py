"""Takes off a host what a cluster that it left has put there. Disks are never touched."""

from __future__ import annotations

import json
import pwd
from pathlib import Path

try:
    from ansible.module_utils.ceph_session import CephError, run
except ImportError:
    from ceph_session import CephError, run

NOTES = Path("/var/lib/groundplane")
"""What the toolkit remembers on a host: below ceph/ of the cluster, below watch/ of steps that were applied."""
CONF = Path("/etc/ceph")
DATA = Path("/var/lib/ceph")


def running_daemons(fsid: str) -> list[str]:
    """Containers of the cluster that run here.

    Raises:
        CephError: the container engine doesn't answer.
    """
    shown = run(["docker", "ps", "--filter", f"name=ceph-{fsid}-", "--format", "{{.Names}}"], seconds=30)
    if shown.returncode != 0:
        raise CephError(f"docker ps: {shown.stderr.strip()}")
    return sorted(shown.stdout.split())


def clean(fsid: str, account: str, program: str, *, check: bool, notes: Path = NOTES, data: Path = DATA) -> list[str]:
    """Removes what is there; says what it was.

    Raises:
        CephError: a daemon of the cluster still runs here, or cephadm failed.
    """
    running = running_daemons(fsid)
    if running:
        raise CephError(f"{', '.join(running)} still {'runs' if len(running) == 1 else 'run'} here")
    changes = []
    if (data / fsid).exists() or _names(CONF / "ceph.conf", fsid):
        if not check:
            _cephadm(program, fsid)
        changes.append("the cluster's files, keys and units")
    authorized = _authorized_keys(account)
    if authorized is not None and (kept := _without_key(authorized, fsid)) is not None:
        if not check:
            authorized.write_text(kept, encoding="utf-8")
        changes.append("the orchestrator's key")
    for path in _notes(fsid, notes):
        if not check:
            path.unlink()
        changes.append(f"the note {path.relative_to(notes)}")
    return changes


def _cephadm(program: str, fsid: str) -> None:
    done = run([program, "rm-cluster", "--force", "--fsid", fsid], seconds=300)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise CephError(f"cephadm rm-cluster: {lines[-1] if lines else 'it failed without a word'}")


def _names(path: Path, fsid: str) -> bool:
    try:
        return fsid in path.read_text(encoding="utf-8")
    except OSError:
        return False


def _authorized_keys(account: str) -> Path | None:
    try:
        path = Path(pwd.getpwnam(account).pw_dir) / ".ssh" / "authorized_keys"
    except KeyError:
        return None
    return path if path.is_file() else None


def _without_key(path: Path, fsid: str) -> str | None:
    """The file's text without the cluster's key (its comment is ceph-FSID); None where it isn't in it."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.rstrip().endswith(f"ceph-{fsid}")]
    return None if len(kept) == len(lines) else "".join(kept)


def _notes(fsid: str, notes: Path) -> list[Path]:
    """What would say that the host is still a member: the note of its cluster, and watch lists of the layer's steps."""
    found = sorted((notes / "watch").glob("ceph.*.json"))
    member = notes / "ceph" / "cluster.json"
    try:
        if json.loads(member.read_text(encoding="utf-8")).get("fsid") == fsid:
            found.append(member)
    except (OSError, ValueError):
        pass
    return found
