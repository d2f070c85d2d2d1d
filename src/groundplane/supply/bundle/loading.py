"""Takes a bundle into this machine: its repositories into a folder of their own, its images into the store.

Nothing is used before signature and every file were checked. The folder gets its name when all is in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from groundplane.counting import size
from groundplane.errors import FailedError
from groundplane.files import write_atomically
from groundplane.supply.bundle.holders import BundleHolder, FolderHolder, StoreHolder
from groundplane.supply.bundle.images import FOLDER
from groundplane.supply.bundle.items import CHUNK
from groundplane.supply.bundle.manifest import BLOBS, MANIFEST, SIGNATURE
from groundplane.supply.bundle.reading import PART
from groundplane.supply.bundle.trust import check_signature
from groundplane.supply.bundle.verification import check_files, raise_damage
from groundplane.supply.bundle.writing import RESERVE_BYTES, explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from groundplane.supply.bundle.holders import Holder
    from groundplane.supply.bundle.manifest import FileEntry, ImageEntry
    from groundplane.supply.bundle.reading import Bundle
    from groundplane.supply.bundle.sources import Machine
    from groundplane.supply.bundle.trust import Trust
    from groundplane.supply.signature import Signer
    from groundplane.supply.store import Store

COPIES = 4


class Where(StrEnum):
    """Where the site's images go."""

    STORE = "store"
    PODMAN = "podman"
    DOCKER = "docker"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A bundle that was taken in.

    Attributes:
        folder: where its repositories are; None where just images were wanted.
        images: local name or name in the store of each image that is here now.
        copied: how many of them weren't here before.
    """

    bundle: Bundle
    signer: Signer | None
    folder: Path | None
    images: tuple[str, ...]
    copied: int


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asked for.

    Attributes:
        bases: bundles that this one builds on.
        where: where the site's images go; the manager's own tools always go to podman.
        images_only: leave packages, wheels and toolkit out.
        only_images: just these; all where empty.
    """

    trust: Trust
    bases: tuple[Bundle, ...] = ()
    where: Where = Where.STORE
    images_only: bool = False
    only_images: tuple[str, ...] = ()


def machine_holders(machine: Machine, bases: Sequence[Bundle]) -> list[Holder]:
    """Everything here that may have files of the bundle before, the quickest first."""
    from groundplane.supply.store.disk import StoreFiles  # noqa: PLC0415
    from groundplane.supply.store.opening import store_root  # noqa: PLC0415

    loaded = sorted(path for path in machine.loaded.glob("*") if path.is_dir() and not path.is_symlink())
    return [
        *(BundleHolder(base) for base in bases),
        StoreHolder(StoreFiles(store_root(machine.cache))),
        *(FolderHolder(path) for path in loaded if path.suffix != PART),
    ]


def load_bundle(
    bundle: Bundle,
    machine: Machine,
    options: Options,
    *,
    tell: Callable[[str], None] = lambda _: None,
    progress: Callable[[int], Callable[[int], None]] = lambda _: lambda _: None,
) -> Loaded:
    """Checks a bundle, then takes it in. What is here already isn't copied again.

    Raises:
        InputError: nobody is said to be trusted.
        FailedError: the bundle isn't whole, or not signed by somebody trusted; the disk is full; an image can't be
            copied.
    """
    signer = check_signature(bundle, options.trust)
    holders = machine_holders(machine, options.bases)
    tell(f"Checking {len(bundle.manifest.own):,} files, {bundle.manifest.bytes / 1e6:,.0f} MB")
    raise_damage(bundle, check_files(bundle, holders=holders, advance=progress(bundle.manifest.bytes)))
    folder = None if options.images_only else _take_files(bundle, holders, machine, tell)
    images, copied = _take_images(bundle, holders, machine, options, tell)
    if not options.images_only:
        _take_records(bundle, holders, machine)
    return Loaded(bundle, signer, folder, images, copied)


