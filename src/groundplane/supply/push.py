"""Brings the locked images into the site's registry: only what it lacks, several side by side, parents first."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from groundplane.counting import counted
from groundplane.errors import CancelledError, FailedError, InputError, Problem
from groundplane.site.derived_images import copied_images
from groundplane.site.images_file import ImageSource
from groundplane.site.source import suggest
from groundplane.supply.published import open_reach
from groundplane.supply.site_registry import OpenRegistry, SiteRegistry, open_registry, site_registry
from groundplane.supply.skopeo import MissingImageError, UnreachableError, copy, need_skopeo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock, LockedImage
    from groundplane.site.site import Site
    from groundplane.supply.published import Reached
    from groundplane.supply.store import Store

PARALLEL = 3
"""Copies side by side: one waits for the registry's disk while another reads the store's."""


class PushWatcher(Protocol):
    """Is told what happens; from several threads, not two at a time for the same image."""

    def begin(self, name: str, *, number: int, of: int, size: int | None) -> None:
        """`number` of `of`, in the order in which they begin; `size` is the compressed size, parents included."""

    def end(self, name: str, *, seconds: float, error: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class PushResult:
    """Names of images: `pushed` just now (or, with `check`, those that would be), `present` before.

    `registry` is empty where no image belongs into the site's own.
    """

    registry: str
    pushed: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    bytes: int = 0
    """Compressed size of what was pushed; layers that images share count once an image."""
    seconds: float = field(default=0.0)


def missing_images(registry: SiteRegistry, images: Mapping[str, LockedImage], *, seconds: float = 20.0) -> list[str]:
    """Names of those that the registry lacks, asked by digest with the account that only reads.

    Raises:
        FailedError: it can't be asked.
    """
    with registry.reader(seconds=seconds) as client:
        return [name for name, image in images.items() if client.digest(registry.path(name), image.digest) is None]


def push_images(
    site: Site,
    lock: ImagesLock,
    *,
    names: Sequence[str] = (),
    cache: Path,
    memory: Path,
    watcher: PushWatcher,
    stopped: Callable[[], bool] = lambda: False,
    check: bool = False,
    parallel: int = PARALLEL,
) -> PushResult:
    """Copies images from the store, or from where their projects publish them, into the site's registry, by digest.

    Safe to repeat: what is there is left alone, and an image's tag is the last thing that is written.

    Args:
        lock: a lock whose signature was verified.
        names: only these images, with their parents; all that belong there where empty.
        cache: Settings.cache; `memory` a private folder in memory.
        check: only say what would be pushed.

    Raises:
        InputError: an unknown name, or an image that neither registry nor store has.
        FailedError: a copy failed: names the image; what is complete stays.
        CancelledError: `stopped` said so.
    """
    started = time.monotonic()
    images = _chosen(copied_images(site.file, lock), names)
    if not images:
        return PushResult(registry="")
    registry = site_registry(site)
    missing = missing_images(registry, images)
    wanted = {name: images[name] for name in missing}
    if wanted and not check:
        need_skopeo()
        with ExitStack() as stack:
            opened = stack.enter_context(open_registry(site, memory=memory))
            built = site.file.images.source is ImageSource.BUILD
            # Who builds nothing may have no podman either; a store is only there where something was put into it.
            store = _store(stack, cache, memory) if built or _has_store(cache) else None
            reach = None if built else stack.enter_context(open_reach(site, memory=memory))
            origins = _Origins(wanted, store=store, reach=reach)
            _Push(opened, wanted, origins, watcher, stopped).run(parallel)
    return PushResult(
        registry=registry.address,
        pushed=tuple(wanted),
        present=tuple(name for name in images if name not in wanted),
        bytes=sum(image.stored_bytes or 0 for image in wanted.values()),
        seconds=time.monotonic() - started,
    )


def _has_store(cache: Path) -> bool:
    from groundplane.supply.store.disk import StoreFiles  # noqa: PLC0415
    from groundplane.supply.store.opening import store_root  # noqa: PLC0415

    return bool(StoreFiles(store_root(cache)).names())


def _store(stack: ExitStack, cache: Path, memory: Path) -> Store:
    from groundplane.machine.podman import host_podman  # noqa: PLC0415
    from groundplane.supply.store import open_store  # noqa: PLC0415

    return stack.enter_context(open_store(cache=cache, podman=host_podman(), memory=memory))


def _chosen(images: Mapping[str, LockedImage], names: Sequence[str]) -> dict[str, LockedImage]:
    if names and not images:
        raise InputError(
            "Nothing is pushed to this site's registry",
            why="images.source and images.upstream.mirror in site.yml say that hosts pull from where images are",
            cure="groundplane images verify looks whether they are there.",
        )
    unknown = [name for name in names if name not in images]
    if unknown:
        raise InputError(
            "These images aren't among those that belong into the site's registry",
            problems=tuple(Problem(name, suggest(name, images, "groundplane images list")) for name in unknown),
        )
    if not names:
        return dict(images)
    chosen = set(names)
    for name in reversed(tuple(images)):
        parent = images[name].parent
        if name in chosen and parent is not None:
            chosen.add(parent)
    return {name: image for name, image in images.items() if name in chosen}


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where an image is read; `registry` is empty for this machine's store, which has no TLS: nobody else sees it."""

    reference: str
    auth_file: Path | None
    certificates: Path | None
    registry: str


