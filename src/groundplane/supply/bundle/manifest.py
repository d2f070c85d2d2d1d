"""The list of everything in a bundle, with sizes and checksums: the one file that is signed.

It is JSON with one file a line, so that the bundle's own installer reads it with sed on a machine that has nothing yet.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError, field_validator

from groundplane.errors import InputError
from groundplane.site.strict import Strict

FORMAT = 1
KIND = "groundplane-bundle"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
SIGNATURE_NAMESPACE = "groundplane-bundle"
"""What a signature is for, so that one for something else can't be passed off as a bundle's."""
BLOBS = "images/blobs/sha256"
"""The folder of all images' blobs (OCI image layout)."""
OUTSIDE = frozenset({MANIFEST, SIGNATURE})
"""Files of a bundle that the manifest can't list."""

COMPONENTS = {
    "images": "container images",
    "debian": "Debian packages",
    "debian-security": "Debian security updates",
    "wheels": "Python wheels",
    "toolkit": "the toolkit",
    "release": "release and lock",
    "sboms": "bills of materials",
    "installer": "installer",
}
"""First folder of a path to what it is; files at the top are the installer's."""

Checksum = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
SAFE_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~%:@=,-]*(/[A-Za-z0-9_][A-Za-z0-9._+~%:@=,-]*)*")
"""No empty part, no `..`, no absolute path, nothing that a shell or sed would read as something else."""


class FileEntry(Strict):
    """One file.

    Attributes:
        base: it is not in here but in the bundle that this one builds on, under the same path.
        mode: 0755 as text where it's a program.
    """

    bytes: int = Field(ge=0)
    sha256: Checksum
    base: bool = False
    program: bool = False


class BaseEntry(Strict):
    """The bundle that an incremental one builds on."""

    manifest: Digest
    release: str
    made_at: str


class ImageEntry(Strict):
    """An image.

    Attributes:
        name: its short name.
        tag: its tag in the store.
        digest: of its manifest.
        local: its name in podman's storage, where it's a tool that runs on the manager; None for the site's images.
        bytes: of its compressed layers and its configuration.
    """

    name: str
    tag: str
    digest: Digest
    bytes: int = Field(ge=0)
    local: str | None = None


class PackageEntry(Strict):
    """A Debian package or a Python wheel."""

    name: str
    version: str
    file: str


class Manifest(Strict):
    """manifest.json."""

    kind: Literal["groundplane-bundle"] = "groundplane-bundle"
    format: Literal[1] = 1
    release: str
    toolkit: str = Field(description="Version of the toolkit that made it.")
    architecture: str = Field(description="Debian's name, such as amd64.")
    suites: tuple[str, ...] = Field(description="Debian suites that it has packages and wheels for.")
    made_at: str = Field(description="ISO 8601, UTC.")
    base: BaseEntry | None = None
    images: tuple[ImageEntry, ...] = ()
    debian: tuple[PackageEntry, ...] = ()
    wheels: tuple[PackageEntry, ...] = ()
    files: dict[str, FileEntry]

    @field_validator("files")
    @classmethod
    def _safe(cls, files: dict[str, FileEntry]) -> dict[str, FileEntry]:
        for path in files:
            if SAFE_PATH.fullmatch(path) is None or path in OUTSIDE:
                raise ValueError(f"{path!r} can't be the path of a file in a bundle")
        return files

    @property
    def own(self) -> dict[str, FileEntry]:
        """The files that the bundle itself holds."""
        return {path: entry for path, entry in self.files.items() if not entry.base}

    @property
    def inherited(self) -> dict[str, FileEntry]:
        """The files that the bundle before holds."""
        return {path: entry for path, entry in self.files.items() if entry.base}

    @property
    def bytes(self) -> int:
        """What the bundle itself holds, the manifest not counted."""
        return sum(entry.bytes for entry in self.own.values())


def component_of(path: str) -> str:
    """The component (a key of `COMPONENTS`) that a file belongs to."""
    first, slash, _ = path.partition("/")
    return first if slash and first in COMPONENTS else "installer"


def blob_path(digest: str) -> str:
    """Where a blob lies in a bundle."""
    return f"{BLOBS}/{digest.partition(':')[2]}"


def manifest_digest(text: bytes) -> str:
    """sha256:…, which a bundle is known by."""
    return "sha256:" + hashlib.sha256(text).hexdigest()


def write_manifest(manifest: Manifest) -> bytes:
    """The manifest's bytes: sorted, one file a line."""
    data = manifest.model_dump(mode="json", exclude={"files"})
    head = json.dumps(data, indent=1, ensure_ascii=False)
    lines = []
    for path, entry in sorted(manifest.files.items()):
        shown = {
            "bytes": entry.bytes,
            "sha256": entry.sha256,
            **({"base": True} if entry.base else {}),
            **({"program": True} if entry.program else {}),
        }
        lines.append(f"  {json.dumps(path)}: {json.dumps(shown)}")
    return (head.removesuffix("\n}") + ',\n "files": {\n' + ",\n".join(lines) + "\n }\n}\n").encode()


def read_manifest(text: bytes, where: str) -> Manifest:
    """A manifest's bytes as a model.

    Args:
        where: the bundle, for messages.

    Raises:
        InputError: it isn't one, or one of a format that this version doesn't know.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(
            f"The bundle {where} can't be read: its {MANIFEST} is no JSON",
            why=str(error),
            cure="It was cut short or changed. Bring the bundle again.",
        ) from error
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise InputError(
            f"{where} is no bundle: its {MANIFEST} is of another kind", cure="Name a bundle's folder or tar."
        )
    if data.get("format") != FORMAT:
        raise InputError(
            f"The bundle {where} has format {data.get('format')}, this version knows format {FORMAT}",
            cure="Use the toolkit that is in the bundle: sh install in its folder installs it.",
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(
            f"The {MANIFEST} of the bundle {where} is wrong",
            why=f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}",
            cure="It was changed after it was made. Bring the bundle again.",
        ) from error
