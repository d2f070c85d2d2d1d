"""What a bundle is made from: the site and this machine, gathered once for `plan` and `create`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.supply.bundle.debian import Repository, host_architecture, plan_repository
from groundplane.supply.bundle.toolkit import LOCKS, Toolkit, find_toolkit
from groundplane.supply.bundle.wanted_packages import wanted_packages
from groundplane.supply.bundle.wheels import PYTHONS, WheelSet, read_requirements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.site.site import Site
    from groundplane.supply.mirrors import Mirrors


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that makes or loads a bundle.

    Attributes:
        cache: Settings.cache.
        loaded: the folder with bundles that were loaded here.
        runtime: Settings.runtime, a folder in memory.
        python: the interpreter that runs the toolkit.
    """

    cache: Path
    loaded: Path
    runtime: Path
    python: str
    podman: Podman

    @property
    def current(self) -> Path:
        """The bundle that was loaded last."""
        return self.loaded / "current"


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything but images."""

    site: Site
    suites: tuple[str, ...]
    architecture: str
    mirrors: Mirrors
    toolkit: Toolkit
    repositories: tuple[Repository, ...]
    wheels: tuple[WheelSet, ...]


def default_suites(site: Site) -> tuple[str, ...]:
    """The suite of the release's execution environment."""
    return (site.release.runtime.image_suite,)


def gather_sources(site: Site, machine: Machine, suites: Sequence[str]) -> Sources:
    """Asks the mirrors what there is; fetches indexes only.

    Args:
        suites: of the hosts and the manager; `default_suites` where empty.

    Raises:
        InputError: an unknown suite; the toolkit can't be carried along.
        FailedError: a mirror can't be reached, or lacks a package.
    """
    from groundplane.supply.mirrors import find_mirrors  # noqa: PLC0415

    chosen = tuple(dict.fromkeys(suites)) or default_suites(site)
    for suite in chosen:
        if suite not in PYTHONS:
            raise InputError(f"There are no bundles for the suite '{suite}'", cure=f"Use: {', '.join(PYTHONS)}")
    mirrors = find_mirrors(site.file.images.mirrors)
    toolkit = find_toolkit(site.content, loaded=machine.current if machine.current.is_dir() else None)
    architecture = host_architecture()
    repositories = tuple(
        plan_repository(
            suite,
            wanted_packages(site.content.roles, suite, site=site),
            mirror=mirrors.debian,
            architecture=architecture,
            cache=machine.cache,
            podman=machine.podman,
        )
        for suite in chosen
    )
    return Sources(
        site, chosen, architecture, mirrors, toolkit, repositories, wheel_sets(site, toolkit, chosen, architecture)
    )


def wheel_sets(site: Site, toolkit: Toolkit, suites: Sequence[str], architecture: str) -> tuple[WheelSet, ...]:
    """What a bundle with these suites carries of wheels; nobody is asked."""
    from groundplane.runtime.installer import requirements_file  # noqa: PLC0415
    from groundplane.runtime.version_range import fits  # noqa: PLC0415

    own = "".join(toolkit.lock(name) for name in LOCKS)
    runtime = requirements_file(site.release, site.content).read_text(encoding="utf-8")
    sets = []
    for suite in suites:
        texts = {"the toolkit's": own}
        # Where the suite's Python doesn't fit, the manager runs the execution environment, an image.
        if fits(PYTHONS[suite], site.release.runtime.python):
            texts[f"the runtime's of {site.release.name}"] = runtime
        for title, text in texts.items():
            requirements = read_requirements(text, suite=suite, architecture=architecture)
            sets.append(WheelSet(f"{title} on {suite}", suite, requirements))
    return tuple(sets)
