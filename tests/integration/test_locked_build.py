"""A real image built with other package versions than the mirror's newest, because a lock names them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.cli.settings import settings
from groundplane.content import toolkit_content
from groundplane.errors import FailedError
from groundplane.machine.podman import host_podman
from groundplane.site.images_file import MirrorsFile
from groundplane.supply.build import ImageState, build_images
from groundplane.supply.build_tools import build_mounts
from groundplane.supply.lock_making import lock_from_records
from groundplane.supply.mirrors import find_mirrors
from groundplane.supply.model import Maker, NeededImage, Recipe
from groundplane.supply.pins import Pins, pins_for
from groundplane.supply.sbom import read_sbom
from groundplane.supply.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from groundplane.site.images_lock import ImagesLock
    from groundplane.supply.build import BuildResult
    from groundplane.supply.model import ImageRecord

pytestmark = [
    pytest.mark.skipif(shutil.which("podman") is None or os.geteuid() != 0, reason="builds images as root"),
    pytest.mark.timeout(600),
]

NAME = "gplocked"
CANDIDATES = "curl openssl libssl3t64 tzdata libxml2"
"""Packages of which Debian's archive has often two versions: the suite's, and a security update."""
LISTS = "/usr/local/sbin/.cache/apt/trixie/lists"
RUN = (
    "RUN apt-get update && apt-get -y dist-upgrade && apt-get -y install --no-install-recommends curl tzdata libxml2"
    f" && apt-cache -o Dir::State::Lists={LISTS} madison {CANDIDATES} > /madison"
)
RELEASE = "2026.1"


@dataclass
class Builder:
    """Builds one image, in a cache of its own."""

    cache: Path

    def recipe(self, run: str = RUN) -> Recipe:
        text = f"ARG BASE\nFROM $BASE\n{run}\n"
        context = self.cache / "context"
        context.mkdir(parents=True, exist_ok=True)
        (context / "Dockerfile").write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        mounts = build_mounts(toolkit_content(), find_mirrors(MirrorsFile()), cache=self.cache)
        return Recipe(NAME, None, "trixie", context, digest, Maker.OWN, mounts=mounts)

    def build(self, pins: Mapping[str, Pins] | None = None) -> BuildResult:
        podman = host_podman()
        with open_store(cache=self.cache, podman=podman) as store:
            return build_images(
                [self.recipe()], store=store, podman=podman, cache=self.cache, release=RELEASE, pins=pins
            )


def lock_of(record: ImageRecord) -> ImagesLock:
    return lock_from_records(
        release=RELEASE,
        needed=[NeededImage(NAME, "own", NAME, Maker.OWN, ("control",))],
        records={NAME: record},
        made_at="2026-01-01T00:00:00+00:00",
    )


def pins_of(record: ImageRecord, **versions: str) -> dict[str, Pins]:
    """The pins of a lock of this build, some versions replaced."""
    debian = tuple(replace(package, version=versions.get(package.name, package.version)) for package in record.debian)
    lock = lock_of(replace(record, debian=debian))
    return {NAME: pins_for(lock, NAME, "trixie")}


def versions_of(record: ImageRecord) -> dict[str, str]:
    return {package.name: package.version for package in record.debian}


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    made = Builder(tmp_path_factory.mktemp("cache"))
    # uv's own program: what PATH has may be a script.
    (made.cache / "tools").symlink_to(settings().cache / "tools")
    yield made
    podman = host_podman()
    names = podman.run("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    ours = [name for name in names if f"/{NAME}:" in name]
    if ours:
        podman.run("rmi", "--force", *ours)


@pytest.fixture(scope="module")
def newest(builder: Builder) -> ImageRecord:
    """The image as it comes without a lock."""
    result = builder.build()
    result.raise_unless_done()
    return result.records[NAME]


@pytest.fixture(scope="module")
def older(newest: ImageRecord) -> tuple[str, str]:
    """A package in the image of which the mirror has an older version, and that version."""
    podman, image = host_podman(), f"localhost/groundplane/images/{NAME}:{newest.tag}"
    root = Path(podman.run("image", "mount", image).strip())
    try:
        lines = (root / "madison").read_text(encoding="utf-8").splitlines()
    finally:
        podman.run("image", "unmount", image)
    offered: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        name, version, origin = (part.strip() for part in line.split("|"))
        if "Sources" not in origin:
            offered[name].append(version)
    have = versions_of(newest)
    for name, versions in offered.items():
        # curl's libraries are pinned along with it by exact dependencies, so a package alone is simpler.
        other = [version for version in versions if version != have.get(name)]
        if name in have and other and name not in {"curl", "openssl", "libssl3t64"}:
            return name, other[0]
    pytest.skip("the mirror has one version of everything today")


def test_the_lock_of_a_fresh_build_asks_for_no_other_build(builder: Builder, newest: ImageRecord) -> None:
    result = builder.build(pins_of(newest))
    assert [image.state for image in result.images] == [ImageState.UP_TO_DATE]
    assert result.records[NAME] == newest


def test_the_bill_of_materials_is_of_what_is_inside(builder: Builder, newest: ImageRecord) -> None:
    assert len(newest.debian) > 80
    assert '"name": "curl"' in read_sbom(builder.cache, newest)


def test_a_locked_version_is_installed_though_it_is_not_the_newest(
    builder: Builder, newest: ImageRecord, older: tuple[str, str]
) -> None:
    name, version = older
    pins = pins_of(newest, **{name: version})
    result = builder.build(pins)
    result.raise_unless_done()
    record = result.records[NAME]
    assert versions_of(record) == {**versions_of(newest), name: version}
    assert record.identity == newest.identity
    assert record.digest != newest.digest
    again = builder.build(pins)
    assert [image.state for image in again.images] == [ImageState.UP_TO_DATE]
    assert again.records[NAME].digest == record.digest
    unlocked = builder.build(pins_of(newest))
    assert [image.state for image in unlocked.images] == [ImageState.UP_TO_DATE], "the first one is still there"
    assert unlocked.records[NAME].digest == newest.digest


def test_a_version_that_the_mirror_no_longer_has_is_named_with_the_cures(builder: Builder, newest: ImageRecord) -> None:
    result = builder.build(pins_of(newest, tzdata="1999a-1"))
    assert [image.state for image in result.images] == [ImageState.FAILED]
    with pytest.raises(FailedError) as error:
        result.raise_unless_done()
    assert f"tzdata: 1999a-1 is locked, {versions_of(newest)['tzdata']} was installed" in error.value.why
    assert "images lock --upgrade" in error.value.cure
