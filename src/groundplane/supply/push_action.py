"""The engine's step that brings images into the site's registry (supply.images); see `layers.actions`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import GroundplaneError, InputError
from groundplane.site.derived_images import copied_images
from groundplane.site.images_lock import has_lock, read_lock
from groundplane.supply.push import PushResult, missing_images, push_images
from groundplane.supply.site_registry import site_registry
from groundplane.supply.trusted_lock import read_trusted_lock

if TYPE_CHECKING:
    from groundplane.layers.actions import ActionCall
    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site

ASK_SECONDS = 5.0
"""A plan doesn't wait longer for a registry that doesn't answer."""
ITEM = "what the registry lacks"
NAMED = 5


def state(site: Site) -> dict[str, str]:
    """One item: the images that the registry should have and hasn't, "nothing" where it has all."""
    return _state(site, None)


def carry_out(call: ActionCall) -> None:
    """Pushes what the registry lacks of the lock, its signature verified.

    Raises:
        InputError: images.lock is missing or can't be trusted, or an image is nowhere.
        FailedError, CancelledError: see `push.push_images`.
    """
    _carry_out(call, None)


@dataclass(frozen=True, slots=True)
class Pushing:
    """The same for the images of one layer alone, ahead of all others."""

    layer: str

    def state(self, site: Site) -> dict[str, str]:
        return _state(site, self.layer)

    def carry_out(self, call: ActionCall) -> None:
        """As the module's own."""
        _carry_out(call, self.layer)


CEPH = Pushing("ceph")


def _names(lock: ImagesLock, layer: str | None) -> tuple[str, ...]:
    return tuple(name for name, image in lock.images.items() if image.run and image.layer == layer)


def _state(site: Site, layer: str | None) -> dict[str, str]:
    try:
        images = {}
        if has_lock(site.path):
            lock = read_lock(site.path)
            images = copied_images(site.file, lock)
            if layer is not None:
                images = {name: images[name] for name in _names(lock, layer) if name in images}
        missing = missing_images(site_registry(site), images, seconds=ASK_SECONDS) if images else []
    except GroundplaneError as error:
        return {ITEM: f"unknown ({error.what})"}
    named = ", ".join(missing[:NAMED])
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return {ITEM: f"{named}{more}" or "nothing"}


def _carry_out(call: ActionCall, layer: str | None) -> None:
    lock = read_trusted_lock(call.site.path)
    names = _names(lock, layer) if layer is not None else ()
    if layer is not None and not names:
        raise InputError(
            f"images.lock has no image for the layer {layer}", cure=f"groundplane images build --layer {layer}"
        )
    watcher = _Watcher(call)
    ask = "Ask the registry what it lacks"
    call.begin(ask)
    result = push_images(
        call.site,
        lock,
        names=names,
        cache=call.places.cache,
        memory=call.places.memory,
        watcher=watcher,
        stopped=call.stopped,
        check=call.check,
    )
    call.report(ask, status="ok", reason=_summary(result, check=call.check))
    if call.check:
        for name in result.pushed:
            task = f"Push {name}"
            call.begin(task)
            call.report(task, status="changed")


def _summary(result: PushResult, *, check: bool) -> str:
    here = f"{counted(len(result.present), 'image')} there"
    would = "would be pushed" if check else "pushed"
    return f"{here}, {len(result.pushed)} {would}" if result.pushed else here


class _Watcher:
    """Each image is a task."""

    def __init__(self, call: ActionCall) -> None:
        self._call = call
        self._tasks: dict[str, str] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, *, number: int, of: int, size: int | None) -> None:
        task = f"Push {name}, {number} of {of}{f', {size / 1e6:,.0f} MB' if size else ''}"
        with self._lock:
            self._tasks[name] = task
        self._call.begin(task)

    def end(self, name: str, *, seconds: float, error: str = "") -> None:
        with self._lock:
            task = self._tasks[name]
        self._call.report(task, status="failed" if error else "changed", seconds=seconds, reason=error)
