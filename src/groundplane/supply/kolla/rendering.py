"""Kolla's templates and our overrides, rendered by kolla-build into a folder an image.

What was rendered is kept until a pin or an override moves.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError, Place
from groundplane.files import write_atomically
from groundplane.machine.base_image import build_lock
from groundplane.machine.host_commands import run_command
from groundplane.supply.cache_entries import note_use
from groundplane.supply.kolla.configuration import disabled_repositories, kolla_configuration
from groundplane.supply.kolla.dockerfile import normalise
from groundplane.supply.kolla.environment import KollaEnvironment, ensure_kolla, openstack_pin
from groundplane.supply.kolla.overrides import HEADER, MergedOverrides, block_names, check_names, merge_overrides
from groundplane.supply.small_image import folder_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.content import Content
    from groundplane.site.release import Release

RENDERING_FORMAT = "2"
"""Raised when what this module makes of Kolla's output changes."""
ADDITIONS = "docker"
"""Files that Dockerfiles copy, a folder an image, laid over Kolla's own."""
OUR_OVERRIDES = ("infrastructure.j2", "openstack.j2")
INDEX = "index.json"
_LAST_ERROR = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|NotFound)\w*): (.+)$", re.MULTILINE)
_OVERRIDE_LINE = re.compile(r'File "(?:<template>|[^"\n]*overrides\.j2)", line (\d+)')


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """`folder` holds a Dockerfile and the files that Kolla put beside it; `parent` None: the distribution's image."""

    name: str
    folder: Path
    parent: str | None


@dataclass(frozen=True, slots=True)
class Rendering:
    """All of Kolla's images for one release and one set of overrides."""

    folder: Path
    images: Mapping[str, RenderedImage]

    def with_parents(self, names: Sequence[str]) -> list[str]:
        """The names and all that they stand on, parents first, each once.

        Raises:
            InputError: Kolla has no such image.
        """
        found: list[str] = []
        for name in names:
            chain: list[str] = []
            step: str | None = name
            while step is not None and step not in found:
                if step not in self.images:
                    raise _unknown_image(step, self.images)
                chain.append(step)
                step = self.images[step].parent
            found += reversed(chain)
        return found


def templates_folder(release: Release, content: Content) -> Path:
    """What the toolkit gives to Kolla for this release."""
    return content.images / "kolla" / (release.images.templates if release.images is not None else release.name)


def override_files(release: Release, content: Content, site_overrides: Path | None) -> list[Path]:
    """The toolkit's overrides for the release, then the site's."""
    folder = templates_folder(release, content)
    files = [folder / name for name in OUR_OVERRIDES if (folder / name).is_file()]
    return [*files, site_overrides] if site_overrides is not None else files


def render(
    release: Release, content: Content, *, site_overrides: Path | None, cache: Path, fresh: bool = False
) -> Rendering:
    """Renders all images (seconds), or finds what was rendered from the same pins and overrides (milliseconds).

    Args:
        site_overrides: a file with template overrides of the site's own, None where it has none.

    Raises:
        InputError: an override is no valid template, names what Kolla doesn't have, or fails while it is rendered.
        FailedError: kolla could not be installed or started.
    """
    pin = openstack_pin(release, content)
    environment = ensure_kolla(release, content, cache=cache)
    files = override_files(release, content, site_overrides)
    merged = merge_overrides(files)
    suite = release.images.suite if release.images is not None else release.runtime.image_suite
    additions = templates_folder(release, content) / ADDITIONS
    facts = (RENDERING_FORMAT, environment.digest, pin.series, suite, merged.text, folder_digest(additions))
    key = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]
    home = cache / "images" / "kolla" / "renderings"
    folder = home / f"{release.name}-{key}"
    if fresh or not (folder / INDEX).is_file():
        with build_lock(home, release.name):
            if fresh or not (folder / INDEX).is_file():
                _check_names(environment, files)
                _make(environment, merged, files, folder, additions=additions, series=pin.series, suite=suite)
    note_use(folder)
    return _read(folder)


