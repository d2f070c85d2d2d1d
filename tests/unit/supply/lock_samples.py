"""Records and locks for tests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from groundplane.supply.lock_making import lock_from_records
from groundplane.supply.model import ImageRecord, Maker, NeededImage, Package

if TYPE_CHECKING:
    from groundplane.site.images_lock import ImagesLock

MADE_AT = "2026-11-21T06:00:00+00:00"


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def record(name: str, parent: str | None = None, **more: Any) -> ImageRecord:
    """A record; `debian`, `python` and `java` are given as {name: version} or as pairs."""
    facts: dict[str, Any] = {}
    for kind in ("debian", "python", "java"):
        given = more.pop(kind, {})
        pairs = given.items() if isinstance(given, dict) else given
        facts[kind] = tuple(Package(package, version) for package, version in pairs)
    build = more.pop("build", "1")
    facts |= {
        "release": "2026.1",
        "identity": hashlib.sha256(name.encode()).hexdigest(),
        "digest": digest(f"{name} manifest {build}"),
        "image_id": digest(f"{name} configuration {build}"),
        "suite": "trixie",
        "bytes": 2_000_000,
        "stored_bytes": 1_000_000,
        "seconds": 12.5,
        "built_at": MADE_AT,
        "archives": {},
    }
    return ImageRecord(name=name, parent=parent, **(facts | more))


def needed(name: str, layer: str = "openstack", groups: tuple[str, ...] = ("control",)) -> NeededImage:
    return NeededImage(name, layer, name, Maker.KOLLA, groups)


def lock_of(*records: ImageRecord, run: tuple[str, ...] = ()) -> ImagesLock:
    """A lock of these; without `run` all that aren't another one's parent are run."""
    parents = {found.parent for found in records}
    names = run or tuple(found.name for found in records if found.name not in parents)
    return lock_from_records(
        release="2026.1",
        needed=[needed(name) for name in names],
        records={found.name: found for found in records},
        made_at=MADE_AT,
    )


def small_cloud(**versions: str) -> ImagesLock:
    """base, openstack-base and keystone on it, haproxy on base; `versions` replace the ordinary ones."""
    at = {"libc6": "2.41-12", "curl": "8.14", "apache2": "2.4.65", "haproxy": "3.0.11", "oslo": "10.1"} | versions
    base = record("base", debian={"libc6": at["libc6"], "curl": at["curl"]})
    middle = record("openstack-base", "base", debian={name: at[name] for name in ("libc6", "curl")})
    keystone = record(
        "keystone",
        "openstack-base",
        debian={name: at[name] for name in ("libc6", "curl", "apache2")},
        python={"keystone": "29.0.0", "oslo.config".replace(".", "-"): at["oslo"]},
        archives={"keystone-29.0.0.tar.gz": "ab" * 32},
    )
    haproxy = record("haproxy", "base", debian={name: at[name] for name in ("libc6", "curl", "haproxy")})
    return lock_of(base, middle, keystone, haproxy)
