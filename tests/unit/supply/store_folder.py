"""A store's files as the registry lays them out, without a registry."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from groundplane.supply.store import StoreFiles

if TYPE_CHECKING:
    from pathlib import Path


class StoreFolder:
    """Writes images into CACHE/images/store."""

    def __init__(self, cache: Path) -> None:
        self.files = StoreFiles(cache / "images/store")

    def blob(self, content: bytes) -> tuple[str, int]:
        """Keeps a blob; its digest and size."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        path = self.files.blob_path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return digest, len(content)

    def add(self, name: str, tag: str | None, *layers: bytes) -> str:
        """Keeps an image of these layers; the manifest's digest."""
        parts = [
            {"digest": digest, "size": size}
            for digest, size in map(self.blob, (json.dumps({"name": name, "tag": tag}).encode(), *layers))
        ]
        digest, _ = self.blob(json.dumps({"config": parts[0], "layers": parts[1:]}).encode())
        folder = self.files.repository_path(name) / "_manifests"
        links = [folder / f"revisions/sha256/{digest.partition(':')[2]}/link"]
        links += [folder / f"tags/{tag}/current/link"] if tag else []
        for link in links:
            link.parent.mkdir(parents=True, exist_ok=True)
            link.write_text(digest, encoding="ascii")
        return digest
