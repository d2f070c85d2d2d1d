"""Whether a bundle is what its maker signed: the signature first, then every file's size and checksum."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import FailedError
from groundplane.supply.bundle.manifest import OUTSIDE, blob_path
from groundplane.supply.bundle.reading import hash_content, read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.supply.bundle.holders import Holder
    from groundplane.supply.bundle.manifest import FileEntry
    from groundplane.supply.bundle.reading import Bundle

THREADS = 4
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of all files found.

    Attributes:
        files: how many were read.
        bytes: how much was read.
        bad: path to what is wrong with it: missing, cut short, changed, extra.
        absent: files of the bundle before that nobody here holds.
    """

    files: int
    bytes: int
    bad: dict[str, str]
    absent: tuple[str, ...] = ()


class _Cancelled(Exception):  # noqa: N818 - no error: the pool is being emptied
    """Another thread met what ends the whole check."""


def check_files(
    bundle: Bundle,
    *,
    holders: Sequence[Holder] = (),
    skip: Callable[[str], bool] = lambda _: False,
    advance: Callable[[int], None] = lambda _: None,
) -> Checked:
    """Reads every file that the manifest names, several at once. The signature is not looked at.

    Args:
        holders: where files of the bundle before may be.
        skip: files that aren't wanted.
        advance: gets the number of bytes read, from several threads.
    """
    manifest, reader = bundle.manifest, bundle.reader
    bad = dict(reader.damage)
    wanted = [path for path in manifest.own if path not in bad and not skip(path)]
    for path in reader.sizes:
        if path not in manifest.own and path not in OUTSIDE:
            bad[path] = "is not in the manifest: it was added after the bundle was made"
    stop = threading.Event()

    def check(path: str) -> tuple[str, str | None]:
        return path, _damage(bundle, path, manifest.files[path], lambda count: _progress(advance, stop, count))

    with ThreadPoolExecutor(THREADS, thread_name_prefix="bundle-check") as pool:
        try:
            # The biggest first, so that no thread is left alone with one at the end.
            results = list(pool.map(check, sorted(wanted, key=lambda path: -manifest.files[path].bytes)))
        except BaseException:
            stop.set()
            raise
    bad.update({path: what for path, what in results if what is not None})
    absent = [
        path
        for path, entry in manifest.inherited.items()
        if not skip(path) and not any(holder.damage(path, entry) is None for holder in holders)
    ]
    read = sum(manifest.files[path].bytes for path, what in results if what is None)
    return Checked(len(wanted), read, dict(sorted(bad.items())), tuple(absent))


def raise_damage(bundle: Bundle, checked: Checked) -> None:
    """Turns what is wrong into an error that names every file.

    Raises:
        FailedError: something is wrong.
    """
    where = str(bundle.path)
    if checked.bad:
        raise FailedError(
            f"The bundle {where} is not whole: {counted(len(checked.bad), 'file')} of {len(bundle.manifest.own):,} "
            f"{'differs' if len(checked.bad) == 1 else 'differ'}",
            why="\n".join(_named(_with_images(bundle, checked.bad))),
            cure="Bring the bundle again, or just these files; nothing of it was used.",
        )
    if checked.absent:
        base = bundle.manifest.base
        before = f"the bundle of {base.made_at} for release {base.release} ({base.manifest})" if base else "no bundle"
        named = _with_images(bundle, dict.fromkeys(checked.absent, ""))
        raise FailedError(
            f"The bundle {where} builds on another one, of which {counted(len(named), 'file')} can't be found here",
            why="\n".join([f"it builds on {before}", *_named(named)]),
            cure="Give that bundle with --base, or load it first.",
        )


def is_whole(checked: Checked) -> bool:
    """Whether nothing is wrong and nothing is wanting."""
    return not checked.bad and not checked.absent


def _with_images(bundle: Bundle, bad: dict[str, str]) -> dict[str, str]:
    """Says of a blob which images are made of it, as far as their manifests can be read."""
    owners: dict[str, list[str]] = {}
    for image in bundle.manifest.images:
        own = blob_path(image.digest)
        owners.setdefault(own, []).append(image.name)
        if own in bad or own not in bundle.reader.sizes:
            continue
        manifest = json.loads(read_all(bundle.reader, own))
        for blob in (manifest["config"], *manifest["layers"]):
            owners.setdefault(blob_path(blob["digest"]), []).append(image.name)
    return {
        path: f"(of the image {', '.join(dict.fromkeys(owners[path]))}) {what}" if path in owners else what
        for path, what in bad.items()
    }


def _named(bad: dict[str, str]) -> list[str]:
    lines = [f"{path} {what}".rstrip() for path, what in list(bad.items())[:MOST_NAMED]]
    more = len(bad) - len(lines)
    return [*lines, f"… and {more:,} more (--json names all)"] if more > 0 else lines


def _progress(advance: Callable[[int], None], stop: threading.Event, count: int) -> None:
    if stop.is_set():
        raise _Cancelled
    advance(count)


def _damage(bundle: Bundle, path: str, entry: FileEntry, advance: Callable[[int], None]) -> str | None:
    reader = bundle.reader
    size = reader.sizes.get(path)
    if size is None:
        return "is missing: the tar was cut short before it" if reader.cut else "is missing"
    if size != entry.bytes:
        how = "is cut short" if size < entry.bytes else "is too long"
        return f"{how}: {size:,} bytes instead of {entry.bytes:,}"
    try:
        found = hash_content(reader, path, advance)
    except OSError as error:
        return f"can't be read: {error.strerror or error}"
    return None if found == entry.sha256 else f"was changed: its SHA-256 is {found[:12]}…, not {entry.sha256[:12]}…"
