"""Takes a lab through the layers, by the same commands that a person would give for hardware."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError
from groundplane.lab.measured import APPLY, IMAGES, VERIFY, Stopwatch
from groundplane.lab.site import toolkit_layers
from groundplane.lab.times import read_times
from groundplane.site.images_lock import lock_path
from groundplane.site.loading import read_site_file
from groundplane.site.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.lab.service import LabIsUp

IMAGES_LAYER = "supply"
NO_LAYER = "nodes"
"""`--to nodes`: machines alone."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What happened to the layers of a lab."""

    layers: tuple[str, ...]
    applied: bool
    """A run was needed."""
    verified: bool
    """The verification was run; False where nothing changed since it last succeeded."""


def choose_layers(content: Content, to_layer: str | None) -> tuple[str, ...]:
    """The layers up to and including `to_layer`; all where it is None.

    Raises:
        InputError: there is no such layer.
    """
    every = toolkit_layers(content)
    if to_layer is None:
        return every
    if to_layer == NO_LAYER:
        return ()
    if to_layer not in every:
        raise InputError(f"There is no layer '{to_layer}'", cure=f"--to takes one of: {', '.join((NO_LAYER, *every))}")
    return every[: every.index(to_layer) + 1]


def layers_of(is_up: LabIsUp, layers: tuple[str, ...], to_layer: str | None) -> tuple[str, ...]:
    """Those of `layers` that the lab's site has.

    Raises:
        InputError: it hasn't the one that was asked for.
    """
    has = read_site_file(is_up.folder.site).layers
    if to_layer not in (None, NO_LAYER, *has):
        raise InputError(
            f"The lab {is_up.lab.name} has no layer '{to_layer}'",
            why=f"it was made with the profile {is_up.lab.profile}: {', '.join(has)}",
            cure=f"Add it to layers in {is_up.folder.site / 'site.yml'}, then: groundplane secrets init.\n"
            "Or make a lab that has it: groundplane lab up --name NAME --profile cloud",
        )
    return tuple(layer for layer in layers if layer in has)


def deploy(
    is_up: LabIsUp,
    layers: tuple[str, ...],
    *,
    build: Callable[[str], None],
    apply: Callable[[str, tuple[str, ...]], None],
    verify: Callable[[str, tuple[str, ...]], None],
    tell: Callable[[str], None],
    clock: Stopwatch | None = None,
    lacks_images: Callable[[Path], bool] | None = None,
) -> Deployed:
    """Applies the layers and checks them on the nodes; both only as far as something is to be done.

    Images that images.lock lacks are built by steps of the run itself. Where it lacks none, those whose recipes have
    changed are built before. `build` gets the site's folder, `apply` and `verify` the layers, too; `lacks_images` is
    `lock_lacks_images` unless a test says otherwise. The clock gets the seconds of each.

    Raises:
        FailedError: what they raise, with a cure that holds outside of the site's folder.
    """
    if not layers:
        return Deployed((), applied=False, verified=False)
    site = str(is_up.folder.site)
    clock = clock or Stopwatch()
    if IMAGES_LAYER in layers and not (lacks_images or lock_lacks_images)(is_up.folder.site):
        tell("Images")
        lock = lock_path(is_up.folder.site)
        images = lock.read_bytes() if lock.is_file() else b""
        with _cures_for(is_up), clock.phase(IMAGES):
            build(site)
        if lock.is_file() and lock.read_bytes() == images:
            clock.nothing_done(IMAGES)
    before = run_names(is_up.folder.site)
    tell(f"Apply: {', '.join(layers)}")
    with _cures_for(is_up), clock.phase(APPLY):
        apply(site, layers)
    applied = run_names(is_up.folder.site) != before
    if not applied:
        clock.nothing_done(APPLY)
    verified = read_times(is_up.folder.site, read_site_file(is_up.folder.site).name).verified
    due = applied or any(layer not in verified for layer in layers)
    if due:
        tell(f"Verify: {', '.join(layers)}")
        with _cures_for(is_up), clock.phase(VERIFY):
            verify(site, layers)
    return Deployed(layers, applied, due)


def lock_lacks_images(site: Path) -> bool:
    """Whether applying the site would build images.

    Raises:
        InputError: the site or its lock can't be read.
    """
    from groundplane.content import toolkit_content  # noqa: PLC0415 - all this only for a lab with images
    from groundplane.site.loading import load_site  # noqa: PLC0415
    from groundplane.supply.lacking import lacking_images  # noqa: PLC0415

    return bool(lacking_images(load_site(site, content=toolkit_content())))


@contextmanager
def _cures_for(is_up: LabIsUp) -> Iterator[None]:
    """A person who called `lab up` isn't in the site's folder, where a command finds it by itself."""
    try:
        yield
    except FailedError as failed:
        site = f"groundplane --site {is_up.folder.site} "
        again = f"Call again (groundplane lab up --name {is_up.lab.name}): what is done stays done."
        cure = f"{failed.cure.replace('groundplane ', site)}\n{again}".strip()
        raise FailedError(failed.what, why=failed.why, cure=cure, place=failed.place) from failed


def run_names(site: Path) -> frozenset[str]:
    """The runs that the site's state knows."""
    folder = state_folder(site) / "runs"
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()
