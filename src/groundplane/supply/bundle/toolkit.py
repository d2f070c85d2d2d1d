"""The toolkit itself, to be carried along: its wheel, its source, its locked requirements, its releases."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.machine.base_image import build_lock
from groundplane.machine.host_commands import run_command
from groundplane.supply.bundle.items import Item, data_item, file_item

if TYPE_CHECKING:
    from groundplane.content import Content

LOCKS = ("groundplane.txt", "uv.txt")
"""What installs the toolkit, and the installer that makes its runtimes."""
NEVER = frozenset({".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", "site-docs"})
BUILD = """
import sys
from hatchling.build import build_wheel
print(build_wheel(sys.argv[1]))
"""


@dataclass(frozen=True, slots=True)
class Toolkit:
    """Where the toolkit's files are.

    Attributes:
        checkout: the clone that it runs from; None where it was installed from a wheel.
        folder: the folder with a wheel and locks that a loaded bundle left; None in a clone.
    """

    version: str
    checkout: Path | None
    folder: Path | None

    def lock(self, name: str) -> str:
        """The text of requirements/NAME."""
        root = self.checkout / "requirements" if self.checkout is not None else self.folder
        return (root / name).read_text(encoding="utf-8") if root is not None else ""


def find_toolkit(content: Content, *, loaded: Path | None) -> Toolkit:
    """The toolkit that runs.

    Args:
        loaded: the folder of the bundle that was loaded here last.

    Raises:
        InputError: it was installed from a wheel, and no bundle with the same version was loaded here.
    """
    from importlib.metadata import version  # noqa: PLC0415

    number = version("groundplane")
    if (content.root / "requirements" / LOCKS[0]).is_file() and (content.root / "pyproject.toml").is_file():
        return Toolkit(number, content.root, None)
    folder = loaded / "toolkit" if loaded is not None else None
    if folder is not None and next(folder.glob(f"groundplane-{number}-*.whl"), None) is not None:
        return Toolkit(number, None, folder)
    raise InputError(
        "A bundle carries the toolkit along, and there is nothing here to make its wheel from",
        why=f"groundplane {number} was installed from a wheel, and no bundle with it was loaded on this machine",
        cure="Call it from a clone (scripts/lab makes it ready), or load the bundle that it came with.",
    )


def toolkit_items(toolkit: Toolkit, *, python: str, cache: Path) -> list[Item]:
    """The wheel, the locks, and the source where it runs from a clone.

    Args:
        python: the interpreter that has what builds the wheel (hatchling, in the toolkit's own requirements).

    Raises:
        FailedError: the wheel can't be built.
    """
    if toolkit.checkout is None:
        assert toolkit.folder is not None  # noqa: S101 - find_toolkit
        return [file_item(f"toolkit/{file.name}", file) for file in sorted(toolkit.folder.iterdir()) if file.is_file()]
    target = cache / "bundle" / "toolkit"
    with build_lock(cache / "bundle", "toolkit"):
        target.mkdir(parents=True, exist_ok=True)
        name = run_command(
            ["env", "-C", str(toolkit.checkout), python, "-c", BUILD, str(target)],
            doing="Building the toolkit's wheel",
            timeout=300,
        )
        wheel = (target / name.strip().splitlines()[-1]).read_bytes()
    locks = [data_item(f"toolkit/{name}", toolkit.lock(name)) for name in LOCKS]
    source = source_archive(toolkit.checkout, f"groundplane-{toolkit.version}")
    return [
        data_item(f"toolkit/{name.strip().splitlines()[-1]}", wheel),
        data_item(f"toolkit/groundplane-{toolkit.version}.tar.gz", source),
        *locks,
    ]


def source_archive(checkout: Path, folder: str) -> bytes:
    """The source tree as git knows it (all files, where git doesn't), the same bytes for the same files."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, compresslevel=6) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in tracked_files(checkout):
            file = checkout / name
            info = archive.gettarinfo(str(file), f"{folder}/{name}")
            info.mtime = info.uid = info.gid = 0
            info.uname = info.gname = "root"
            info.mode = 0o755 if info.mode & 0o100 else 0o644
            if info.isreg():
                with file.open("rb") as content:
                    archive.addfile(info, content)
            elif info.issym():
                archive.addfile(info)
    return packed.getvalue()


def tracked_files(checkout: Path) -> list[str]:
    """Names below the clone, sorted; files that were removed but are still known don't count."""
    words = ["git", "-C", str(checkout), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(words, capture_output=True, check=False, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        listed = None
    if listed is not None and listed.returncode == 0:
        names = {name for name in listed.stdout.decode().split("\0") if name}
    else:
        names = {str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.is_file()}
    return sorted(name for name in names if not NEVER & {*Path(name).parts} and (checkout / name).is_file())


def release_items(content: Content, release: str) -> list[Item]:
    """The release's file and everything that lies beside it under its name (locks, constraints)."""
    files = [content.releases / f"{release}.yml", *sorted(content.releases.glob(f"{release}-*"))]
    return [file_item(f"release/{file.name}", file) for file in files if file.is_file()]
