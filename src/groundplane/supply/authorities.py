"""Authorities that somebody gave this machine for one registry, besides those that it trusts for everything.

Source: containers-certs.d(5). skopeo, podman and Docker read the same folders, so that one file does for all of them.
"""

from __future__ import annotations

from pathlib import Path

SYSTEM_FOLDERS = (Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d"))
HOME_FOLDER = Path(".config/containers/certs.d")


def machine_folder(address: str, *, folders: tuple[Path, ...] | None = None) -> Path | None:
    """The folder for the registry at HOST[:PORT] that skopeo takes by itself; None where there is none.

    Args:
        folders: what is looked through, the first hit counts; the person's own folder and the system's where absent.
    """
    if folders is None:
        folders = (Path.home() / HOME_FOLDER, *SYSTEM_FOLDERS)
    return next((folder / address for folder in folders if (folder / address).is_dir()), None)


def machine_authorities(address: str, *, folders: tuple[Path, ...] | None = None) -> str:
    """Certificates (PEM) of the authorities in that folder; empty where there are none, or none that can be read."""
    folder = machine_folder(address, folders=folders)
    if folder is None:
        return ""
    texts = []
    for file in sorted(folder.glob("*.crt")):
        try:
            texts.append(file.read_text(encoding="ascii").strip() + "\n")
        except (OSError, ValueError):
            continue
    return "".join(texts)
