"""A store opened for one command; commands side by side share it, and collecting garbage has it for itself."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import LockedError
from groundplane.supply.store.container import ensure_store_image, limit_words
from groundplane.supply.store.disk import StoreFiles
from groundplane.supply.store.sharing import SharedRegistry
from groundplane.supply.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.supply.podman import Podman


def store_root(cache: Path) -> Path:
    return cache / "images/store"


@contextmanager
def open_store(*, cache: Path, podman: Podman, memory: Path | None = None) -> Iterator[Store]:
    """The store of this machine; its registry starts with the first copy and ends with the block.

    Args:
        cache: Settings.cache.
        memory: a folder in memory that is ours alone (Settings.runtime), for the password; one in /dev/shm if absent.

    Raises:
        LockedError: another command collects the store's garbage.
    """
    memory = memory or Path(f"/dev/shm/groundplane-{os.getuid()}")  # noqa: S108 - memory, private_folder checks it
    root = store_root(cache)
    with _locked(root, fcntl.LOCK_SH):
        store = Store(root, SharedRegistry(root, memory, podman=podman, cache=cache), podman=podman)
        try:
            yield store
        finally:
            store.stop()


def collect_garbage(*, cache: Path, podman: Podman) -> int:
    """Removes blobs that no manifest needs any more (`Store.remove` takes manifests away); bytes that it freed.

    Raises:
        LockedError: a command works with the store.
        FailedError: it failed.
    """
    root = store_root(cache)
    if not (root / "docker").is_dir():
        return 0
    files = StoreFiles(root)
    with _locked(root, fcntl.LOCK_EX):
        before = files.disk_bytes()
        image = ensure_store_image(podman, cache)
        podman.run(
            *("run", "--rm", "--pull", "never", "--network", "none", *limit_words()),
            *("--volume", f"{root.resolve()}:/store", image),
            *("docker-registry", "garbage-collect", "/etc/groundplane-store/config.yml"),
            doing="Collecting the image store's garbage",
            timeout=1800,
        )
        return before - files.disk_bytes()


def need_idle_store(cache: Path) -> None:
    """Checks that nobody works with the store right now.

    Raises:
        LockedError: somebody does.
    """
    with _locked(store_root(cache), fcntl.LOCK_EX):
        pass


@contextmanager
def _locked(root: Path, how: int) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    with (root.parent / ".store.lock").open("a") as handle:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise LockedError(
                "The image store is in use",
                why="another groundplane images command works with it on this machine",
                cure="Wait for it to end, and call again.",
            ) from busy
        yield
