"""The Debian mirror that this machine itself uses; the toolkit names none of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from groundplane.errors import InputError
from groundplane.machine.host_commands import run_command

TARGETS_FORMAT = "$(ORIGIN)|$(LABEL)|$(CODENAME)|$(REPO_URI)"
TARGET_FIELDS = 4


@dataclass(frozen=True, slots=True)
class DebianMirror:
    """Base addresses without a trailing slash; `proxy` is apt's own http proxy, if it has one."""

    archive: str
    security: str
    proxy: str | None = None

    def sources(self, suite: str) -> str:
        """A deb822 sources file for `suite` with its updates and its security updates."""
        key = "/usr/share/keyrings/debian-archive-keyring.gpg"
        return (
            f"Types: deb\nURIs: {self.archive}\nSuites: {suite} {suite}-updates\nComponents: main\nSigned-By: {key}\n"
            f"\nTypes: deb\nURIs: {self.security}\nSuites: {suite}-security\nComponents: main\nSigned-By: {key}\n"
        )


def read_targets(text: str) -> DebianMirror | None:
    """The mirror in the output of `apt-get indextargets` (format `TARGETS_FORMAT`), None where there is none."""
    archive = security = ""
    for line in text.splitlines():
        fields = line.split("|")
        if len(fields) != TARGET_FIELDS or fields[0] != "Debian":
            continue
        uri = fields[3].rstrip("/")
        if fields[1] == "Debian-Security" or fields[2].endswith("-security"):
            security = security or uri
        elif fields[1] == "Debian":
            archive = archive or uri
    if not archive:
        return None
    return DebianMirror(archive, security or f"{archive.removesuffix('/debian')}/debian-security")


@cache
def host_mirror() -> DebianMirror:
    """Asks apt, which knows every way in which sources can be written.

    Raises:
        InputError: apt knows no Debian archive (never updated, or not a Debian machine).
    """
    targets = run_command(["apt-get", "indextargets", "--format", TARGETS_FORMAT], doing="Reading apt's sources")
    mirror = read_targets(targets)
    if mirror is None:
        raise InputError(
            "apt on this machine knows no Debian archive",
            why="images are built from the Debian mirror that the machine itself uses",
            cure="Run apt-get update; on another distribution add a Debian source for the images first.",
        )
    settings = run_command(
        ["apt-config", "dump", "--format", "%f=%v%n", "Acquire::http::Proxy"], doing="Reading apt's proxy"
    )
    values = dict(line.split("=", 1) for line in settings.splitlines() if "=" in line)
    proxy = values.get("Acquire::http::Proxy") or None
    return DebianMirror(mirror.archive, mirror.security, proxy)