def _take_files(bundle: Bundle, holders: Sequence[Holder], machine: Machine, tell: Callable[[str], None]) -> Path:
    """Everything but images, in a folder that is named after the bundle; `current` points to it."""
    target = machine.loaded / f"{bundle.manifest.release}-{bundle.digest.partition(':')[2][:12]}"
    with explained(target):
        machine.loaded.mkdir(parents=True, exist_ok=True)
        wanted = {path: entry for path, entry in bundle.manifest.files.items() if not path.startswith(f"{FOLDER}/")}
        _need_room(machine.loaded, sum(entry.bytes for entry in wanted.values()))
        if not target.is_dir():
            tell(f"Taking over packages, wheels and toolkit to {target}")
            part = target.with_name(target.name + PART)
            shutil.rmtree(part, ignore_errors=True)
            for path, entry in wanted.items():
                _copy(_opener(bundle, holders, path, entry), part / path, program=entry.program)
            (part / MANIFEST).write_bytes(bundle.text)
            if bundle.signature is not None:
                (part / SIGNATURE).write_text(bundle.signature, encoding="utf-8")
            # Others read it, whatever our umask is.
            for folder in (machine.loaded, part, *(path for path in part.rglob("*") if path.is_dir())):
                folder.chmod(0o755)
            os.sync()
            part.rename(target)
        before = machine.current.resolve() if machine.current.is_symlink() else None
        link = machine.loaded / f".current{PART}"
        link.unlink(missing_ok=True)
        link.symlink_to(target.name)
        link.replace(machine.current)
        if before is not None and before != target.resolve():
            # The one before stays, to go back to; each is complete in itself.
            for old in machine.loaded.iterdir():
                if old.is_dir() and not old.is_symlink() and old.resolve() not in (before, target.resolve()):
                    shutil.rmtree(old)
    return target


def _take_images(
    bundle: Bundle, holders: Sequence[Holder], machine: Machine, options: Options, tell: Callable[[str], None]
) -> tuple[tuple[str, ...], int]:
    tools = [image for image in bundle.manifest.images if image.local is not None]
    sites = [image for image in bundle.manifest.images if image.local is None]
    if options.only_images:
        sites = [image for image in sites if image.name in options.only_images]
    with _layout(bundle, holders, machine) as layout:
        copied = 0
        if options.where is not Where.DOCKER:
            # The store's own image is among them, so they come first.
            tell(f"Taking over the manager's own images ({len(tools)})")
            copied = sum(_to_podman(layout, image, str(image.local), machine) for image in tools)
            _remember_bases(tools, machine)
        tell(f"Taking over the site's images ({len(sites)})")
        names: list[str] = []
        if options.where is Where.STORE:
            # The tools too: the next bundle may build on their layers.
            copied += len(set(_to_store(layout, [*sites, *tools], machine)) - {image.name for image in tools})
            names = [f"{image.name}:{image.tag}" for image in sites]
        elif sites:
            from groundplane.supply.model import IMAGE_NAMESPACE  # noqa: PLC0415

            for image in sites:
                local = f"{IMAGE_NAMESPACE}/{image.name}:{image.tag}"
                take = _to_podman if options.where is Where.PODMAN else _to_docker
                copied += take(layout, image, local, machine)
                names.append(local)
    return tuple(names), copied


def _to_store(layout: Path, images: Sequence[ImageEntry], machine: Machine) -> list[str]:
    """Names of those that weren't there."""
    from groundplane.supply.store import open_store  # noqa: PLC0415

    with open_store(cache=machine.cache, podman=machine.podman, memory=machine.runtime) as store:
        wanted = [image for image in images if store.has(image.name, image.tag) != image.digest]
        _need_room(store.root, sum(image.bytes for image in wanted))
        with ThreadPoolExecutor(COPIES, thread_name_prefix="bundle-load") as pool:
            for _ in pool.map(lambda image: _copy_to_store(layout, image, store), wanted):
                pass
    return [image.name for image in wanted]


def _copy_to_store(layout: Path, image: ImageEntry, store: Store) -> None:
    from groundplane.supply.skopeo import copy  # noqa: PLC0415

    copy(
        f"oci:{layout}:{image.name}:{image.tag}",
        store.reference(image.name, image.tag),
        destination_auth=store.auth_file,
        destination_tls=False,
    )
    if store.has(image.name, image.tag) != image.digest:
        raise FailedError(
            f"The image {image.name} did not arrive whole in the store",
            why=f"it should be {image.digest}",
            cure="Call again.",
        )


