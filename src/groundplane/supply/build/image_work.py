"""The work on one image: its build, the look at what came out, its copy in the store, its record."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.errors import CancelledError, FailedError
from groundplane.machine.base_image import base_image_name
from groundplane.supply.build.contents import image_packages
from groundplane.supply.build.failure import NO_SPACE, build_failure, no_space
from groundplane.supply.build.podman_build import IDENTITY_LABEL, BuildLog, build_words
from groundplane.supply.build.targets import Target, Why
from groundplane.supply.model import ImageRecord
from groundplane.supply.pins import check_against_pins, unpinned_error, write_pins
from groundplane.supply.records import log_path, read_record, sbom_path, write_record
from groundplane.supply.sbom import write_sbom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.machine.processes import Processes
    from groundplane.supply.build.workplace import Workplace
    from groundplane.supply.model import BuildMount
    from groundplane.supply.packages import PackagesFound
    from groundplane.supply.store import Store

LOCK_SECONDS = 0.5
NO_SPACE_BYTES = 50_000_000
ARCHIVE_ENDINGS = (".tar.gz", ".tar.xz", ".tar.bz2", ".tgz", ".zip", ".jar")


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image in podman's storage, whole and looked through, not stored yet."""

    target: Target
    image_id: str
    bytes: int
    seconds: float
    packages: PackagesFound


