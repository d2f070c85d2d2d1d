"""What makes a host a member of the cluster, as far as it is done on the host itself."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

try:
    from ansible.module_utils.ceph_bootstrapping import forget
    from ansible.module_utils.ceph_host_state import MEMBER_NOTE, NOTES, write_note
    from ansible.module_utils.ceph_session import DATA_FOLDER, CephError, run
except ImportError:
    from ceph_bootstrapping import forget
    from ceph_host_state import MEMBER_NOTE, NOTES, write_note
    from ceph_session import DATA_FOLDER, CephError, run

KEPT_RUNNING = ("mon", "mgr", "crash")
"""Types of daemons that the step cluster looks after; other steps look after theirs."""
RESTRICTIONS = "no-agent-forwarding,no-port-forwarding,no-X11-forwarding,no-pty"


def key_line(public_key: str, sources: list[str], fsid: str) -> str:
    """The line of authorized_keys that lets the orchestrator in, from the hosts that run managers alone.

    The orchestrator can't be made to check host keys (its ssh client is told not to); its own key is worth nothing
    from anywhere else.
    """
    kind, _, rest = public_key.partition(" ")
    return f'from="{",".join(sources)}",{RESTRICTIONS} {kind} {rest.split()[0]} ceph-{fsid}\n'


def let_in(account: str, line: str, *, check: bool) -> bool:
    """Makes the line the only one of the account's authorized_keys.

    Raises:
        CephError: there is no such account.
    """
    try:
        user = pwd.getpwnam(account)
    except KeyError as error:
        raise CephError(f"The account {account} isn't there. Cure: groundplane apply ceph.hosts") from error
    folder = Path(user.pw_dir) / ".ssh"
    file = folder / "authorized_keys"
    try:
        if file.read_text(encoding="utf-8") == line:
            return False
    except OSError:
        pass
    if not check:
        folder.mkdir(mode=0o700, exist_ok=True)
        half = file.with_name(".authorized_keys.new")
        half.write_text(line, encoding="utf-8")
        half.chmod(0o600)
        for path in (folder, half):
            os.chown(path, user.pw_uid, user.pw_gid)
        half.replace(file)
    return True


def join(
    fsid: str, public_key: str, *, account: str, sources: list[str], check: bool, notes: Path = NOTES
) -> list[str]:
    """Notes the cluster on the host, lets the orchestrator in, and starts what stands still; what was done, in words.

    Raises:
        CephError: a daemon doesn't start.
    """
    changes = []
    if let_in(account, key_line(public_key, sources, fsid), check=check):
        changes.append(f"the orchestrator let in as {account}, from {', '.join(sources)} alone")
    if check:
        return changes
    if write_note(MEMBER_NOTE, {"fsid": fsid}, notes):
        changes.append(f"noted as a member of the cluster {fsid}")
    # Only now: until the note of the member is there, the one of the bootstrap tells whose cluster this is.
    forget(notes)
    return changes + start_daemons(fsid)


def start_daemons(fsid: str) -> list[str]:
    """Starts the cluster's daemons that are set up here and don't run."""
    there = units(fsid)
    shown = run(["systemctl", "is-active", *there], seconds=30).stdout.split() if there else []
    still = [unit for unit, state in zip(there, shown) if state in ("inactive", "failed")]  # noqa: B905 - 3.9
    if not still:
        return []
    run(["systemctl", "reset-failed", *still], seconds=30)
    done = run(["systemctl", "start", *still], seconds=120)
    if done.returncode != 0:
        raise CephError(
            f"{', '.join(still)} can't be started: {done.stderr.strip().splitlines()[0] if done.stderr else ''}."
            f" Cure: journalctl -u {still[0]}, on the host"
        )
    return [f"{unit.partition('@')[2].removesuffix('.service')} started, which stood still" for unit in still]


def units(fsid: str, data: Path = DATA_FOLDER) -> list[str]:
    """Units of the daemons that the step looks after, for the watch list."""
    names = sorted(path.parent.name for path in (data / fsid).glob("*.*/unit.run"))
    return [f"ceph-{fsid}@{name}.service" for name in names if name.partition(".")[0] in KEPT_RUNNING]