def _read(folder: Path) -> Rendering:
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    images = {name: RenderedImage(name, folder / "images" / name, parent) for name, parent in index.items()}
    return Rendering(folder, images)


def _check_names(environment: KollaEnvironment, files: Sequence[Path]) -> None:
    templates = sorted(environment.templates.rglob("Dockerfile.j2"))
    blocks = {name for template in templates for name in block_names(template.read_text(encoding="utf-8"))}
    names = [template.parent.name for template in templates]
    for file in files:
        check_names(file.read_text(encoding="utf-8"), file, images=names, blocks=blocks)


def _make(
    environment: KollaEnvironment,
    merged: MergedOverrides,
    files: Sequence[Path],
    folder: Path,
    *,
    additions: Path,
    series: str,
    suite: str,
) -> None:
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    try:
        repositories = work / "repositories.yaml"
        known = environment.repositories.read_text(encoding="utf-8")
        write_atomically(repositories, disabled_repositories(known))
        configuration = kolla_configuration(
            series=series,
            suite=suite,
            repositories=repositories,
            additions=additions if additions.is_dir() else None,
        )
        write_atomically(work / "kolla-build.conf", configuration)
        write_atomically(work / "overrides.j2", merged.text if files else HEADER)
        _run_kolla(environment, work, merged, files)
        images = {
            path.parent.name: path.parent
            for path in sorted((work / "docker").rglob("Dockerfile"))
            if (path.parent / "Dockerfile.j2").is_file()
        }
        index: dict[str, str | None] = {}
        for name, source in images.items():
            dockerfile = normalise((source / "Dockerfile").read_text(encoding="utf-8"), name)
            target = work / "images" / name
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("Dockerfile*", "__pycache__"))
            (target / "Dockerfile").write_text(dockerfile.text, encoding="utf-8")
            index[name] = dockerfile.parent
        shutil.rmtree(work / "docker")
        write_atomically(work / INDEX, json.dumps(index, indent=1, sort_keys=True))
        work.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(work, folder)  # noqa: PTH105 - a folder is renamed whole
    except OSError as error:
        raise FailedError("Kolla's templates could not be rendered", why=str(error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run_kolla(environment: KollaEnvironment, work: Path, merged: MergedOverrides, files: Sequence[Path]) -> None:
    log = work.with_name("kolla-build.log")
    log.unlink(missing_ok=True)
    words = [str(environment.python), str(environment.program), "--config-file", str(work / "kolla-build.conf")]
    words += ["--template-only", "--work-dir", str(work), "--template-override", str(work / "overrides.j2")]
    try:
        run_command(words, doing="Rendering Kolla's templates", log=log, timeout=300)
    except FailedError as error:
        said = log.read_text(encoding="utf-8", errors="replace")
        raise rendering_error(said, merged, files, log) or error from error


def rendering_error(said: str, merged: MergedOverrides, files: Sequence[Path], log: Path) -> InputError | None:
    """Kolla's traceback as an error about the override that it speaks of; None where it isn't about a template."""
    lines = [int(number) for number in _OVERRIDE_LINE.findall(said)]
    place = next((place for number in reversed(lines) if (place := merged.place(number)) is not None), None)
    errors = _LAST_ERROR.findall(said)
    if not files or (place is None and "jinja2" not in said):
        return None
    kind, message = errors[-1] if errors else ("Error", "no reason given")
    blamed = place if place is not None else Place(files[-1])
    return InputError(
        f"The template override {blamed.file.name} does not render",
        why=f"Kolla says: {kind}: {message}",
        cure=f"Correct it; all that kolla-build said is in {log}",
        place=blamed,
    )


def _unknown_image(name: str, images: Mapping[str, RenderedImage]) -> InputError:
    from difflib import get_close_matches  # noqa: PLC0415 - only when something is wrong

    near = get_close_matches(name, list(images), n=1, cutoff=0.6)
    return InputError(
        f"Kolla has no image '{name}'",
        cure=f"Did you mean '{near[0]}'?" if near else "groundplane images list shows the images that there are.",
    )
