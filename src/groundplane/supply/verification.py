"""Whether lock, store, registry and hosts hold the same images. Every difference is named, with what to do about it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from groundplane.errors import GroundplaneError
from groundplane.site.derived_images import copied_images, hosts_reference, registry_variables
from groundplane.supply.download import file_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock, LockedImage
    from groundplane.site.site import Site
    from groundplane.supply.running_images import HostImages, RunningContainer
    from groundplane.supply.site_registry import SiteRegistry

_ASKED_AT_ONCE = 8
_SHORT = len("sha256:") + 12


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that isn't as the lock says. `image` is empty where it is about a place as a whole."""

    place: str
    image: str
    what: str
    cure: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A place that was looked at: the store, the registry or a host.

    Attributes:
        images: how many images were compared there; on a host also how many containers run from them.
        note: what else there is to say, where nothing could be compared.
    """

    place: str
    images: int = 0
    containers: int | None = None
    findings: tuple[Finding, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """All that was looked at."""

    signer: str
    images: int
    checked: tuple[Checked, ...] = field(default=())

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for checked in self.checked for finding in checked.findings)


class StoreReader(Protocol):
    """What is asked of the store's files (`store.disk.StoreFiles`)."""

    def names(self) -> tuple[str, ...]: ...
    def is_whole(self, name: str, digest: str) -> bool: ...
    def has_revision(self, name: str, digest: str) -> bool: ...
    def blob_path(self, digest: str) -> Path: ...
    def json_blob(self, digest: str) -> dict[str, object] | None: ...


def verify_store(lock: ImagesLock, files: StoreReader, *, deep: bool = False) -> Checked:
    """Whether this machine's store has every image that was built, whole; `deep` reads every byte of it.

    A machine without a store (images were built elsewhere) is no difference: what counts is then in the registry.
    """
    images = {name: image for name, image in lock.images.items() if image.identity is not None}
    if not images:
        return Checked("store", note="the site's images aren't built here")
    if not files.names():
        return Checked("store", note="this machine has no images: they were built on another one")
    findings = []
    sound: dict[str, bool] = {}
    for name, image in images.items():
        if not files.has_revision(name, image.digest):
            findings.append(_missing("store", name, image))
        elif not files.is_whole(name, image.digest):
            findings.append(_damaged(name, "a part of it is missing or cut short"))
        elif deep:
            wrong = [blob for blob in _blobs(files, image.digest) if not _is_sound(files, blob, sound)]
            if wrong:
                findings.append(_damaged(name, f"{', '.join(_short(blob) for blob in wrong)} has another checksum"))
    return Checked("store", images=len(images), findings=tuple(findings))


def _blobs(files: StoreReader, digest: str) -> list[str]:
    """Digests of an image's manifest, configuration and layers."""
    manifest: dict[str, object] = files.json_blob(digest) or {}
    parts = [manifest.get("config"), *(layers if isinstance(layers := manifest.get("layers"), list) else [])]
    return [digest, *(str(part["digest"]) for part in parts if isinstance(part, dict))]


def _is_sound(files: StoreReader, digest: str, known: dict[str, bool]) -> bool:
    if digest not in known:
        try:
            known[digest] = f"sha256:{file_sha256(files.blob_path(digest))}" == digest
        except OSError:
            known[digest] = False
    return known[digest]


def _missing(place: str, name: str, image: LockedImage) -> Finding:
    cure = "groundplane images build makes it, groundplane bundle load brings it."
    return Finding(place, name, f"the image in the lock is missing ({image.tag}, {_short(image.digest)})", cure)


def _damaged(name: str, why: str) -> Finding:
    return Finding("store", name, f"damaged: {why}", f"groundplane images build --fresh {name}")


def verify_registry(
    site: Site,
    lock: ImagesLock,
    registry: Callable[[], SiteRegistry],
    *,
    ask: Callable[[str], str | None],
) -> Checked:
    """Whether the registries that hosts pull from have the locked digests, and tags still mean them.

    Args:
        registry: opens the site's own; only called where images belong into it.
        ask: the digest of a reference in a registry of others (`skopeo.inspect_digest`), None where it's missing.
    """
    own = copied_images(site.file, lock)
    others = {name: image for name, image in lock.run_images().items() if name not in own and image.reference}
    findings: list[Finding] = []
    place = "registry"
    if own:
        try:
            found = registry()
            place = f"registry {found.address}"
            findings += _own_registry(place, found, own)
        except GroundplaneError as error:
            findings.append(_unasked(place, error))
    if others:
        findings += _others(others, ask)
    return Checked(place, images=len(own) + len(others), findings=tuple(findings))


