"""One registry for all commands that work with a store at once: the first starts it, the last ends it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.files import write_atomically
from groundplane.machine.memory import private_folder
from groundplane.supply.store.container import (
    RunningStore,
    answers,
    remove_containers,
    start_container,
    write_auth_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.machine.podman import Podman


class SharedRegistry:
    """This command's share in the store's registry.

    Commands hold a lock on one file for as long as they use it. One that was killed holds none: the next finds its
    registry, uses it, and ends it.
    """

    def __init__(self, root: Path, memory: Path, *, podman: Podman, cache: Path) -> None:
        name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
        self.folder = private_folder(memory) / f"store-{name}"
        self._root = root
        self._podman = podman
        self._cache = cache
        self._users: int | None = None

    @property
    def auth_file(self) -> Path:
        return self.folder / "auth.json"

    def join(self) -> RunningStore:
        """Starts the registry, or finds it running.

        Raises:
            FailedError: it doesn't come up.
        """
        with self._alone():
            users = os.open(self._root.parent / ".store.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(users, fcntl.LOCK_SH)
                running = self._find() or self._start()
            except BaseException:
                os.close(users)
                raise
            self._users = users
            return running

    def leave(self) -> None:
        """Ends the registry where nobody else uses it."""
        if self._users is None:
            return
        with self._alone():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                os.close(self._users)
                self._users = None
            self._note.unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(FailedError):
                remove_containers(self._root, self._podman)

    def _find(self) -> RunningStore | None:
        """The registry that runs, though its command keep passwords in another folder than we would."""
        try:
            folder = Path(self._note.read_text(encoding="utf-8").strip())
            running = RunningStore(**json.loads((folder / "running.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        if not answers(running):
            return None
        self.folder = folder
        return running

    def _start(self) -> RunningStore:
        private_folder(self.folder)
        running = start_container(self._root, self.folder, podman=self._podman, cache=self._cache)
        write_auth_file(self.auth_file, running)
        write_atomically(self.folder / "running.json", json.dumps(asdict(running)), mode=0o600)
        write_atomically(self._note, f"{self.folder}\n")
        return running

    @property
    def _note(self) -> Path:
        """Says in which folder the passwords are."""
        return self._root.parent / ".store.folder"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # Beside the store and not in the folder in memory, which goes with its last user.
        self._root.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._root.parent / ".store.changing", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
