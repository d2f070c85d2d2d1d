"""What is in an image: its packages, read from its mounted file system. Nothing of the image is run.

Called as a module it prints a folder's packages as JSON: podman's storage is open to root alone.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.machine.host_commands import as_root, run_command
from groundplane.supply.model import Package
from groundplane.supply.packages import PackagesFound, read_packages

if TYPE_CHECKING:
    from groundplane.machine.podman import Podman

KINDS = ("debian", "python", "java")


def image_packages(image: str, podman: Podman) -> PackagesFound:
    """The packages in an image of podman's storage.

    Raises:
        FailedError: it can't be mounted or read.
    """
    doing = f"Reading the packages of {image}"
    root = podman.run("image", "mount", image, doing=doing).strip()
    try:
        if os.geteuid() == 0:
            return read_packages(Path(root))
        said = run_command(as_root([sys.executable, "-m", __name__, root]), doing=doing)
        found = {kind: tuple(Package(*entry) for entry in entries) for kind, entries in json.loads(said).items()}
        return PackagesFound(**found)
    finally:
        podman.run("image", "unmount", image, doing=doing)


def as_json(found: PackagesFound) -> str:
    """Kind to a list of [name, version, architecture, source]."""
    return json.dumps(
        {
            kind: [[one.name, one.version, one.architecture, one.source] for one in getattr(found, kind)]
            for kind in KINDS
        }
    )


if __name__ == "__main__":
    sys.stdout.write(as_json(read_packages(Path(sys.argv[1]))))
