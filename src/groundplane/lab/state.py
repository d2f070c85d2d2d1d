"""A lab's state folder: STATE/labs/NAME/{lab.json, site/, disks/, nodes/}.

A lab stores nothing elsewhere but its site's vault password, which must not lie beside what it opens.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from groundplane.errors import InputError, LockedError, Place
from groundplane.files import write_atomically
from groundplane.lab.model import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class LabFolder:
    """Where one lab keeps things. `state` is Settings.state.

    Raises:
        InputError: the name can't be one of a lab, because nodes, networks and a domain are named after it.
    """

    state: Path
    name: str

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InputError(
                f"'{self.name}' can't be a lab's name",
                cure="A small letter first, then small letters, digits and hyphens; 32 characters at most.",
            )

    @property
    def root(self) -> Path:
        return self.state / "labs" / self.name

    @property
    def file(self) -> Path:
        return self.root / "lab.json"

    @property
    def site(self) -> Path:
        return self.root / "site"

    @property
    def disks(self) -> Path:
        return self.root / "disks"

    @property
    def nodes(self) -> Path:
        """A folder a node, seen by the node as /etc/groundplane-lab."""
        return self.root / "nodes"

    @property
    def lock_file(self) -> Path:
        return self.state / "labs" / f".{self.name}.lock"

    def load(self) -> Lab | None:
        """The lab, None where there is none.

        Raises:
            InputError: lab.json was written by a newer version or damaged.
        """
        try:
            return Lab.model_validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as wrong:
            raise InputError(
                f"The state of the lab {self.name} can't be read",
                why=str(wrong),
                cure=f"groundplane lab down --name {self.name} removes what is left of it.",
                place=Place(self.file),
            ) from wrong

    def save(self, lab: Lab) -> None:
        """Writes lab.json where it differs; an unchanged lab isn't touched."""
        text = json.dumps(lab.model_dump(mode="json"), indent=2) + "\n"
        if not self.file.is_file() or self.file.read_text() != text:
            write_atomically(self.file, text)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One command at a time may change a lab.

        Raises:
            LockedError: another one does.
        """
        path = self.lock_file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as held:
                raise LockedError(
                    f"Another command works on the lab {self.name}",
                    cure=f"Wait for it to end; groundplane lab status --name {self.name} shows how far it is.",
                ) from held
            if not path.exists() or path.stat().st_ino != os.fstat(handle.fileno()).st_ino:
                # The lab was removed between opening and locking, and its lock with it.
                raise LockedError(f"Another command just removed the lab {self.name}", cure="Call again.")
            try:
                yield
            finally:
                if not self.root.exists():
                    path.unlink(missing_ok=True)


@contextmanager
def machine_lock(state: Path) -> Iterator[None]:
    """Held while subnets are chosen and networks made, so that two labs don't take the same."""
    folder = state / "labs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".machine.lock").open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def lab_names(state: Path) -> list[str]:
    """Labs that have state on this machine, sorted."""
    return sorted(path.parent.name for path in (state / "labs").glob("*/lab.json"))
