"""A whole new site: files, secrets, keys, authority and the first commit, or nothing at all."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError
from groundplane.site.scaffold.parameters import ScaffoldParameters, Template
from groundplane.site.scaffold.writing import write_site
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.generate import PublicFacts
from groundplane.site.secrets.store import complete_secrets

if TYPE_CHECKING:
    from groundplane.content import Content

_AUTHORITY_DAYS = 3650
_FALLBACK_NAME = "Groundplane"
_FALLBACK_MAIL = "groundplane@localhost"
_GIT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class CreatedSite:
    """What `create_site` made."""

    path: Path
    files: tuple[Path, ...]
    secrets: tuple[str, ...]
    """Names of the secrets."""


def create_site(
    path: Path, template: str | Template, parameters: ScaffoldParameters, *, password: bytes, content: Content
) -> CreatedSite:
    """Makes a site in a folder that doesn't exist yet or is empty, as a git repository with one commit.

    It is built beside the folder and moved into place at the end, site.yml last: a failure leaves nothing.

    Raises:
        InputError: something is there already.
        FailedError: git is missing, or the folder can't be written to.
    """
    path = path.resolve()
    refuse_used(path)
    building: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        building.chmod(0o755)
        files = list(write_site(building, template, parameters, content=content))
        completed = complete_secrets(
            building,
            password,
            load_declared(content, parameters.layers, site_path=building),
            PublicFacts(parameters.name, parameters.domain, _AUTHORITY_DAYS),
        )
        files += completed.files
        commit_first(building, f"Site {parameters.name}, as groundplane init wrote it ({Template(template).value})")
        moved = tuple(path / file.relative_to(building) for file in files)
        _into_place(building, path)
    except OSError as error:
        raise FailedError(
            f"The site {path} can't be made",
            why=error.strerror or str(error),
            cure=f"Check who owns {path.parent}, and its free space (df -h {path.parent}).",
        ) from error
    finally:
        if building is not None:
            shutil.rmtree(building, ignore_errors=True)
    return CreatedSite(path, moved, completed.made)


def _into_place(building: Path, path: Path) -> None:
    if not path.exists():
        building.rename(path)
        return
    # The folder itself stays: the person may stand in it, and would be in one that is gone.
    moved = []
    try:
        for entry in sorted(building.iterdir(), key=lambda entry: entry.name == "site.yml"):
            moved.append(entry.rename(path / entry.name))
    except OSError:
        for entry in moved:
            entry.rename(building / entry.name)
        raise


def refuse_used(path: Path) -> None:
    """A site is never written over something.

    Raises:
        InputError: a file, or a folder that isn't empty.
    """
    if not path.exists() and not path.is_symlink():
        return
    if (path / "site.yml").exists():
        raise InputError(
            f"{path} is a site already",
            cure=f"groundplane --site {path} validate; groundplane --site {path} secrets init adds missing secrets.",
        )
    if not path.is_dir() or any(path.iterdir()):
        raise InputError(
            f"{path} is there already and is not empty", cure="Name a folder that doesn't exist yet, or an empty one."
        )


def commit_first(path: Path, message: str) -> None:
    """Makes the folder a git repository with everything in one commit.

    Name and address are git's own settings, and the toolkit's where git has none.

    Raises:
        FailedError: git is missing or fails.
    """
    _git(path, "init", "--quiet", "--initial-branch=main")
    _git(path, "add", "--all")
    person = []
    for key, fallback in (("user.name", _FALLBACK_NAME), ("user.email", _FALLBACK_MAIL)):
        if not _git(path, "config", "--get", key, check=False):
            person += ["-c", f"{key}={fallback}"]
    _git(path, *person, "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", "commit", "-qm", message)


def _git(path: Path, *words: str, check: bool = True) -> str:
    # Named outright: GIT_DIR may be set, for instance in a hook, and means another repository.
    command = ["git", f"--git-dir={path / '.git'}", f"--work-tree={path}", *words]
    try:
        done = subprocess.run(
            command,
            cwd=path,
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise FailedError("git is missing, and a site is a git repository", cure="apt install git") from error
    except subprocess.TimeoutExpired as error:
        raise FailedError(f"git {words[0]} gave no answer in {_GIT_SECONDS} s") from error
    if check and done.returncode != 0:
        raise FailedError(f"git {words[0]} failed", why=done.stderr.strip() or f"exit code {done.returncode}")
    return done.stdout.strip()
