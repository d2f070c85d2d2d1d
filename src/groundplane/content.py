"""Where the toolkit's own playbooks, roles, environments and releases lie.

In a checkout they stand at the top level of the repository; a wheel carries the same folders inside the
package. Both look alike to the rest of the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from groundplane.errors import FailedError

FOLDERS = ("playbooks", "roles", "environments", "releases", "inventories", "images")


@dataclass(frozen=True, slots=True)
class Content:
    """The root that holds `FOLDERS`."""

    root: Path

    @property
    def playbooks(self) -> Path:
        return self.root / "playbooks"

    @property
    def roles(self) -> Path:
        return self.root / "roles"

    @property
    def environments(self) -> Path:
        return self.root / "environments"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def images(self) -> Path:
        """What images are built from: Kolla's template overrides, our own Containerfiles, tools for builds."""
        return self.root / "images"

    @property
    def inventories(self) -> Path:
        return self.root / "inventories"


@cache
def toolkit_content() -> Content:
    """The content that belongs to this package.

    Raises:
        FailedError: neither a wheel's content nor a checkout's is there.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "_content", package.parent.parent):
        if (root / "playbooks" / "layers.yml").is_file():
            return Content(root)
    raise FailedError(
        "The toolkit's playbooks are missing",
        why=f"neither {package / '_content'} nor {package.parent.parent} holds playbooks/layers.yml",
        cure="Install groundplane again, or run it from a complete clone.",
    )
