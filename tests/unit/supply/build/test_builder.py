"""The order of builds, what a failure holds back, and what stopping leaves. podman and store are played."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import CancelledError, FailedError
from groundplane.machine.cancel import CancelToken
from groundplane.machine.podman import Podman
from groundplane.supply.build import BuildResult, ImageState, Preparation, builder
from groundplane.supply.build.events import BuildEvent, BuildEventKind
from groundplane.supply.build.failure import no_space
from groundplane.supply.build.image_work import BuiltImage
from groundplane.supply.model import BuildMount
from groundplane.supply.packages import PackagesFound
from groundplane.supply.records import write_record
from tests.unit.supply.build.make import RELEASE, MemoryStore, recipe, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from groundplane.machine.processes import Processes
    from groundplane.supply.build.targets import Target
    from groundplane.supply.model import ImageRecord, Recipe

BASE = recipe("base")
NOVA = recipe("nova", "base")
API = recipe("nova-api", "nova")
CRON = recipe("cron", "base")
CEPH = recipe("ceph")
ALL = (BASE, NOVA, API, CRON, CEPH)


@dataclass
class Script:
    """What the played podman does with each image, and what it was asked for."""

    fails: dict[str, FailedError] = field(default_factory=dict)
    store_fails: dict[str, FailedError] = field(default_factory=dict)
    waits: dict[str, threading.Event] = field(default_factory=dict)
    seconds: float = 0.0
    begun: list[str] = field(default_factory=list)
    most: int = 0
    now: int = 0
    mounts: dict[str, tuple[BuildMount, ...]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class PlayedWork:
    """Stands in for ImageWork."""

    script: Script

    def __init__(self, *, cache: Path, store: MemoryStore, processes: Processes, **_: Any) -> None:
        self.cache, self.store, self.processes = cache, store, processes
        self.more_mounts: dict[str, tuple[BuildMount, ...]] = {}

    @contextmanager
    def alone(self, _target: Target) -> Iterator[None]:
        yield

    def made_meanwhile(self, _target: Target, _since: str) -> None:
        return None

    def build(self, target: Target, on_step: Callable[[int, int, str], None]) -> BuiltImage:
        script = self.script
        with script.lock:
            script.begun.append(target.name)
            script.mounts[target.name] = self.more_mounts.get(target.name, ())
            script.now += 1
            script.most = max(script.most, script.now)
        try:
            on_step(1, 1, "RUN true")
            wait = script.waits.get(target.name)
            while wait is not None and not wait.wait(0.01):
                if self.processes.stopped:
                    raise CancelledError("stopped")
            time.sleep(script.seconds)
            if target.name in script.fails:
                raise script.fails[target.name]
        finally:
            with script.lock:
                script.now -= 1
        return BuiltImage(target, "sha256:" + "c" * 64, 100, 1.0, PackagesFound())

    def keep(self, built: BuiltImage) -> ImageRecord:
        target = built.target
        if target.name in self.script.store_fails:
            raise self.script.store_fails[target.name]
        kept = record(target.name, target.identity, parent=target.recipe.parent)
        write_record(self.cache, kept)
        self.store.digests.add((target.name, kept.digest))
        return kept


class Listener:
    def __init__(self) -> None:
        self.events: list[BuildEvent] = []
        self.closed = False
        self.on: Callable[[BuildEvent], None] = lambda _event: None

    def see(self, event: BuildEvent) -> None:
        self.events.append(event)
        self.on(event)

    def close(self) -> None:
        self.closed = True

    def of(self, kind: BuildEventKind) -> list[str | None]:
        return [event.image for event in self.events if event.kind is kind]


@dataclass
class Bench:
    """A machine on which builds are played."""

    cache: Path
    script: Script
    store: MemoryStore = field(default_factory=MemoryStore)
    watcher: Listener = field(default_factory=Listener)

    def build(self, *recipes: Recipe, **more: Any) -> BuildResult:
        return builder.build_images(
            recipes,
            store=self.store,  # type: ignore[arg-type]
            podman=Podman(),
            cache=self.cache,
            release=RELEASE,
            watcher=self.watcher,
            **{"parallel": 2, **more},
        )


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    @contextmanager
    def workplace(_cache: Path, _podman: Podman) -> Iterator[None]:
        yield None

    script = PlayedWork.script = Script()
    monkeypatch.setattr(builder, "ImageWork", PlayedWork)
    monkeypatch.setattr(builder, "open_workplace", workplace)
    monkeypatch.setattr(builder, "check_space", lambda *_args, **_more: None)
    monkeypatch.setattr(builder, "ensure_base_image", lambda *_args, **_more: "")
    monkeypatch.setattr(MemoryStore, "root", Path("/nowhere"), raising=False)
    return Bench(tmp_path, script)


def states(result: BuildResult) -> dict[str, str]:
    return {image.name: image.state.value for image in result.images}


def test_parents_come_first_and_everything_is_stored(bench: Bench) -> None:
    result = bench.build(*ALL)
    assert set(states(result).values()) == {"built"}
    assert [image.name for image in result.images] == ["base", "nova", "nova-api", "cron", "ceph"]
    begun = bench.script.begun
    assert begun.index("base") < begun.index("nova") < begun.index("nova-api")
    assert sorted(filter(None, bench.watcher.of(BuildEventKind.IMAGE_STORED))) == sorted(begun)
    assert bench.watcher.closed
    result.raise_unless_done()


def test_the_second_call_has_nothing_to_do(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.build(*ALL)
    bench.script.begun.clear()

    def refuse(*_args: Any, **_more: Any) -> None:
        pytest.fail("nothing may be started")

    monkeypatch.setattr(builder, "open_workplace", refuse)
    monkeypatch.setattr(builder, "ensure_base_image", refuse)
    result = bench.build(*ALL)
    assert set(states(result).values()) == {"up_to_date"}
    assert bench.script.begun == []
    assert result.records.keys() == {"base", "nova", "nova-api", "cron", "ceph"}


def test_no_more_than_parallel_are_built_at_once(bench: Bench) -> None:
    bench.script.seconds = 0.02
    leaves = [recipe(f"leaf{number}") for number in range(8)]
    bench.build(*leaves, parallel=3)
    assert bench.script.most == 3


def test_fewer_go_on_while_the_machine_has_other_work(bench: Bench) -> None:
    leaves = [recipe(f"leaf{number}") for number in range(6)]
    bench.script.seconds = 0.02
    result = bench.build(*leaves, parallel=3, at_most=lambda: 1)
    assert set(states(result).values()) == {"built"}
    assert bench.script.most == 1
    more = [recipe(f"later{number}") for number in range(6)]
    bench.script.seconds = 0.3
    bench.build(*more, parallel=3, at_most=lambda: 3 if len(bench.script.begun) > len(leaves) else 1)
    assert bench.script.most > 1


def test_a_failed_image_holds_back_its_children_alone(bench: Bench) -> None:
    bench.script.fails["nova"] = FailedError("nova failed at step 2", why="the last line", cure="try")
    result = bench.build(*ALL)
    assert states(result) == {
        "base": "built",
        "nova": "failed",
        "nova-api": "held_back",
        "cron": "built",
        "ceph": "built",
    }
    with pytest.raises(FailedError) as caught:
        result.raise_unless_done()
    assert caught.value.what == "nova was not built; 1 image held back: nova-api"
    assert caught.value.why == "nova failed at step 2\nthe last line"
    assert caught.value.exit_code == 1


def test_what_failed_is_tried_again_and_nothing_else(bench: Bench) -> None:
    bench.script.fails["nova"] = FailedError("nova failed")
    bench.build(*ALL)
    bench.script.fails.clear()
    bench.script.begun.clear()
    assert bench.build(*ALL).of(ImageState.FAILED) == ()
    assert bench.script.begun == ["nova", "nova-api"]


def test_an_image_that_could_not_be_stored_failed(bench: Bench) -> None:
    bench.script.store_fails["cron"] = FailedError("Storing the image cron failed")
    result = bench.build(*ALL)
    assert states(result)["cron"] == "failed"
    assert states(result)["nova-api"] == "built"


def test_a_full_disk_ends_what_has_not_begun(bench: Bench) -> None:
    bench.script.fails["base"] = no_space("base", "No space left on device")
    bench.script.waits["ceph"] = threading.Event()

    def on(event: BuildEvent) -> None:
        if event.kind is BuildEventKind.IMAGE_FAILED:
            bench.script.waits["ceph"].set()

    bench.watcher.on = on
    result = bench.build(*ALL, recipe("late"))
    assert states(result) == {
        "base": "failed",
        "nova": "held_back",
        "nova-api": "held_back",
        "cron": "held_back",
        "ceph": "built",
        "late": "held_back",
    }
    with pytest.raises(FailedError, match="base was not built") as caught:
        result.raise_unless_done()
    assert "images prune" in caught.value.cure


def test_a_stopped_build_ends_at_once_and_the_next_goes_on(bench: Bench) -> None:
    cancel = CancelToken()
    bench.script.waits["nova"] = threading.Event()

    def on(event: BuildEvent) -> None:
        if event.kind is BuildEventKind.IMAGE_STARTED and event.image == "nova":
            cancel.cancel("Ctrl-C")

    bench.watcher.on = on
    result = bench.build(*ALL, cancel=cancel)
    assert states(result)["base"] == "built"
    assert states(result)["nova"] == "cancelled"
    assert states(result)["nova-api"] == "cancelled"
    with pytest.raises(CancelledError) as caught:
        result.raise_unless_done()
    assert caught.value.why == "Ctrl-C"
    assert caught.value.exit_code == 4
    bench.script.waits.clear()
    bench.script.begun.clear()
    bench.watcher.on = lambda _event: None
    assert bench.build(*ALL).of(ImageState.CANCELLED) == ()
    assert "base" not in bench.script.begun


def test_a_fault_of_our_own_is_an_images_failure_and_not_a_hang(bench: Bench) -> None:
    bench.script.fails["nova"] = RuntimeError("a bug")  # type: ignore[assignment]
    result = bench.build(*ALL)
    assert states(result)["nova"] == "failed"
    assert states(result)["cron"] == "built"


def test_wheels_are_made_beside_the_images_that_do_not_need_them(bench: Bench) -> None:
    gate = threading.Event()
    mount = BuildMount(Path("/wheels"), "/target")

    def make() -> tuple[BuildMount, ...]:
        assert gate.wait(5)
        return (mount,)

    def on(event: BuildEvent) -> None:
        if event.kind is BuildEventKind.IMAGE_STORED and event.image == "ceph":
            gate.set()

    bench.watcher.on = on
    result = bench.build(*ALL, preparation=Preparation("wheels", frozenset({"nova"}), make))
    assert set(states(result).values()) == {"built"}
    assert bench.script.begun.index("ceph") < bench.script.begun.index("nova")
    assert bench.script.mounts["nova"] == (mount,)
    assert bench.script.mounts["cron"] == ()


def test_wheels_that_can_not_be_made_fail_the_images_that_need_them(bench: Bench) -> None:
    def make() -> tuple[BuildMount, ...]:
        raise FailedError("Building wheels failed", why="cc said no")

    result = bench.build(*ALL, preparation=Preparation("wheels", frozenset({"nova", "cron"}), make))
    assert states(result) == {
        "base": "built",
        "nova": "failed",
        "nova-api": "held_back",
        "cron": "held_back",
        "ceph": "built",
    }
    with pytest.raises(FailedError) as caught:
        result.raise_unless_done()
    assert "cc said no" in caught.value.why


def test_stopping_ends_the_wheels_too(bench: Bench) -> None:
    cancel, ended = CancelToken(), threading.Event()

    def make() -> tuple[BuildMount, ...]:
        cancel.cancel("Ctrl-C")
        assert ended.wait(5)
        raise FailedError("podman was stopped")

    preparation = Preparation("wheels", frozenset({"nova"}), make, stop=ended.set)
    result = bench.build(*ALL, preparation=preparation, cancel=cancel)
    assert result.cancelled == "Ctrl-C"
    assert states(result)["nova"] == "cancelled"
    assert result.of(ImageState.FAILED) == ()


def test_wheels_are_not_made_where_nobody_needs_them(bench: Bench) -> None:
    bench.build(*ALL)

    def make() -> tuple[BuildMount, ...]:
        pytest.fail("not needed")

    bench.build(*ALL, recipe("late"), preparation=Preparation("wheels", frozenset({"nova"}), make))
