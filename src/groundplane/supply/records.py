"""Records of built images: CACHE/images/records/NAME-TAG.json, one file an image, beside the store.

A record is written last of all that a build leaves behind: an image without one counts as not built.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from groundplane.files import write_atomically
from groundplane.supply.model import ImageRecord, Package

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KINDS = ("debian", "python", "java")


def records_folder(cache: Path) -> Path:
    return cache / "images/records"


def record_path(cache: Path, name: str, tag: str) -> Path:
    return records_folder(cache) / f"{name}-{tag}.json"


def sbom_path(cache: Path, name: str, tag: str) -> Path:
    """Where the image's bill of materials lies (CycloneDX, JSON)."""
    return cache / f"images/sboms/{name}-{tag}.cdx.json"


def log_path(cache: Path, name: str, tag: str) -> Path:
    """Where the last attempt to build the image was logged."""
    return cache / f"images/logs/{name}-{tag}.log"


def read_record(cache: Path, name: str, tag: str) -> ImageRecord | None:
    """The newest one; None where there is none, or what lies there is damaged: the image is then built again."""
    return _read(record_path(cache, name, tag))


def read_records(cache: Path, name: str, tag: str) -> tuple[ImageRecord, ...]:
    """All of one tag, newest first: an image that was built anew with other package versions keeps its old records."""
    newest = record_path(cache, name, tag)
    older = sorted(newest.parent.glob(f"{newest.stem}.*.json"))
    found = [record for record in map(_read, [newest, *older]) if record is not None]
    return tuple(sorted(found, key=lambda record: record.built_at, reverse=True))


def write_record(cache: Path, record: ImageRecord) -> Path:
    """Written whole or not at all. A former build's record under the same tag moves aside to NAME-TAG.DIGEST.json.

    Raises:
        FailedError: the disk is full, or the cache can't be written to.
    """
    path = record_path(cache, record.name, record.tag)
    former = _read(path)
    if former is not None and former.digest != record.digest:
        path.replace(_aside(cache, former))
    data = asdict(record)
    for kind in KINDS:
        data[kind] = [list(package.values()) for package in data[kind]]
    write_atomically(path, json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
    return path


def find_record_file(cache: Path, record: ImageRecord) -> Path:
    """The file that a record was read from."""
    aside = _aside(cache, record)
    return aside if aside.is_file() else record_path(cache, record.name, record.tag)


def mark_used(cache: Path, records: Iterable[ImageRecord]) -> None:
    """Notes that images are in use today, which `images prune` goes by: the file's time."""
    for record in records:
        with suppress(OSError):
            os.utime(find_record_file(cache, record))


def _aside(cache: Path, record: ImageRecord) -> Path:
    newest = record_path(cache, record.name, record.tag)
    return newest.with_name(f"{newest.stem}.{record.digest.partition(':')[2][:12]}.json")


def all_records(cache: Path) -> tuple[ImageRecord, ...]:
    """Every record, oldest first."""
    found = (_read(path) for path in sorted(records_folder(cache).glob("*.json")))
    return tuple(sorted((record for record in found if record is not None), key=lambda record: record.built_at))


def _read(path: Path) -> ImageRecord | None:
    try:
        data: dict[str, Any] = json.loads(path.read_bytes())
        data |= {kind: tuple(Package(*entry) for entry in data[kind]) for kind in KINDS}
        return ImageRecord(**data)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
