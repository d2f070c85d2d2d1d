"""A manager that reaches nothing but a bundle: its apt, pip and uv take what was loaded, and hosts get it over HTTP.

Only files of our own are written, and pip's and uv's settings only where nobody made any.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.files import write_atomically
from groundplane.machine.host_commands import find_program, run_command
from groundplane.supply.bundle.debian import ARCHIVE, COMPONENTS, SECURITY

if TYPE_CHECKING:
    from collections.abc import Sequence

PORT = 8470
SERVICE = "groundplane-bundle.service"
MARK = "# Managed by Groundplane (bundle load): this machine takes packages from a bundle alone.\n"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
SETTINGS = f"""\
# environments/bootstrap/configuration.yml; MANAGER is this machine's name or address
packages_apt_mirror: http://MANAGER:{PORT}/{ARCHIVE}
packages_apt_settings_extra: {{"Acquire::Check-Valid-Until": "false"}}
firewall_rules_bundle:
  - {{name: bundle, networks: [management], protocol: tcp, ports: ["{PORT}"], groups: [managers]}}
"""
"""What a site sets, so that its hosts take packages from here."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was written, and the files of others that were left as they are."""

    written: tuple[Path, ...]
    left: tuple[Path, ...]


def settle(current: Path, suites: Sequence[str], *, root: Path = Path("/"), start: bool = True) -> Settled:
    """Makes this machine take Debian packages and wheels from the folder `current`, and serve them to hosts.

    Args:
        current: the link to the bundle that was loaded last.
        suites: that the bundle has.
        root: where etc is; another one in tests.
        start: start the service.

    Raises:
        InputError: we aren't root, or systemd is missing.
        FailedError: a file can't be written, or the service doesn't start.
    """
    suite = _suite(root)
    if suite not in suites:
        raise InputError(
            f"The bundle has no packages for this machine's Debian ({suite or 'unknown'})",
            why=f"it has them for {', '.join(suites)}",
            cure="Make one with --suite " + (suite or "SUITE"),
        )
    ours = {
        root / "etc/apt/sources.list.d/groundplane-bundle.sources": _sources(current, suite),
        root / "etc/systemd/system" / SERVICE: _unit(current),
    }
    others = {
        root / "etc/pip.conf": f"{MARK}[global]\nno-index = true\nfind-links = {current}/wheels\n",
        root / "etc/uv/uv.toml": f'{MARK}no-index = true\nfind-links = ["{current}/wheels"]\n',
    }
    left = tuple(path for path in others if path.is_file() and not _is_ours(path))
    written = []
    for path, text in {**ours, **others}.items():
        if path not in left:
            write_atomically(path, text)
            written.append(path)
    if start:
        _start()
    return Settled(tuple(written), left)


def _sources(current: Path, suite: str) -> str:
    parts = [MARK]
    for folder, suites in ((ARCHIVE, f"{suite} {suite}-updates"), (SECURITY, f"{suite}-security")):
        # A bundle is older than the days for which Debian vouches for its indexes; its own signature counts.
        parts.append(
            f"Types: deb\nURIs: file:{current}/{folder}\nSuites: {suites}\nComponents: {' '.join(COMPONENTS)}\n"
            f"Signed-By: {KEYS}\nCheck-Valid-Until: no\n"
        )
    return "\n".join(parts)


def _unit(current: Path) -> str:
    return f"""{MARK}[Unit]
Description=Packages and wheels of the Groundplane bundle that was loaded last
After=network.target

[Service]
ExecStart=/usr/bin/python3 -m http.server {PORT} --directory {current}
DynamicUser=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""


def _start() -> None:
    if find_program("systemctl") is None:
        raise InputError("This machine has no systemd, which serves the bundle's packages to hosts")
    for words in (("daemon-reload",), ("enable", "--quiet", SERVICE), ("restart", SERVICE)):
        run_command(["systemctl", *words], doing=f"systemctl {words[0]}")


def _is_ours(path: Path) -> bool:
    return path.read_text(encoding="utf-8", errors="replace").startswith(MARK)


def _suite(root: Path) -> str:
    try:
        text = (root / "etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return fields.get("VERSION_CODENAME", "").strip('"')
