"""The engine's steps that build what images.lock lacks (supply.build, supply.ceph_build); see `layers.actions`.

They run beside the steps that work on hosts: with a lower priority (nice), and on half of the processors while any of
these goes on.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.machine.podman import host_podman
from groundplane.supply.build.events import BuildEventKind
from groundplane.supply.catalogue import needed_images
from groundplane.supply.lacking import lacking_for, lacking_images
from groundplane.supply.signature import SIGNING_KEY, signing_key
from groundplane.supply.site_build import build_for_site
from groundplane.supply.trusted_lock import write_signed_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from groundplane.layers.actions import ActionCall
    from groundplane.site.site import Site
    from groundplane.supply.build.events import BuildEvent

NICENESS = 10
"""Ansible, and what it starts on a lab's nodes, comes first."""
LOOK = "Look what images.lock lacks"
WRITE = "Write and sign images.lock"


@dataclass(frozen=True, slots=True)
class Building:
    """What one step builds; `action` is its name in layers.yml."""

    action: str

    def state(self, site: Site) -> dict[str, str]:
        """Nothing to compare: what the lock lacks is told by the plan itself."""
        del site
        return {}

    def carry_out(self, call: ActionCall) -> None:
        """Builds, and writes the lock with what was built, also where some of it failed.

        Raises:
            InputError: nobody can sign; as `build_for_site`.
            FailedError: an image failed; the others are built and locked.
            CancelledError: `stopped` said so; what is built is kept, and the next call goes on.
        """
        call.begin(LOOK)
        lacking = lacking_for(self.action, call.site, lacking_images(call.site))
        call.report(LOOK, status="ok", reason=counted(len(lacking), "image") if lacking else "nothing")
        if not lacking:
            return
        if call.check:
            for image in lacking:
                call.begin(f"Build {image.name}")
                call.report(f"Build {image.name}", status="changed")
            return
        # A first build takes what the mirrors have, and not what Ceph's, some minutes ago, found there.
        known = len(lacking) < len(lacking_for(self.action, call.site, needed_images(call.site)))
        key = signing_key(_secrets(call.site), call.site.path)

        def build() -> None:
            cores = os.cpu_count() or 1
            parallel = call.site.file.images.parallel or cores
            built = build_for_site(
                call.site,
                lacking,
                cache=call.places.cache,
                memory=call.places.memory,
                podman=host_podman(),
                parallel=parallel,
                at_most=lambda: parallel if call.alone() else max(1, cores // 2),
                watcher=_Watcher(call),
                cancel=_Stopped(call.stopped),
                keep_versions=known,
                looking=nullcontext(call.say),
            )
            if built.lock is not None:
                call.begin(WRITE)
                write_signed_lock(call.site.path, built.lock, private_key=key, runtime=call.places.memory)
                call.report(WRITE, status="changed")
            built.result.raise_unless_done()

        nicely(build)


CEPH = Building("build_ceph_images")
REST = Building("build_images")


def _secrets(site: Site) -> Mapping[str, object]:
    found = site.variables.value(SIGNING_KEY, None)
    return {SIGNING_KEY: found.value} if found is not None else {}


def nicely(work: Callable[[], None]) -> None:
    """Does the work, and all that it starts, with a lower priority than the rest of this process; blocks.

    Linux keeps a priority for each thread, and what a thread starts inherits its own.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="nice", initializer=_be_nice) as pool:
        pool.submit(work).result()


def _be_nice() -> None:
    own = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, own, max(os.getpriority(os.PRIO_PROCESS, own), NICENESS))


class _Stopped:
    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped

    def __bool__(self) -> bool:
        return self._stopped()

    @property
    def why(self) -> str:
        return "asked to stop"


class _Watcher:
    """Each image is a task."""

    def __init__(self, call: ActionCall) -> None:
        self._call = call

    def see(self, event: BuildEvent) -> None:
        data, task = event.data, f"Build {event.image}"
        match event.kind:
            case BuildEventKind.BUILD_STARTED:
                self._call.say(f"{counted(len(data['images']), 'image')} to build, {data['up_to_date']} up to date")
            case BuildEventKind.PREPARING:
                self._call.begin(f"Make the {data['name']}")
            case BuildEventKind.PREPARED:
                self._call.report(f"Make the {data['name']}", status="changed", seconds=float(data["seconds"]))
            case BuildEventKind.IMAGE_STARTED:
                self._call.begin(task)
            case BuildEventKind.IMAGE_STORED:
                self._call.report(task, status="changed", seconds=float(data["seconds"]))
            case BuildEventKind.IMAGE_FAILED:
                self._call.report(task, status="failed", reason=f"{data['reason']}; {data['log']}")
            case BuildEventKind.IMAGE_HELD_BACK:
                self._call.begin(task)
                self._call.report(task, status="skipped", reason=str(data["reason"]))
            case BuildEventKind.NOTE:
                self._call.say(str(data["text"]))
            case _:
                pass

    def close(self) -> None:
        pass