@dataclass(slots=True)
class ImageWork:
    """What all images' work shares."""

    cache: Path
    podman: Podman
    store: Store
    workplace: Workplace
    processes: Processes
    targets: Mapping[str, Target]
    archive_names: Mapping[str, str] = field(default_factory=dict)
    """sha256 of a source archive to its file name."""
    more_mounts: Mapping[str, tuple[BuildMount, ...]] = field(default_factory=dict)
    """By image, besides those of its recipe."""
    release_constraints: Sequence[str] = ()

    @contextmanager
    def alone(self, target: Target) -> Iterator[None]:
        """Two commands that want the same image take turns.

        Raises:
            CancelledError: somebody asked to stop meanwhile.
        """
        folder = self.cache / "images/work.locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{target.name}-{target.tag}").open("a") as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if self.processes.stopped:
                        raise CancelledError(f"{target.name} was not built", why="asked to stop") from None
                    time.sleep(LOCK_SECONDS)
            yield

    def made_meanwhile(self, target: Target, since: str) -> ImageRecord | None:
        """The record that another command wrote for this image since then (ISO 8601)."""
        record = read_record(self.cache, target.name, target.tag)
        if record is None or record.built_at < since or not self.store.has_digest(target.name, record.digest):
            return None
        return None if target.pins is not None and check_against_pins(record, target.pins) else record

    def build(self, target: Target, on_step: Callable[[int, int, str], None]) -> BuiltImage:
        """Builds it, looks what is in it, and gives it its name in podman's storage.

        Raises:
            FailedError: with the log's last lines, or the package that isn't in the locked version.
            CancelledError: somebody asked to stop.
        """
        left = None if target.why is Why.FRESH else self._left_by_another(target)
        if left is not None:
            return left
        log = log_path(self.cache, target.name, target.tag)
        try:
            return self._build(target, log, on_step)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise no_space(target.name, str(error), self.cache) from error
            raise FailedError(f"{target.name} failed", why=str(error), cure=f"Read {log}") from error

    def keep(self, built: BuiltImage) -> ImageRecord:
        """Copies the image to the store and writes bill of materials and record.

        Raises:
            FailedError, CancelledError: as `Store.push`.
        """
        target = built.target
        try:
            digest = self.store.push(target.local_name, target.name, target.tag, processes=self.processes)
        except FailedError as error:
            # A registry whose disk is full answers 500 and no more.
            if NO_SPACE.search(error.why) or self.store.free_bytes() < NO_SPACE_BYTES:
                raise no_space(target.name, error.why, self.store.root) from error
            raise
        record = ImageRecord(
            name=target.name,
            release=target.release,
            identity=target.identity,
            digest=digest,
            image_id=built.image_id,
            parent=target.recipe.parent,
            suite=target.recipe.suite,
            bytes=built.bytes,
            stored_bytes=self.store.stored_bytes(target.name, digest),
            seconds=round(built.seconds, 1),
            built_at=now(),
            debian=built.packages.debian,
            python=built.packages.python,
            java=built.packages.java,
            archives=context_archives(target.recipe.context, self.archive_names),
        )
        write_sbom(record, sbom_path(self.cache, target.name, target.tag))
        write_record(self.cache, record)
        return record

    def _build(self, target: Target, log: Path, on_step: Callable[[int, int, str], None]) -> BuiltImage:
        parent = self._parent(target)
        name = self.workplace.temporary_name(target.name)
        mounts = (*target.recipe.mounts, *self.more_mounts.get(target.name, ()), *self._pin_mounts(target))
        words = build_words(target, parent=parent, mounts=mounts, workplace=self.workplace, podman=self.podman)
        begun = time.monotonic()
        with BuildLog(log, on_step) as lines:
            lines.head(target, parent)
            code = self.processes.run(words, on_line=lines.line)
        seconds = time.monotonic() - begun
        if code != 0:
            raise build_failure(target.name, code, log)
        packages = image_packages(name, self.podman)
        built = self._seen(target, name, seconds, packages)
        if target.pins is not None:
            differences = check_against_pins(_record(built), target.pins)
            if differences:
                self.podman.run("rmi", name, doing=f"Removing {target.name}")
                raise unpinned_error(target.name, differences)
        with self.podman.replacing(target.local_name):
            self.podman.run("tag", name, target.local_name, doing=f"Naming the image {target.name}")
            self.podman.run("untag", name, name, doing=f"Naming the image {target.name}")
        return built

    def _left_by_another(self, target: Target) -> BuiltImage | None:
        """An image that is whole in podman's storage: a command was killed before storing it, or the store lost it."""
        found = self.podman.inspect_image(target.local_name)
        if found is None or (found.get("Labels") or {}).get(IDENTITY_LABEL) != target.identity:
            return None
        seconds = BuildLog.seconds(log_path(self.cache, target.name, target.tag))
        built = self._seen(target, target.local_name, seconds, image_packages(target.local_name, self.podman))
        if target.pins is not None and check_against_pins(_record(built), target.pins):
            return None
        return built

    def _parent(self, target: Target) -> str:
        """The parent's name in podman's storage, fetched from the store where podman's storage lost it."""
        if target.recipe.parent is None:
            return base_image_name(target.recipe.suite)
        parent = self.targets[target.recipe.parent]
        found = self.podman.inspect_image(parent.local_name)
        # One that was just built is in podman's storage; the record may be its predecessor's yet.
        wanted = parent.record.image_id.removeprefix("sha256:") if parent.record is not None else None
        if found is not None and wanted in (None, found["Id"]):
            return parent.local_name
        record = parent.record or read_record(self.cache, parent.name, parent.tag)
        if record is None:
            raise FailedError(f"{target.name} can't be built", why=f"podman's storage has no {parent.local_name}")
        return self.store.fetch(parent.name, record.digest, tag=parent.tag)

    def _pin_mounts(self, target: Target) -> tuple[BuildMount, ...]:
        if target.pins is None:
            return ()
        folder = self.workplace.image_folder(target.name) / "pins"
        return write_pins(folder, target.pins, release_constraints=self.release_constraints)

    def _seen(self, target: Target, name: str, seconds: float, packages: PackagesFound) -> BuiltImage:
        found = self.podman.inspect_image(name)
        if found is None:
            raise FailedError(f"{target.name} failed", why=f"podman built it, and has no {name} afterwards")
        return BuiltImage(target, f"sha256:{found['Id']}", int(found["Size"]), seconds, packages)


def context_archives(context: Path, names: Mapping[str, str]) -> dict[str, str]:
    """Source archives in a build's context, file name to sha256. Those that aren't pinned are made here: no sources."""
    found = {}
    for path in sorted(context.rglob("*")):
        if path.is_file() and (path.name.endswith("-archive") or path.name.endswith(ARCHIVE_ENDINGS)):
            with path.open("rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
            if checksum in names:
                found[names[checksum]] = checksum
    return found


def now() -> str:
    """ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _record(built: BuiltImage) -> ImageRecord:
    """As much of a record as the comparison with pins needs."""
    target = built.target
    return ImageRecord(
        name=target.name,
        release=target.release,
        identity=target.identity,
        digest="",
        image_id=built.image_id,
        parent=target.recipe.parent,
        suite=target.recipe.suite,
        bytes=built.bytes,
        stored_bytes=0,
        seconds=built.seconds,
        built_at=now(),
        debian=built.packages.debian,
        python=built.packages.python,
        java=built.packages.java,
    )
