"""Source archives in the form that Kolla's Dockerfiles add: NAME-archive beside the Dockerfile."""

from __future__ import annotations

import io
import tarfile
import zlib
from typing import TYPE_CHECKING

from groundplane.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CONSTRAINTS = ("openstack-base", "kolla-toolbox")
"""Images whose archive is OpenStack's requirements project: one folder with upper-constraints.txt."""
COLLECTIONS = ("plugins", "additions")
"""Archives that hold a folder of their own name, with whatever the release pins for the image, or nothing."""


def constraints_archive(constraints: bytes) -> bytes:
    """A tar with requirements/upper-constraints.txt; the same bytes for the same constraints."""
    return _tar([("requirements", None), ("requirements/upper-constraints.txt", constraints)])


def collection_archive(name: str, archives: Sequence[Path]) -> bytes:
    """A tar with the folder `name`, into which each of the archives is unpacked.

    Raises:
        FailedError: one of them can't be read.
    """
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(_member(name, None))
        for archive in archives:
            try:
                with tarfile.open(archive) as source:
                    _copy_members(source, tar, name)
            except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
                raise FailedError(
                    f"The source archive {archive.name} can't be read",
                    why=str(error),
                    cure=f"Remove {archive}, so that it is fetched again.",
                ) from error
    return target.getvalue()


def _copy_members(source: tarfile.TarFile, tar: tarfile.TarFile, folder: str) -> None:
    for member in source:
        parts = member.name.split("/")
        if member.name.startswith("/") or ".." in parts:
            raise tarfile.TarError(f"{member.name} points out of the archive")
        copy = tarfile.TarInfo(f"{folder}/{member.name}")
        copy.type, copy.linkname, copy.size = member.type, member.linkname, member.size
        copy.mode, copy.mtime = member.mode, int(member.mtime)
        tar.addfile(copy, source.extractfile(member) if member.isfile() else None)


def _tar(members: Sequence[tuple[str, bytes | None]]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members:
            tar.addfile(_member(name, data), io.BytesIO(data) if data is not None else None)
    return target.getvalue()


def _member(name: str, data: bytes | None) -> tarfile.TarInfo:
    """Root's, and of no day; a folder where there is no data."""
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
    member.mode = 0o755 if data is None else 0o644
    member.size = 0 if data is None else len(data)
    return member
