"""The cephadm program of an image, as a file on the host."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

try:
    from ansible.module_utils.ceph_host_state import NOTES, read_note, write_note
    from ansible.module_utils.ceph_session import CephError, run
except ImportError:
    from ceph_host_state import NOTES, read_note, write_note
    from ceph_session import CephError, run

NOTE = "program.json"
IN_IMAGE = "/usr/sbin/cephadm"


def bring_program(image: str, path: str, *, check: bool, notes: Path = NOTES) -> list[str]:
    """Copies the program where the one that lies there isn't the image's; what was done, in words.

    Raises:
        CephError: the image isn't there, or has no such program.
    """
    target = Path(path)
    if _digest(target) and read_note(NOTE, notes) == {"image": image, "sha256": _digest(target)}:
        return []
    changes = [f"cephadm brought from {image}"]
    if check:
        return changes
    container = _checked(["docker", "create", "--pull", "never", image, "true"]).strip()
    half = target.with_name(f".{target.name}.new")
    try:
        _checked(["docker", "cp", f"{container}:{IN_IMAGE}", str(half)])
    finally:
        run(["docker", "rm", "--force", container])
    before = _digest(target)
    os.chown(half, 0, 0)
    half.chmod(0o755)
    after = _digest(half)
    half.replace(target)
    write_note(NOTE, {"image": image, "sha256": after}, notes)
    return changes if after != before else []


def _checked(words: list[str]) -> str:
    done = run(words)
    if done.returncode != 0:
        raise CephError(done.stderr.strip() or f"{' '.join(words[:2])} ended with {done.returncode}")
    return done.stdout


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
