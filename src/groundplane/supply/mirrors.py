"""Whom builds ask for packages: what site.yml says, and otherwise what this machine itself is configured for."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.machine.debian_mirror import DebianMirror, host_mirror
from groundplane.machine.host_commands import find_program, run_command

if TYPE_CHECKING:
    from groundplane.site.images_file import MirrorsFile

CERTIFICATE_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
LOCAL_CERTIFICATES = Path("/usr/local/share/ca-certificates")


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Addresses without a trailing slash; where one is None, the tool's own default holds.

    Attributes:
        debian: Debian's archive, its security archive and apt's proxy.
        pip_index: the Python package index.
        pip_extra_indexes: further ones that pip is told of.
        pip_trusted_hosts: hosts whose certificate pip doesn't check.
        certificates: a PEM bundle with authorities of this machine's own besides the public ones (a proxy that looks
            into TLS, a mirror with a private authority); None where it has none of its own.
        maven: a Maven repository that mirrors Maven Central.
    """

    debian: DebianMirror
    pip_index: str | None = None
    pip_extra_indexes: tuple[str, ...] = ()
    pip_trusted_hosts: tuple[str, ...] = ()
    certificates: Path | None = None
    maven: str | None = None


@dataclass(frozen=True, slots=True)
class PipSettings:
    """What pip on this machine is told, by files and by the environment."""

    index: str | None = None
    extra_indexes: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    certificates: Path | None = None


def read_pip_settings(text: str) -> PipSettings:
    """The settings in the output of `pip config list`; the environment beats a command's section, that beats global."""
    found: dict[str, tuple[int, str]] = {}
    for line in text.splitlines():
        name, equals, quoted = line.partition("=")
        section, dot, key = name.strip().rpartition(".")
        if not equals or not dot or section not in SECTIONS:
            continue
        try:
            value = str(ast.literal_eval(quoted.strip()))
        except (ValueError, SyntaxError):
            value = quoted.strip()
        rank = SECTIONS.index(section)
        if rank >= found.get(key, (-1, ""))[0]:
            found[key] = (rank, value)
    values = {key: value for key, (_, value) in found.items()}
    index, certificates = values.get("index-url"), values.get("cert")
    return PipSettings(
        index=index.rstrip("/") if index else None,
        extra_indexes=tuple(url.rstrip("/") for url in values.get("extra-index-url", "").split()),
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        certificates=Path(certificates) if certificates else None,
    )


SECTIONS = ("global", "download", "install", ":env:")


@cache
def host_pip_settings() -> PipSettings:
    """Asks pip itself, which knows every place where it can be configured; nothing where there is no pip."""
    program = find_program("pip3") or find_program("pip")
    if program is None:
        return PipSettings()
    return read_pip_settings(run_command([program, "config", "list"], doing="Reading pip's configuration"))


def host_certificates(
    pip: PipSettings, *, local: Path = LOCAL_CERTIFICATES, bundle: Path = CERTIFICATE_BUNDLE
) -> Path | None:
    """The bundle to hand to builds; None where the machine trusts nobody but the public authorities."""
    if pip.certificates is not None and pip.certificates.is_file():
        return pip.certificates
    has_own = local.is_dir() and any(local.rglob("*.crt"))
    return bundle if has_own and bundle.is_file() else None


def find_mirrors(file: MirrorsFile | None = None) -> Mirrors:
    """The mirrors for a site; `file` is `images.mirrors` of site.yml, which beats this machine's own configuration.

    Raises:
        InputError: apt on this machine knows no Debian archive, and site.yml names none.
        FailedError: apt or pip could not be asked.
    """
    apt = file.apt.rstrip("/") if file is not None and file.apt else None
    security = file.apt_security.rstrip("/") if file is not None and file.apt_security else None
    if apt is not None:
        debian = DebianMirror(apt, security or f"{apt.removesuffix('/debian')}/debian-security")
    else:
        debian = host_mirror()
        debian = replace(debian, security=security) if security else debian
    if file is not None and file.apt_proxy:
        debian = replace(debian, proxy=file.apt_proxy)
    pip = host_pip_settings()
    own_index = file.pip.rstrip("/") if file is not None and file.pip else None
    return Mirrors(
        debian=debian,
        pip_index=own_index or pip.index,
        # An index of the site's own stands alone: what this machine asks besides could answer with other archives.
        pip_extra_indexes=() if own_index else pip.extra_indexes,
        pip_trusted_hosts=pip.trusted_hosts,
        certificates=host_certificates(pip),
        maven=file.maven.rstrip("/") if file is not None and file.maven else None,
    )
