"""Building with a lock's package versions, and telling whether an image has them. The rule is in `lock`'s docstring."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.files import write_atomically
from groundplane.supply.lock_packages import Versions, locked_packages, record_packages
from groundplane.supply.model import BuildMount
from groundplane.supply.packages import normalised

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.release import Release
    from groundplane.supply.model import ImageRecord, Recipe

APT_FOLDER = "/etc/apt/preferences.d"
PINS_FOLDER = "/usr/local/sbin/.pins"
"""Where pip's stand-in (images/tools/pip-install) looks for `constraints.txt`."""
CONSTRAINTS_FILE = "constraints.txt"
_PRIORITY = 1001
"""apt_preferences(5): above 1000 a version is taken even where that is a downgrade."""
_SHOWN = 8
_ARCHIVES = (".tar.gz", ".tar.bz2", ".tar.xz", ".zip")


@dataclass(frozen=True, slots=True)
class Pins:
    """Package versions for a build, by name.

    Attributes:
        debian: what the image is locked with; anything else is an error.
        python: the same, of Python distributions.
        suite: Debian versions of the image's suite, for packages that a changed recipe adds: taken where the mirror
            still has them.
    """

    debian: Mapping[str, str] = field(default_factory=dict)
    python: Mapping[str, str] = field(default_factory=dict)
    suite: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.debian or self.python or self.suite)


@dataclass(frozen=True, slots=True)
class Difference:
    """A package that isn't in the version that the lock wants."""

    kind: str
    name: str
    wanted: str
    got: str


def pins_of_recipes(lock: ImagesLock | None, recipes: Iterable[Recipe], *, release: Release) -> dict[str, Pins]:
    """The pins of everything that is to be built; none without a lock, and none from another release's.

    What a release pins itself, the projects that are built from source archives, no lock pins besides.
    """
    if lock is None or lock.release != release.name:
        return {}
    sources = release.openstack.sources.values() if release.openstack is not None else ()
    without = [pin.package for pin in sources]
    return {recipe.name: pins_for(lock, recipe.name, recipe.suite, without=without) for recipe in recipes}


def pins_for(lock: ImagesLock, name: str, suite: str, *, without: Collection[str] = ()) -> Pins:
    """The pins of one image.

    A Python package that it has in two versions, in two environments, is left out; so is one that was built from a
    source archive, because the release says which archive. For Python packages that are new to it the release's
    constraints speak, so nothing of its siblings is needed.

    Args:
        without: Python packages that the release pins itself.
    """
    table = lock.versions.get(suite)
    siblings = dict(table.debian) if table is not None else {}
    if name not in lock.images:
        return Pins(suite=siblings)
    own = locked_packages(lock, name)
    sources = {normalised(_without_ending(file)) for file in lock.archives}
    theirs = {normalised(package) for package in without}
    python = {
        package: version
        for package, version in _single(own["python"]).items()
        if package not in theirs and normalised(f"{package}-{version}") not in sources
    }
    return Pins(debian=_single(own["debian"]), python=python, suite=siblings)


def _without_ending(file: str) -> str:
    for ending in _ARCHIVES:
        file = file.removesuffix(ending)
    return file


def _single(packages: Versions) -> dict[str, str]:
    versions: dict[str, list[str]] = defaultdict(list)
    for name, version in sorted(packages):
        versions[name].append(version)
    return {name: found[0] for name, found in versions.items() if len(found) == 1}


def check_against_pins(record: ImageRecord, pins: Pins) -> list[Difference]:
    """Packages of a built image whose version isn't the pinned one, sorted; empty where all fit.

    A package without a pin is new with a changed recipe, and fits.
    """
    found = record_packages(record)
    wanted = {"debian": pins.debian, "python": pins.python}
    return [
        Difference(kind, name, wanted[kind][name], version)
        for kind in ("debian", "python")
        for name, version in sorted(found[kind])
        if name in wanted[kind] and wanted[kind][name] != version
    ]


def unpinned_error(image: str, differences: Sequence[Difference]) -> FailedError:
    """What is said where a locked build came out with other versions."""
    shown = [f"{found.name}: {found.wanted} is locked, {found.got} was installed" for found in differences[:_SHOWN]]
    if len(differences) > _SHOWN:
        shown.append(f"and {len(differences) - _SHOWN} more")
    return FailedError(
        f"{image} can't be built as it is locked: the mirror no longer has what the lock wants",
        why="\n".join(shown),
        cure=(
            "Let the versions move: groundplane images lock --upgrade. To stay with them, name a mirror that keeps old "
            "versions (images.mirrors in site.yml), or load the bundle that was made with this lock."
        ),
    )


def apt_preferences(pins: Pins) -> str:
    """A file for /etc/apt/preferences.d; see apt_preferences(5)."""
    return "".join(
        f"Package: {name}\nPin: version {version}\nPin-Priority: {_PRIORITY}\n\n"
        for name, version in sorted({**pins.suite, **pins.debian}.items())
    )


def constraint_lines(pins: Pins, release: Iterable[str] = ()) -> str:
    """Constraints for pip and uv, besides the release's: pins of packages that the release's lines don't speak of.

    Where both name a package the release's word holds, because two that differ would exclude each other.
    """
    named = {normalised(_project(line)) for line in release}
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins.python.items()) if name not in named)


def _project(line: str) -> str:
    """The project's name at the beginning of a requirement; nothing for a comment or an option."""
    for end, character in enumerate(line):
        if not (character.isalnum() or character in "-_."):
            return line[:end]
    return line


def write_pins(folder: Path, pins: Pins, *, release_constraints: Iterable[str] = ()) -> tuple[BuildMount, ...]:
    """Writes what a locked build sees into a folder of its own, and says how it sees it; nothing without pins.

    apt's preferences go over /etc/apt/preferences.d, constraints for pip and uv to PINS_FOLDER, which the mount of the
    build tools has a place for. The image keeps neither.

    Args:
        release_constraints: lines of the release's constraints file.

    Raises:
        FailedError: the files can't be written.
    """
    mounts = []
    if pins.debian or pins.suite:
        write_atomically(folder / "apt" / "groundplane", apt_preferences(pins))
        mounts.append(BuildMount(folder / "apt", APT_FOLDER))
    constraints = constraint_lines(pins, release_constraints)
    if constraints:
        write_atomically(folder / "python" / CONSTRAINTS_FILE, constraints)
        mounts.append(BuildMount(folder / "python", PINS_FOLDER))
    return tuple(mounts)