def _to_podman(layout: Path, image: ImageEntry, local: str, machine: Machine) -> int:
    """1 where it wasn't there."""
    from groundplane.supply.skopeo import copy, need_skopeo  # noqa: PLC0415

    need_skopeo()
    if image.local is not None and machine.podman.image_digest(local) == image.tag.rpartition("-")[2]:
        return 0
    found = machine.podman.list_images(local)
    if any(image.digest in (one.get("Digest"), *(one.get("Digests") or ())) for one in found):
        return 0
    with machine.podman.replacing(local):
        copy(f"oci:{layout}:{image.name}:{image.tag}", f"containers-storage:{local}")
    return 1


def _to_docker(layout: Path, image: ImageEntry, local: str, machine: Machine) -> int:
    """Docker's daemon takes no zstd layers and makes a manifest of its own; the image's id stays the same."""
    from groundplane.machine.host_commands import as_root, run_command  # noqa: PLC0415

    words = ["skopeo", "--insecure-policy", "copy", "--quiet"]
    with tempfile.TemporaryDirectory(prefix="docker-", dir=machine.cache / "bundle") as plain:
        source = f"oci:{layout}:{image.name}:{image.tag}"
        run_command(
            [*words, "--dest-decompress", source, f"dir:{plain}"], doing=f"Unpacking {image.name}", timeout=1800
        )
        run_command(
            as_root([*words, f"dir:{plain}", f"docker-daemon:{local}"]),
            doing=f"Giving {image.name} to Docker",
            timeout=1800,
        )
    return 1


def _remember_bases(tools: Sequence[ImageEntry], machine: Machine) -> None:
    """A base image that came in a bundle stands for the one that this machine could not build."""
    from groundplane.machine.base_image import remember_carried  # noqa: PLC0415

    for image in tools:
        name, _, suite = str(image.local).rpartition("/")[2].partition(":")
        digest = machine.podman.image_digest(str(image.local))
        if name == "base" and digest is not None:
            remember_carried(suite, digest, cache=machine.cache)


def _take_records(bundle: Bundle, holders: Sequence[Holder], machine: Machine) -> None:
    """What is known of each image, to where the store's records are."""
    for path, entry in bundle.manifest.files.items():
        for folder, target in (("release/records/", "records"), ("sboms/", "sboms")):
            if path.startswith(folder):
                file = machine.cache / "images" / target / path.removeprefix(folder)
                if not file.is_file():
                    with _opener(bundle, holders, path, entry)() as stream:
                        write_atomically(file, stream.read())


@contextmanager
def _layout(bundle: Bundle, holders: Sequence[Holder], machine: Machine) -> Iterator[Path]:
    """An OCI layout with every blob, as links to where they lie; what lies in a tar is copied out."""
    scratch = machine.cache / "bundle"
    with explained(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="layout-", dir=scratch) as name:
        layout = Path(name)
        with explained(layout):
            (layout / "blobs/sha256").mkdir(parents=True)
            wanted = {path: entry for path, entry in bundle.manifest.files.items() if path.startswith(f"{FOLDER}/")}
            if bundle.is_tar:
                _need_room(scratch, sum(entry.bytes for entry in wanted.values() if not entry.base))
            for path, entry in wanted.items():
                target = layout / path.removeprefix(f"{FOLDER}/")
                holder = _holder(bundle, holders, path, entry)
                file = holder.file(path)
                if path.startswith(BLOBS) and file is not None:
                    target.symlink_to(file.resolve())
                else:
                    _copy(_opener(bundle, holders, path, entry), target)
        yield layout


def _holder(bundle: Bundle, holders: Sequence[Holder], path: str, entry: FileEntry) -> Holder:
    if not entry.base:
        return BundleHolder(bundle)
    for holder in holders:
        if holder.damage(path, entry) is None:
            return holder
    raise FailedError(f"{path} is nowhere here", cure="Give the bundle that this one builds on with --base.")


def _opener(bundle: Bundle, holders: Sequence[Holder], path: str, entry: FileEntry) -> Callable[[], BinaryIO]:
    holder = _holder(bundle, holders, path, entry)
    return lambda: holder.open(path)


def _copy(opener: Callable[[], BinaryIO], target: Path, *, program: bool = False) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with opener() as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, CHUNK)
    target.chmod(0o755 if program else 0o644)


def _need_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if wanted + RESERVE_BYTES > free:
        raise FailedError(
            f"{folder} has too little room for the bundle's content",
            why=f"it needs {size(wanted + RESERVE_BYTES)}, {size(free)} are free",
            cure=f"Free some space (df -h {folder}) and call again; what is there already isn't copied again.",
        )
