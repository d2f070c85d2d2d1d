"""What every build sees and no image keeps: an apt that shares its cache, a pip that is uv, mirrors and certificates.

One folder is mounted over /usr/local/sbin, the first in PATH, and a writable one below it holds the shared caches.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError
from groundplane.files import write_atomically
from groundplane.machine.base_image import SUITES, build_lock
from groundplane.runtime.installer import find_installer
from groundplane.supply.cache_entries import note_use
from groundplane.supply.model import BuildMount

if TYPE_CHECKING:
    from groundplane.content import Content
    from groundplane.supply.mirrors import Mirrors

TARGET = "/usr/local/sbin"
ELF = b"\x7fELF"
TOOLS_FORMAT = "2"
"""Part of every recipe's digest; raised when the tools leave something else in images than before."""


def build_mounts(content: Content, mirrors: Mirrors, *, cache: Path) -> tuple[BuildMount, ...]:
    """The mounts that a build of any image takes; made once for one set of tools and mirrors, in well under a second.

    Raises:
        InputError: uv is missing, or what is found is a script that starts it.
        FailedError: the cache can't be written to.
    """
    folder = cache / "images"
    shared = folder / "shared"
    files = _files(content, mirrors)
    uv = _program(Path(find_installer(cache)))
    stat = uv.stat()
    total = hashlib.sha256(f"{uv}|{stat.st_size}|{stat.st_mtime_ns}".encode())
    for name, (data, mode) in sorted(files.items()):
        total.update(f"{name}|{mode:o}|{hashlib.sha256(data).hexdigest()}".encode())
    target = folder / "tools" / total.hexdigest()[:16]
    try:
        shared.mkdir(parents=True, exist_ok=True)
        if not target.is_dir():
            with build_lock(folder / "tools", "tools"):
                if not target.is_dir():
                    _make(target, files, uv)
    except OSError as error:
        raise FailedError("The tools for builds can't be put together", why=str(error)) from error
    note_use(target)
    return (BuildMount(target, TARGET), BuildMount(shared, f"{TARGET}/.cache", writable=True))


def _program(uv: Path) -> Path:
    """A script that looks for the real program (as version managers put on PATH) finds nothing inside a build."""
    with uv.open("rb") as handle:
        if handle.read(len(ELF)) == ELF:
            return uv
    raise InputError(
        f"Images can't be built with {uv}: it is a script, and builds need uv's own program",
        cure="./scripts/lab puts one into the cache; or: python3 -m pip install uv, in a venv whose bin is on PATH",
    )


def _make(target: Path, files: dict[str, tuple[bytes, int]], uv: Path) -> None:
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=".new-"))
    try:
        work.chmod(0o755)
        (work / ".cache").mkdir()
        (work / ".pins").mkdir()
        shutil.copy2(uv, work / "uv")
        for name, (data, mode) in files.items():
            write_atomically(work / name, data, mode)
        os.replace(work, target)  # noqa: PTH105 - a folder is renamed whole
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _files(content: Content, mirrors: Mirrors) -> dict[str, tuple[bytes, int]]:
    """Name in the folder to content and mode. Settings may hold passwords of a mirror: for root alone."""
    files = {
        path.name: (path.read_bytes(), 0o755) for path in sorted((content.images / "tools").iterdir()) if path.is_file()
    }
    for suite in SUITES:
        files[f".settings/{suite}.sources"] = (mirrors.debian.sources(suite).encode(), 0o600)
    files[".settings/apt.conf"] = (apt_settings(mirrors).encode(), 0o600)
    files[".settings/pip.env"] = (pip_settings(mirrors).encode(), 0o600)
    if mirrors.certificates is not None:
        files[".settings/certificates.pem"] = (mirrors.certificates.read_bytes(), 0o644)
    return files


def apt_settings(mirrors: Mirrors) -> str:
    """apt's configuration in builds: mirrors, and no trace in the image."""
    lines = [
        # Questions are answered by their defaults; asking ahead starts perl once more for each installation.
        "#clear DPkg::Pre-Install-Pkgs;",
        f'DPkg::Path "{TARGET}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";',
        # A build that is cut off is thrown away whole, so nothing has to survive a power cut.
        'DPkg::Options { "--force-unsafe-io"; };',
        'APT::Sandbox::User "root";',
        'APT::Get::List-Cleanup "false";',
        'APT::Keep-Downloaded-Packages "true";',
        # What a lock pins may be older than what the base image came with.
        'APT::Get::allow-downgrades "true";',
        'Acquire::Languages "none";',
        'Acquire::Retries "3";',
        'Dir::Log::Terminal "/dev/null";',
        'Dir::Log::History "/dev/null";',
        'Dir::Log::Planner "/dev/null";',
    ]
    if mirrors.debian.proxy:
        lines += [f'Acquire::{kind}::Proxy "{mirrors.debian.proxy}";' for kind in ("http", "https")]
    if mirrors.certificates is not None:
        lines.append(f'Acquire::https::CaInfo "{TARGET}/.settings/certificates.pem";')
    return "\n".join(lines) + "\n"


def pip_settings(mirrors: Mirrors) -> str:
    """Lines for a shell: what uv and pip are to ask."""
    values: dict[str, str] = {}
    if mirrors.pip_index:
        values |= {"UV_DEFAULT_INDEX": mirrors.pip_index, "PIP_INDEX_URL": mirrors.pip_index}
    if mirrors.pip_extra_indexes:
        more = " ".join(mirrors.pip_extra_indexes)
        values |= {"UV_INDEX": more, "PIP_EXTRA_INDEX_URL": more}
    if mirrors.pip_trusted_hosts:
        hosts = " ".join(mirrors.pip_trusted_hosts)
        values |= {"UV_INSECURE_HOST": hosts, "PIP_TRUSTED_HOST": hosts}
    if mirrors.certificates is not None:
        path = f"{TARGET}/.settings/certificates.pem"
        values |= dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), path)
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())
