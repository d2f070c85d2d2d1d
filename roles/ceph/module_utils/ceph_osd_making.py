"""Makes OSDs of a host's disks: prepares them with ceph-volume and starts their daemons, as cephadm does it itself.

The orchestrator prepares OSDs one after another and holds up everything else meanwhile; here each host does its own,
all hosts at once. What a killed run left is recognised by a note that is written before a disk is touched.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ceph_disks import Disk
    from ceph_drive_groups import Assignment

try:
    from ansible.module_utils.ceph_session import CephError, run
except ImportError:
    from ceph_session import CephError, run

NOTE = Path("/var/lib/groundplane/ceph/preparing.json")
LOCK = Path("/run/groundplane/ceph-osds.lock")
MEMORY = Path("/run/groundplane")
"""cephadm puts keys into temporary files; here they are never on a disk."""
DATA = Path("/var/lib/ceph")
PARALLEL = 4
PREPARE_SECONDS = 1200
DEPLOY_SECONDS = 300
BUSY_SECONDS = 300


class Cephadm:
    """cephadm on this host, for one cluster."""

    def __init__(self, image: str, fsid: str, conf: str = "", key: str = "") -> None:
        self.image = image
        self.fsid = fsid
        self._config = {"config": conf, "keyring": f"[client.bootstrap-osd]\n\tkey = {key}\n" if key else ""}

    def volume(self, *words: str) -> str:
        """ceph-volume's output.

        Raises:
            CephError: with the last lines that it complained with.
        """
        config = {name: text for name, text in self._config.items() if text}
        given = ["--config-json", "-"] if config else []
        return self._run(
            ["ceph-volume", "--fsid", self.fsid, *given, "--", *words], json.dumps(config), PREPARE_SECONDS
        )

    def deploy(self, osd_id: int, uuid: str) -> None:
        """Makes the daemon's unit and starts it, with the same words that the orchestrator has for it.

        Raises:
            CephError: it doesn't start.
        """
        meta = {"service_name": "osd", "ports": [], "ip": None, "deployed_by": [self.image], "rank": None}
        words = ["deploy", "--fsid", self.fsid, "--name", f"osd.{osd_id}", "--osd-fsid", uuid]
        words += ["--config-json", "-", "--meta-json", json.dumps(meta)]
        self._run(words, json.dumps({"config": self._config["config"]}), DEPLOY_SECONDS)

    def remove_daemon(self, osd_id: int) -> None:
        """Stops a daemon and takes its unit and folder away; the disk stays as it is."""
        self._run(["rm-daemon", "--fsid", self.fsid, "--name", f"osd.{osd_id}", "--force"], "", DEPLOY_SECONDS)

    def _run(self, words: list[str], data: str, seconds: float) -> str:
        MEMORY.mkdir(mode=0o700, exist_ok=True)
        done = subprocess.run(
            ["cephadm", "--image", self.image, *words],
            input=data,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
            env={**os.environ, "TMPDIR": str(MEMORY)},
        )
        if done.returncode:
            raise CephError(f"cephadm {words[0]}: {last_words(done.stderr or done.stdout)}", done.returncode)
        return done.stdout


def last_words(text: str) -> str:
    """The line of a long complaint that says what was wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for marker in ("RuntimeError:", "stderr -->", "-->", "Error"):
        for line in reversed(lines):
            if marker in line and not line.startswith("Traceback"):
                return line.partition("-->")[2].strip() or line if "-->" in line else line
    return lines[-1] if lines else "it said nothing"


@contextmanager
def alone(seconds: float = BUSY_SECONDS) -> Iterator[None]:
    """Holds this host's disks for one run; a run that died may still be at work on them for a while.

    Raises:
        CephError: another run, or a ceph-volume that it left, doesn't come to an end.
    """
    LOCK.parent.mkdir(mode=0o700, exist_ok=True)
    ends = time.monotonic() + seconds
    with LOCK.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                left = "another run"
            else:
                left = _at_work()
                if not left:
                    break
                fcntl.flock(file, fcntl.LOCK_UN)
            if time.monotonic() > ends:
                raise CephError(f"{left} has been at work on this host's disks for more than {seconds:.0f} seconds")
            time.sleep(1)
        # What a killed cephadm kept there, keys among it.
        for left_over in MEMORY.glob("ceph-tmp*"):
            left_over.unlink(missing_ok=True)
        yield


def _at_work() -> str:
    """A container of ceph-volume that makes an OSD: it goes on where who started it was killed."""
    done = run(["docker", "ps", "--no-trunc", "--format", "{{.Names}} {{.Command}}"])
    for line in done.stdout.splitlines():
        if "ceph-volume" in line and (" prepare" in line or " batch" in line or " zap" in line):
            return f"The container {line.split()[0]} (ceph-volume)"
    return ""


