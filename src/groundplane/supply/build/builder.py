"""Builds what is missing: parents before children, several side by side, and each image's failure is its own.

Workers build and one more worker copies to the store; they talk to the main thread through a queue, and that alone
decides what comes next and tells the watcher.
"""

from __future__ import annotations

import queue
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from groundplane.errors import CancelledError, FailedError, GroundplaneError
from groundplane.machine.base_image import ensure_base_image
from groundplane.machine.processes import Processes
from groundplane.supply.build.events import BuildEvent, BuildEventKind
from groundplane.supply.build.failure import NoSpaceError
from groundplane.supply.build.image_work import BuiltImage, ImageWork, now
from groundplane.supply.build.order import chain_seconds
from groundplane.supply.build.result import BuildResult, ImageOutcome, ImageState
from groundplane.supply.build.space import check_space
from groundplane.supply.build.targets import Target, Why, find_targets
from groundplane.supply.build.workplace import open_workplace
from groundplane.supply.records import log_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.supply.build.events import BuildWatcher
    from groundplane.supply.model import BuildMount, ImageRecord, Recipe
    from groundplane.supply.pins import Pins
    from groundplane.supply.store import Store

LOOK_SECONDS = 0.2
Result = TypeVar("Result")


def build_images(
    recipes: Iterable[Recipe],
    *,
    store: Store,
    podman: Podman,
    cache: Path,
    release: str,
    pins: Mapping[str, Pins] | None = None,
    parallel: int = 1,
    at_most: Callable[[], int] | None = None,
    watcher: BuildWatcher | None = None,
    cancel: Cancel | None = None,
    fresh: Iterable[str] = (),
    preparation: Preparation | None = None,
    archive_names: Mapping[str, str] | None = None,
    release_constraints: Sequence[str] = (),
) -> BuildResult:
    """Builds what isn't up to date and puts it into the store; nothing starts where nothing is to do.

    Args:
        recipes: with all parents.
        store: open (`open_store`).
        release: its name, part of every tag.
        pins: package versions by image, from the lock.
        parallel: builds side by side.
        at_most: how many of them may go on just now; asked again and again, by this thread.
        watcher: told what happens, by this thread.
        cancel: looked at all the time; once set, builds are ended at once.
        fresh: names of images to build although they are there.
        preparation: work that some images wait for; done only where one of them is built.
        archive_names: file names of source archives by their sha256, for records; a context may call them otherwise.
        release_constraints: lines of the release's Python constraints, which locked builds keep.

    Returns:
        What became of each image. Failures don't raise: see `BuildResult.raise_unless_done`.

    Raises:
        InputError: the recipes don't fit together.
        FailedError: there is no room on the disk, the base image can't be built, or the cache can't be written to.
    """
    begun = time.monotonic()
    targets = find_targets(recipes, release=release, cache=cache, store=store, pins=pins, fresh=fresh)
    wanted = [name for name, target in targets.items() if target.why is not Why.UP_TO_DATE]
    build = _Build(targets, wanted, watcher=watcher, begun=begun, cache=cache)
    try:
        if not wanted:
            return build.finish("")
        warning = check_space([targets[name] for name in wanted], podman=podman, store_root=store.root)
        processes = Processes()
        with open_workplace(cache, podman) as workplace:
            work = ImageWork(
                cache=cache,
                podman=podman,
                store=store,
                workplace=workplace,
                processes=processes,
                targets=targets,
                archive_names=archive_names or {},
                release_constraints=release_constraints,
            )
            build.start(parallel)
            if warning:
                build.tell(BuildEventKind.NOTE, None, text=warning)
            for suite in dict.fromkeys(targets[name].recipe.suite for name in wanted):
                ensure_base_image(suite, cache=cache)
            return build.run(work, parallel=parallel, at_most=at_most, cancel=cancel, preparation=preparation)
    finally:
        if watcher is not None:
            watcher.close()


