"""One registry for all commands that work with a store at once: the first starts it, the last ends it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.files import write_atomically
from groundplane.memory import private_folder
from groundplane.supply.store.container import (
    RunningStore,
    answers,
    start_container,
    stop_container,
    write_auth_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundplane.supply.podman import Podman


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
        private_folder(self.folder)
        with self._alone():
            users = os.open(self.folder / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            self._users = users
            running = self._read()
            if running is not None and answers(running):
                return running
            running = start_container(self._root, self.folder, podman=self._podman, cache=self._cache)
            write_auth_file(self.auth_file, running)
            write_atomically(self._file, json.dumps(asdict(running)), mode=0o600)
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
                last = self._read()
                os.close(self._users)
                self._users = None
            if last is not None:
                self._file.unlink(missing_ok=True)
                with suppress(FailedError):
                    stop_container(last.container, self._podman)

    @property
    def _file(self) -> Path:
        return self.folder / "running.json"

    def _read(self) -> RunningStore | None:
        try:
            return RunningStore(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self.folder / "changing", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