def _own_registry(place: str, registry: SiteRegistry, images: Mapping[str, LockedImage]) -> list[Finding]:
    findings = []
    push = "groundplane images push"
    with registry.reader() as client:
        for name, image in images.items():
            path = registry.path(name)
            if client.digest(path, image.digest) is None:
                what = f"the image in the lock is missing ({image.tag}, {_short(image.digest)})"
                findings.append(Finding(place, name, what, f"{push} {name}"))
                continue
            tagged = client.digest(path, image.tag)
            if tagged is not None and tagged != image.digest:
                what = f"the tag {image.tag} stands for {_short(tagged)}, the lock says {_short(image.digest)}"
                findings.append(
                    Finding(
                        place, name, what, f"Somebody pushed over it. groundplane images push {name} puts it right."
                    )
                )
    return findings


def _others(images: Mapping[str, LockedImage], ask: Callable[[str], str | None]) -> list[Finding]:
    """A registry that can't be asked is one difference, however many images should be there."""

    def answer(image: LockedImage) -> str | GroundplaneError | None:
        try:
            return ask(image.reference or "")
        except GroundplaneError as error:
            return error

    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        answers = dict(zip(images, pool.map(answer, images.values()), strict=True))
    findings = []
    unasked: dict[tuple[str, type[GroundplaneError]], tuple[GroundplaneError, list[str]]] = {}
    for name, found in answers.items():
        reference = images[name].reference or ""
        place = reference.partition("/")[0]
        if isinstance(found, GroundplaneError):
            unasked.setdefault((place, type(found)), (found, []))[1].append(name)
        elif found is None:
            cure = "groundplane images lock takes what is there now; look at what it changes."
            findings.append(Finding(place, name, f"the image in the lock is missing ({reference})", cure))
    for (place, _), (error, names) in unasked.items():
        findings.append(
            _unasked(place, error, names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more")
        )
    return findings


def _unasked(place: str, error: GroundplaneError, image: str = "") -> Finding:
    why = f"{error.what}: {error.why.splitlines()[-1]}" if error.why else error.what
    return Finding(place, image, f"can't be asked: {why}", error.cure)


def verify_hosts(site: Site, lock: ImagesLock, found: Mapping[str, HostImages]) -> list[Checked]:
    """Whether each host has the images that it needs, and what runs there is what the lock says."""
    registry = registry_variables(site.file, site.inventory)
    references = {name: hosts_reference(site.file, registry, name, image) for name, image in lock.run_images().items()}
    wanted: dict[str, list[str]] = {host: [] for host in found}
    for name, image in lock.run_images().items():
        for group in image.groups:
            for host in site.inventory.group_hosts.get(group, ()):
                if host in wanted and name not in wanted[host]:
                    wanted[host].append(name)
    return [_host(images, lock, references, wanted[host]) for host, images in found.items()]


def _host(found: HostImages, lock: ImagesLock, references: Mapping[str, str], wanted: Sequence[str]) -> Checked:
    host = found.host
    findings = []
    if found.error:
        cure = f"groundplane plan --limit {host} says what is wrong there."
        findings.append(Finding(host, "", f"can't be asked: {found.error}", cure))
        if not found.images:
            return Checked(host, findings=tuple(findings))
    have = {name for names in found.images.values() for name in names}
    for name in wanted:
        image = lock.images[name]
        if references[name] not in have and image.image_id not in found.images:
            what = f"not pulled ({image.tag}, {_short(image.digest)})"
            findings.append(Finding(host, name, what, f"groundplane apply supply.pull --limit {host}"))
    repositories = {repository(reference): name for name, reference in references.items()}
    prefixes = {path.rpartition("/")[0] for path in repositories}
    ours = 0
    for container in found.containers:
        path = repository(container.reference)
        name = repositories.get(path, "")
        if not name and path.rpartition("/")[0] not in prefixes:
            continue
        ours += 1
        what = _difference(container, lock.images.get(name), found)
        if what:
            cure = f"groundplane plan --limit {host} says which step runs it anew."
            findings.append(Finding(host, name or path.rpartition("/")[2], f"{container.name} {what}", cure))
    return Checked(host, images=len(wanted), containers=ours, findings=tuple(findings))


def _difference(container: RunningContainer, image: LockedImage | None, found: HostImages) -> str:
    """What is wrong with what a container runs; empty where nothing is."""
    if image is None:
        return f"runs {container.reference}, which isn't in the lock"
    names = found.images.get(container.image_id, ())
    digests = {name.partition("@")[2] for name in (*names, container.reference) if "@" in name}
    # Engines differ in what they call an image's id: the configuration's digest, or the manifest's.
    if image.digest in digests or container.image_id in (image.digest, image.image_id):
        return ""
    runs = next(iter(sorted(digests)), container.image_id)
    return f"runs {_short(runs)}, the lock says {_short(image.digest)}"


def repository(reference: str) -> str:
    """HOST[:PORT]/PATH of a reference, without tag and digest."""
    path = reference.partition("@")[0]
    head, slash, last = path.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _short(digest: str) -> str:
    return digest[:_SHORT]