class Cancel(Protocol):
    """True once the build is to be stopped; `why` then says so (`CancelToken`)."""

    def __bool__(self) -> bool: ...

    @property
    def why(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Preparation:
    """Work done once, beside the first builds, for the images that need what it makes (Python wheels).

    Attributes:
        name: what it is called in front of people.
        images: those that wait for it.
        run: makes it, and says how builds see it.
        stop: ends `run` early, which then fails; called again until it has ended.
    """

    name: str
    images: frozenset[str]
    run: Callable[[], tuple[BuildMount, ...]]
    stop: Callable[[], None] = lambda: None


class _Build:
    """One command's build: who waits, who works, what became of each."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        wanted: Sequence[str],
        *,
        watcher: BuildWatcher | None,
        begun: float,
        cache: Path,
    ) -> None:
        self._targets = targets
        self._chains = chain_seconds(targets, wanted)
        self._waiting = sorted(wanted, key=lambda name: -self._chains[name])
        self._built: set[str] = {name for name in targets if name not in self._chains}
        """In podman's storage or the store: children may begin."""
        self._outcomes: dict[str, ImageOutcome] = {}
        self._working: set[str] = set()
        self._storing: set[str] = set()
        self._watcher = watcher
        self._begun = begun
        self._cache = cache
        self._full: str = ""
        self._messages: queue.Queue[Callable[[], None]] = queue.Queue()
        self._locks: dict[str, ExitStack] = {}
        self._unprepared: frozenset[str] = frozenset()
        """Images that wait for the preparation."""

    def tell(self, kind: BuildEventKind, image: str | None, **data: Any) -> None:
        if self._watcher is not None:
            self._watcher.see(BuildEvent(kind, image, data))

    def start(self, parallel: int) -> None:
        expected = {name: self._targets[name].seconds for name in self._waiting}
        self.tell(
            BuildEventKind.BUILD_STARTED,
            None,
            images=list(self._waiting),
            up_to_date=len(self._targets) - len(self._waiting),
            expected={name: seconds for name, seconds in expected.items() if seconds is not None},
            parallel=parallel,
        )

    def run(
        self,
        work: ImageWork,
        *,
        parallel: int,
        at_most: Callable[[], int] | None = None,
        cancel: Cancel | None,
        preparation: Preparation | None,
    ) -> BuildResult:
        since = now()
        stopped = ""
        with (
            ThreadPoolExecutor(parallel, thread_name_prefix="build") as builders,
            ThreadPoolExecutor(1, thread_name_prefix="store") as keeper,
        ):
            if preparation is not None:
                self._prepare(preparation, work, builders)
            try:
                while True:
                    if cancel is not None and cancel and not stopped:
                        stopped = cancel.why or "asked to stop"
                        work.processes.stop()
                    if stopped and preparation is not None and preparation.name in self._working:
                        preparation.stop()
                    if not stopped:
                        for name in self._ready(min(parallel, at_most()) if at_most is not None else parallel):
                            self._begin(name, work, builders, keeper, since)
                    if not self._working and not self._storing:
                        break
                    self._hear()
            except BaseException:
                work.processes.stop()
                raise
        return self.finish(stopped)

    def finish(self, stopped: str) -> BuildResult:
        """What became of each image, those that nobody came to included."""
        for name, target in self._targets.items():
            if name in self._outcomes:
                continue
            if target.why is Why.UP_TO_DATE:
                self._end(name, ImageState.UP_TO_DATE, record=target.record)
            else:
                self._end(name, ImageState.CANCELLED)
        result = BuildResult(
            tuple(self._outcomes[name] for name in self._targets), time.monotonic() - self._begun, cancelled=stopped
        )
        counts = {state.value: len(result.of(state)) for state in ImageState}
        failed = counts[ImageState.FAILED]
        state = "cancelled" if stopped else "failed" if failed else "done"
        self.tell(BuildEventKind.BUILD_FINISHED, None, state=state, seconds=round(result.seconds, 2), **counts)
        return result

    def _hear(self) -> None:
        try:
            message = self._messages.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            return
        message()

    def _ready(self, parallel: int) -> list[str]:
        """Whose parents are there, those first on which the longest chain waits; no more than may work."""
        if self._full:
            for name in list(self._waiting):
                self._hold_back(name, self._full)
            return []
        free = parallel - len(self._working)
        there = {None, *self._built}
        ready = [
            name
            for name in self._waiting
            if self._targets[name].recipe.parent in there and name not in self._unprepared
        ]
        return ready[: max(free, 0)]

    def _prepare(self, preparation: Preparation, work: ImageWork, builders: ThreadPoolExecutor) -> None:
        name = preparation.name
        self._unprepared = preparation.images & set(self._waiting)
        if not self._unprepared:
            return
        self._working.add(name)
        begun = time.monotonic()

        def prepared(mounts: tuple[BuildMount, ...]) -> None:
            self._working.discard(name)
            work.more_mounts = dict.fromkeys(self._unprepared, mounts)
            self._unprepared = frozenset()
            self.tell(BuildEventKind.PREPARED, None, name=name, seconds=round(time.monotonic() - begun, 1))

        def failed(error: GroundplaneError) -> None:
            self._working.discard(name)
            if work.processes.stopped:
                return
            first, *others = [waiting for waiting in self._targets if waiting in self._unprepared]
            self._waiting.remove(first)
            self._failed(first, error)
            for other in others:
                if other in self._waiting:
                    self._hold_back(other, f"the {name} could not be made")

        self.tell(BuildEventKind.PREPARING, None, name=name)
        self._submit(builders, preparation.run, prepared, failed, fault=f"The {name} could not be made")

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[GroundplaneError], None],
        *,
        fault: str,
    ) -> None:
        """Has `work` done in the pool; the main thread hears its result, or its error."""

        def run() -> None:
            try:
                result = work()
            except GroundplaneError as error:
                failure = error
                self._messages.put(lambda: failed(failure))
            except BaseException as error:
                # A fault of ours must not leave the main thread waiting for this work.
                ours = FailedError(fault, why=f"{type(error).__name__}: {error}")
                self._messages.put(lambda: failed(ours))
                raise
            else:
                self._messages.put(lambda: done(result))

        pool.submit(run)

    def _begin(
        self, name: str, work: ImageWork, builders: ThreadPoolExecutor, keeper: ThreadPoolExecutor, since: str
    ) -> None:
        target = self._targets[name]
        self._waiting.remove(name)
        self._working.add(name)
        self.tell(
            BuildEventKind.IMAGE_STARTED,
            name,
            log=str(log_path(self._cache, name, target.tag)),
            why=target.why.value,
        )

        def on_step(step: int, steps: int, text: str) -> None:
            self._messages.put(lambda: self.tell(BuildEventKind.IMAGE_STEP, name, step=step, steps=steps, text=text))

        def build() -> BuiltImage | ImageRecord:
            lock = self._locks[name] = ExitStack()
            lock.enter_context(work.alone(target))
            return work.made_meanwhile(target, since) or work.build(target, on_step)

        def done(built: BuiltImage | ImageRecord) -> None:
            self._done_building(name, built, work, keeper)

        self._submit(builders, build, done, partial(self._failed, name), fault=f"{name} failed")

    def _done_building(
        self, name: str, built: BuiltImage | ImageRecord, work: ImageWork, keeper: ThreadPoolExecutor
    ) -> None:
        self._working.discard(name)
        self._built.add(name)
        if not isinstance(built, BuiltImage):
            self._stored(name, built)
            return
        self.tell(BuildEventKind.IMAGE_BUILT, name, seconds=round(built.seconds, 1))
        self._storing.add(name)

        self._submit(
            keeper,
            partial(work.keep, built),
            partial(self._stored, name),
            partial(self._failed, name),
            fault=f"{name} was not stored",
        )

    def _stored(self, name: str, record: ImageRecord) -> None:
        self._storing.discard(name)
        self._end(name, ImageState.BUILT, record=record)
        self.tell(
            BuildEventKind.IMAGE_STORED,
            name,
            seconds=record.seconds,
            bytes=record.bytes,
            stored_bytes=record.stored_bytes,
            packages=len(record.debian) + len(record.python) + len(record.java),
            digest=record.digest,
        )

    def _failed(self, name: str, error: GroundplaneError) -> None:
        self._working.discard(name)
        self._storing.discard(name)
        self._built.discard(name)
        if isinstance(error, CancelledError):
            self._end(name, ImageState.CANCELLED)
            return
        log = log_path(self._cache, name, self._targets[name].tag)
        self._end(name, ImageState.FAILED, error=error, log=log if log.is_file() else None)
        self.tell(BuildEventKind.IMAGE_FAILED, name, reason=error.what, lines=error.why.splitlines(), log=str(log))
        if isinstance(error, NoSpaceError):
            self._full = "the disk is full"
        self._hold_back_children(name)

    def _hold_back_children(self, name: str) -> None:
        for child in list(self._waiting):
            if self._targets[child].recipe.parent == name:
                self._hold_back(child, f"{name} was not built")
                self._hold_back_children(child)

    def _hold_back(self, name: str, reason: str) -> None:
        self._waiting.remove(name)
        self._end(name, ImageState.HELD_BACK, reason=reason)
        self.tell(BuildEventKind.IMAGE_HELD_BACK, name, reason=reason)

    def _end(
        self,
        name: str,
        state: ImageState,
        *,
        record: ImageRecord | None = None,
        error: GroundplaneError | None = None,
        reason: str = "",
        log: Path | None = None,
    ) -> None:
        target = self._targets[name]
        self._outcomes[name] = ImageOutcome(name, target.identity, target.tag, state, record, error, reason, log)
        if name in self._locks:
            self._locks.pop(name).close()