def noted(fsid: str) -> tuple[str, ...]:
    """Identities of the disks on which a run began to make OSDs of this cluster and didn't say that it ended."""
    try:
        note = json.loads(NOTE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    # Half an OSD on a disk doesn't always tell its cluster; without one that is known, the note is to be believed.
    return tuple(note.get("disks", [])) if not fsid or note.get("fsid") == fsid else ()


def write_note(fsid: str, disks: list[Disk]) -> None:
    NOTE.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    identities = sorted({*noted(fsid), *(disk.identity for disk in disks if disk.identity)})
    fresh = NOTE.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"fsid": fsid, "since": time.time(), "disks": identities}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(NOTE)


def remove_note() -> None:
    NOTE.unlink(missing_ok=True)


def prepare_commands(assignment: Assignment, ids: list[int]) -> list[list[str]]:
    """ceph-volume's words for a group's new disks; `ids` are those of destroyed OSDs and are used up from the front.

    They are the ones that cephadm makes of an OSD specification (ceph.deployment.translate.to_ceph_volume).
    """
    group, new = assignment.group, assignment.new
    if not new:
        return []
    kind = ["--crush-device-class", str(group["device_class"])] if group.get("device_class") else []
    if assignment.raw:
        db, wal = (_bare(disks) for disks in (assignment.db, assignment.wal))
        commands = []
        for number, disk in enumerate(new):
            words = ["raw", "prepare", "--bluestore", "--data", disk.path, *kind]
            words += ["--block.db", db[number]] if db else []
            words += ["--block.wal", wal[number]] if wal else []
            words += ["--osd-id", str(ids.pop(0))] if ids else []
            commands.append(words)
        return commands
    each = int(group.get("osds_per_device") or 1)
    words = ["lvm", "batch", "--no-auto", *(disk.path for disk in new)]
    for option, disks in (("--db-devices", assignment.db), ("--wal-devices", assignment.wal)):
        words += [option, *(disk.path for disk in disks)] if disks else []
    words += ["--block-db-size", str(group["db_size"])] if group.get("db_size") and assignment.db else []
    words += ["--osds-per-device", str(each)] if each > 1 else []
    words += ["--dmcrypt"] if group.get("encrypted") else []
    words += kind
    again, ids[:] = ids[: len(new) * each], ids[len(new) * each :]
    words += ["--osd-ids", *map(str, again)] if again else []
    return [[*words, "--yes", "--no-systemd"]]


def _bare(disks: list[Disk]) -> list[str]:
    return [disk.path for disk in disks if not any(part.finished for part in disk.osds)]


def prepare_all(cephadm: Cephadm, assignments: list[Assignment], ids: list[int]) -> list[str]:
    """Prepares all new disks, those of raw groups side by side; the reasons of those that failed."""
    left = list(ids)
    commands = [
        (assignment.raw, command) for assignment in assignments for command in prepare_commands(assignment, left)
    ]

    def prepare(command: list[str]) -> str:
        try:
            cephadm.volume(*command)
        except CephError as error:
            disk = command[command.index("--data") + 1] if "--data" in command else " ".join(command[3:5])
            return f"{disk} can't be made an OSD: {error}"
        except subprocess.TimeoutExpired:
            return f"ceph-volume {' '.join(command[:2])} took more than {PREPARE_SECONDS} seconds"
        return ""

    with ThreadPoolExecutor(PARALLEL) as pool:
        failed = list(pool.map(prepare, [command for raw, command in commands if raw]))
    # LVM's volume groups on shared disks are made by one command at a time.
    failed += [prepare(command) for raw, command in commands if not raw]
    return [reason for reason in failed if reason]


def daemon_state(fsid: str, osd_id: int) -> str:
    """A daemon on this host: "running", "stopped", or "" where it has no unit, or only part of one."""
    folder = DATA / fsid / f"osd.{osd_id}"
    unit = unit_name(fsid, osd_id)
    wants = Path("/etc/systemd/system") / f"ceph-{fsid}.target.wants" / unit
    if not (folder / "unit.run").exists() or not wants.is_symlink():
        return ""
    state = run(["systemctl", "is-active", unit]).stdout.strip()
    return "running" if state in ("active", "activating", "reloading") else "stopped"


def unit_name(fsid: str, osd_id: int) -> str:
    return f"ceph-{fsid}@osd.{osd_id}.service"


def start_daemon(fsid: str, osd_id: int) -> None:
    """Starts a daemon that was stopped.

    Raises:
        CephError: systemd can't.
    """
    unit = unit_name(fsid, osd_id)
    run(["systemctl", "reset-failed", unit])
    done = run(["systemctl", "start", unit], seconds=DEPLOY_SECONDS)
    if done.returncode:
        raise CephError(f"{unit} doesn't start: {last_words(done.stderr)}")


def watch_items(fsid: str, osd_ids: list[int]) -> list[dict[str, Any]]:
    """What a plan's probe looks at: the daemons' units."""
    return [{"kind": "unit", "name": unit_name(fsid, osd_id)} for osd_id in sorted(osd_ids)]