class _Origins:
    """The store for what it has, whoever made that; where the projects publish their images for what it lacks.

    So a site behind an air gap asks nobody for what a bundle brought.
    """

    def __init__(
        self, images: Mapping[str, LockedImage], *, store: Store | None, reach: Callable[[str], Reached] | None
    ) -> None:
        """Without `reach` an image that the store lacks is nowhere: InputError."""
        self._store = store
        self._reach = reach
        self._stored = {name for name, image in images.items() if store and store.has_digest(name, image.digest)}
        self._images = images
        absent = [name for name in images if name not in self._stored]
        if absent and reach is None:
            raise InputError(
                f"{counted(len(absent), 'image')} of images.lock that the registry lacks: not in this machine's store",
                problems=tuple(
                    Problem(
                        f"{name} ({images[name].tag}, {images[name].digest[:19]}…)",
                        "groundplane images build makes it, groundplane bundle load brings it.",
                    )
                    for name in absent
                ),
            )

    def find(self, name: str) -> _Origin:
        image = self._images[name]
        if self._store is not None and name in self._stored:
            return _Origin(self._store.reference(name, image.digest), self._store.auth_file, None, "")
        if self._reach is None or image.reference is None:
            raise InputError(f"images.lock doesn't say where {name} comes from", cure="groundplane images lock")
        found = self._reach(image.reference)
        return _Origin(found.reference, found.auth_file, found.certificates, image.reference.partition("/")[0])


class _Push:
    """One push: an image begins when its parent is there, so that shared layers travel once."""

    def __init__(
        self,
        opened: OpenRegistry,
        images: Mapping[str, LockedImage],
        origins: _Origins,
        watcher: PushWatcher,
        stopped: Callable[[], bool],
    ) -> None:
        self._opened = opened
        self._images = images
        self._origins = origins
        self._watcher = watcher
        self._stopped = stopped
        self._failed = False

    def run(self, parallel: int) -> None:
        waiting = list(self._images)
        done: set[str] = set()
        running: dict[Future[None], str] = {}
        errors: list[FailedError | CancelledError | InputError] = []
        begun = 0
        with ThreadPoolExecutor(parallel, thread_name_prefix="push") as pool:
            while waiting or running:
                for name in [name for name in waiting if self._may_begin(name, done)]:
                    if errors or self._stopped() or len(running) >= parallel:
                        break
                    waiting.remove(name)
                    begun += 1
                    running[pool.submit(self._copy, name, begun)] = name
                if not running:
                    break
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    name = running.pop(future)
                    error = future.exception()
                    if isinstance(error, FailedError | CancelledError | InputError):
                        self._failed = True
                        errors.append(error)
                    elif error is not None:
                        raise error
                    else:
                        done.add(name)
        if errors:
            first = next((error for error in errors if not isinstance(error, CancelledError)), errors[0])
            raise self._told(first, len(done))
        if waiting:
            raise CancelledError(
                "The push was stopped", why=self._progress(len(done)), cure="groundplane images push goes on with it."
            )

    def _may_begin(self, name: str, done: set[str]) -> bool:
        parent = self._images[name].parent
        return parent is None or parent not in self._images or parent in done

    def _copy(self, name: str, number: int) -> None:
        image, registry = self._images[name], self._opened.registry
        self._watcher.begin(name, number=number, of=len(self._images), size=image.stored_bytes)
        started = time.monotonic()
        origin: _Origin | None = None
        try:
            origin = self._origins.find(name)
            copy(
                origin.reference,
                registry.push_reference(name, image.tag),
                source_auth=origin.auth_file,
                source_certificates=origin.certificates,
                source_tls=bool(origin.registry),
                destination_auth=self._opened.auth_file,
                destination_certificates=self._opened.certificates,
                doing=f"Pushing the image {name} ({image.tag}){_from(origin)} to {registry.address}",
                # Where one fails the others would, too: the registry is gone, or its disk is full.
                cancel=lambda: self._failed or self._stopped(),
            )
            self._look(name, image)
        except (FailedError, CancelledError, InputError) as error:
            if isinstance(error, UnreachableError | MissingImageError) and origin is not None and origin.registry:
                error.cure += (
                    f"\nWhere {origin.registry} can't be reached at all, groundplane bundle load brings images."
                )
            self._watcher.end(name, seconds=time.monotonic() - started, error=error.what)
            raise
        self._watcher.end(name, seconds=time.monotonic() - started)

    def _look(self, name: str, image: LockedImage) -> None:
        registry = self._opened.registry
        with registry.writer() as client:
            found = client.digest(registry.path(name), image.tag)
        if found != image.digest:
            raise FailedError(
                f"The registry has something else as {name}:{image.tag} than what was pushed",
                why=f"it says {found}, images.lock says {image.digest}",
                cure="groundplane images verify looks at everything.",
            )

    def _told(self, error: FailedError | CancelledError | InputError, done: int) -> Exception:
        """The same error, with how far it came and how to go on."""
        error.why = "\n".join(part for part in (error.why, self._progress(done)) if part)
        if isinstance(error, FailedError):
            error.cure = "\n".join(part for part in (error.cure, "groundplane images push goes on with it.") if part)
        return error

    def _progress(self, done: int) -> str:
        return f"{done} of {counted(len(self._images), 'missing image')} came to the registry whole"


def _from(origin: _Origin) -> str:
    return f" from {origin.registry}" if origin.registry else ""
