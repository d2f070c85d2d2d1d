"""Which roles' scenarios passed on this machine, for which files: what scripts/test need not run again.

    proofs.py digest ROLE          of all files that the role's scenario may depend on
    proofs.py passed ROLE DIGEST   exit code 0, and the day, where it passed for just these files in the last days
    proofs.py keep ROLE DIGEST     it passed

A role's scenario depends on the role, on the roles that it names and those that these name, on what all scenarios
share, and on the locked versions. What no file here says, Debian's packages for one, changes too: a proof ends with
its days.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
DAYS = 7
SHARED = (
    ".config/molecule",
    "ansible.cfg",
    "molecule",
    "playbooks/plugins",
    "requirements",
    "scripts/proofs.py",
    "src/groundplane/lab/images",
)
"""Of every scenario: its containers, its plugins, the versions."""
OF_IMAGES = ("environments", "images", "releases")
"""Of those with containers of their own: they run images of the cloud's services."""
COMPILED, PAGES = "__pycache__", ".md"


def roles_of(root: Path, role: str) -> tuple[str, ...]:
    """The role and all that it names, directly or through others; rather one too many than one too few."""
    there = {folder.name for folder in (root / "roles").iterdir() if folder.is_dir()}
    found, look_at = {role}, [role]
    while look_at:
        text = "\n".join(file.read_text() for file in sorted((root / "roles" / look_at.pop()).rglob("*.yml")))
        words = re.findall(r"(?:^ *- (?:(?:role|name): )?|\b(?:role|name): |/)([a-z_]+)\b", text, re.MULTILINE)
        new = there.intersection(words) - found
        found |= new
        look_at += sorted(new)
    return tuple(sorted(found))


def digest_of(root: Path, role: str) -> str:
    """SHA-256 over names and contents."""
    places = [*SHARED, *(f"roles/{name}" for name in roles_of(root, role))]
    if "\nplatforms:" in (root / "roles" / role / "molecule/default/molecule.yml").read_text():
        places += OF_IMAGES
    digest = hashlib.sha256()
    for file in _files(root / place for place in places):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(root)} {file.stat().st_mode & 0o111:o} {content}\n".encode())
    return digest.hexdigest()


def passed_on(kept: Path, role: str, digest: str, now: datetime) -> datetime | None:
    """When it passed for these files, in UTC; None where it didn't, or too long ago, or nobody can tell."""
    try:
        proof = json.loads((kept / f"{role}.json").read_text())
        when = datetime.fromisoformat(proof["when"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return when if proof["digest"] == digest and timedelta() <= now - when < timedelta(days=DAYS) else None


def keep(kept: Path, role: str, digest: str, now: datetime) -> None:
    """Raises OSError."""
    kept.mkdir(parents=True, exist_ok=True)
    fresh = kept / f".{role}.{os.getpid()}"
    fresh.write_text(json.dumps({"digest": digest, "when": now.isoformat(timespec="seconds")}))
    fresh.replace(kept / f"{role}.json")


def _files(places: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        found += place.rglob("*") if place.is_dir() else [place]
    return sorted(f for f in found if f.is_file() and COMPILED not in f.parts and f.suffix != PAGES)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kept", type=Path, required=True, help="the folder with what passed")
    parser.add_argument("action", choices=("digest", "passed", "keep"))
    parser.add_argument("role")
    parser.add_argument("digest", nargs="?")
    given = parser.parse_args()
    now = datetime.now(UTC)
    if given.action == "digest":
        print(digest_of(ROOT, given.role))
        return 0
    if given.digest is None:
        parser.error("the digest is missing")
    if given.action == "keep":
        keep(given.kept, given.role, given.digest, now)
        return 0
    when = passed_on(given.kept, given.role, given.digest, now)
    if when is not None:
        print(f"{when:%Y-%m-%d}")
    return 0 if when is not None else 1


if __name__ == "__main__":
    sys.exit(main())
