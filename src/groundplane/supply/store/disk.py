"""What lies in the store, read from its files: no registry has to run for it.

Layout (CNCF distribution 2.x, storage driver filesystem): docker/registry/v2/blobs/sha256/AB/ABCD…/data, and a file
that holds a digest for each tag: docker/registry/v2/repositories/NAME/_manifests/tags/TAG/current/link.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = "images"
"""Path before an image's name in the store."""
DIGEST_LENGTH = len("sha256:") + 64


@dataclass(frozen=True, slots=True)
class StoreFiles:
    """The files of a store; `root` is CACHE/images/store."""

    root: Path

    def blob_path(self, digest: str) -> Path:
        _, _, number = digest.partition(":")
        return self.root / f"docker/registry/v2/blobs/sha256/{number[:2]}/{number}/data"

    def repository_path(self, name: str) -> Path:
        return self.root / f"docker/registry/v2/repositories/{NAMESPACE}/{name}"

    def tag_digest(self, name: str, tag: str) -> str | None:
        """The digest of the manifest that the tag stands for; None where there is no such tag."""
        return _read_link(self.repository_path(name) / f"_manifests/tags/{tag}/current/link")

    def names(self) -> tuple[str, ...]:
        """Every image that has a repository, tagged or not."""
        try:
            return tuple(sorted(path.name for path in self.repository_path("x").parent.iterdir() if path.is_dir()))
        except OSError:
            return ()

    def tags(self, name: str) -> dict[str, str]:
        """Tag to digest."""
        try:
            tags = sorted(path.name for path in (self.repository_path(name) / "_manifests/tags").iterdir())
        except OSError:
            return {}
        found = {tag: self.tag_digest(name, tag) for tag in tags}
        return {tag: digest for tag, digest in found.items() if digest is not None}

    def revisions(self, name: str) -> tuple[str, ...]:
        """Digests of every manifest that the repository knows, tagged or not."""
        try:
            folders = sorted((self.repository_path(name) / "_manifests/revisions/sha256").iterdir())
        except OSError:
            return ()
        return tuple(f"sha256:{folder.name}" for folder in folders if (folder / "link").is_file())

    def has_revision(self, name: str, digest: str) -> bool:
        number = digest.partition(":")[2]
        return (self.repository_path(name) / f"_manifests/revisions/sha256/{number}/link").is_file()

    def stored_at(self, name: str, digest: str) -> float:
        """When the manifest came here, in seconds since 1970; 0 where it's unknown."""
        number = digest.partition(":")[2]
        try:
            return (self.repository_path(name) / f"_manifests/revisions/sha256/{number}/link").stat().st_mtime
        except OSError:
            return 0.0

    def json_blob(self, digest: str) -> dict[str, Any] | None:
        """A manifest or an image's configuration; None where it's missing or damaged."""
        try:
            data = json.loads(self.blob_path(digest).read_bytes())
        except (OSError, ValueError):
            return None
        return data if isinstance(data, dict) else None

    def is_whole(self, name: str, digest: str) -> bool:
        """Whether manifest, configuration and every layer are there, each with the size that the manifest says."""
        if not self.has_revision(name, digest):
            return False
        manifest = self.json_blob(digest)
        if manifest is None:
            return False
        try:
            blobs = [manifest["config"], *manifest["layers"]]
            return all(self.blob_path(blob["digest"]).stat().st_size == blob["size"] for blob in blobs)
        except (OSError, KeyError, TypeError):
            return False

    def has_digest(self, name: str, digest: str) -> bool:
        """As `is_whole`: what `find_targets` asks."""
        return self.is_whole(name, digest)

    def disk_bytes(self) -> int:
        """What all blobs take together."""
        blobs = self.root / "docker/registry/v2/blobs"
        return sum(path.stat().st_size for path in blobs.rglob("data")) if blobs.is_dir() else 0


def _read_link(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return text if text.startswith("sha256:") and len(text) == DIGEST_LENGTH else None
