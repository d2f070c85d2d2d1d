"""Recipes, records and a store of memory, for tests of the build."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundplane.supply.model import ImageRecord, Maker, Package, Recipe

RELEASE = "2026.1"


def recipe(name: str, parent: str | None = None, *, digest: str = "1", context: Path | None = None) -> Recipe:
    return Recipe(name, parent, "trixie", context or Path("/nowhere"), digest * 64, Maker.OWN)


def record(name: str, identity: str, **more: Any) -> ImageRecord:
    values: dict[str, Any] = {
        "name": name,
        "release": RELEASE,
        "identity": identity,
        "digest": "sha256:" + "d" * 64,
        "image_id": "sha256:" + "c" * 64,
        "parent": None,
        "suite": "trixie",
        "bytes": 300_000_000,
        "stored_bytes": 90_000_000,
        "seconds": 10.0,
        "built_at": "2026-01-01T00:00:00+00:00",
        "debian": (Package("bash", "5.2", "amd64"),),
    }
    return ImageRecord(**{**values, **more})


@dataclass
class MemoryStore:
    """Holds digests alone."""

    digests: set[tuple[str, str]] = field(default_factory=set)

    def has_digest(self, name: str, digest: str) -> bool:
        return (name, digest) in self.digests
