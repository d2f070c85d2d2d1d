"""A store opened for one command; commands side by side share it, and collecting garbage has it for itself."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import LockedError
from groundplane.supply.store.container import ensure_store_image, limit_words
from groundplane.supply.store.disk import StoreFiles
from groundplane.supply.store.sharing import SharedRegistry
from groundplane.supply.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from groundplane.machine.podman import Podman


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
    root = store_root(cache)
    with _locked(root, fcntl.LOCK_SH):
        store = _store(root, memory, podman=podman, cache=cache)
        try:
            yield store
        finally:
            store.stop()


@contextmanager
def using_images(cache: Path) -> Iterator[None]:
    """Nothing is pruned from the cache until the block ends; an open store does the same.

    Raises:
        LockedError: another command is pruning right now.
    """
    with _locked(store_root(cache), fcntl.LOCK_SH):
        yield


@dataclass(frozen=True, slots=True)
class ExclusiveStore:
    """A store that nobody else works with; `collect_garbage` ends its registry and gives the bytes that it freed."""

    store: Store
    collect_garbage: Callable[[], int]


@contextmanager
def open_store_alone(*, cache: Path, podman: Podman, memory: Path | None = None) -> Iterator[ExclusiveStore]:
    """As `open_store`, while no build and no other command may begin: nothing gets used that is just being removed.

    Raises:
        LockedError: another command works with the store.
    """
    root = store_root(cache)
    with _locked(root, fcntl.LOCK_EX):
        store = _store(root, memory, podman=podman, cache=cache)

        def collect() -> int:
            store.stop()
            return _collect(root, podman=podman, cache=cache)

        try:
            yield ExclusiveStore(store, collect)
        finally:
            store.stop()


def collect_garbage(*, cache: Path, podman: Podman) -> int:
    """Removes blobs that no manifest needs any more (`Store.remove` takes manifests away); bytes that it freed.

    Raises:
        LockedError: a command works with the store.
        FailedError: it failed.
    """
    root = store_root(cache)
    with _locked(root, fcntl.LOCK_EX):
        return _collect(root, podman=podman, cache=cache)


def _store(root: Path, memory: Path | None, *, podman: Podman, cache: Path) -> Store:
    memory = memory or Path(f"/dev/shm/groundplane-{os.getuid()}")  # noqa: S108 - memory, private_folder checks it
    return Store(root, SharedRegistry(root, memory, podman=podman, cache=cache), podman=podman)


def _collect(root: Path, *, podman: Podman, cache: Path) -> int:
    if not (root / "docker").is_dir():
        return 0
    files = StoreFiles(root)
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
