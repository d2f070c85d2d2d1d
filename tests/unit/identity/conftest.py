"""A site with the identity layer, whose realm files tests write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.identity.configuration import read_identity
from groundplane.identity.validation import layer_problems

from ..openstack.conftest import LAYERS, cloud_folder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.site.site import Site

    from ..site.conftest import SiteFolder  # noqa: TID252

__all__ = ["cloud_folder", "site_folder"]

TOOLKIT = Path(__file__).resolve().parents[3]
OPTIONS = "environments/identity/configuration.yml"
SECRETS = {"groundplane_fingerprint_key": "0" * 64, "alice_password": "long enough for 1 policy"}


class RealmDesk:
    """Write realms, then look at what comes of them."""

    def __init__(self, folder: SiteFolder) -> None:
        self.folder = folder
        self.secrets: dict[str, Any] | None = dict(SECRETS)
        folder.toolkit(
            "playbooks/layers.yml", LAYERS + "  identity: {needs: [openstack], groups: [control], steps: {}}\n"
        )
        folder.replace("site.yml", "openstack, platform]", "openstack, identity, platform]")
        text = (TOOLKIT / "environments/identity/defaults.yml").read_text()
        folder.toolkit("environments/identity/defaults.yml", text)

    def realm(self, name: str, text: str = "", **data: Any) -> str:
        """Writes a realm file, from text or from data; its name below the site."""
        file = f"environments/identity/realms/{name}.yml"
        self.folder.write(file, text or yaml.safe_dump(data))
        return file

    def options(self, **options: Any) -> None:
        """Writes identity_NAME for each."""
        self.folder.write(OPTIONS, yaml.safe_dump({f"identity_{name}": value for name, value in options.items()}))

    @property
    def site(self) -> Site:
        return self.folder.load(secrets=self.secrets, strict=False)

    @property
    def asked(self) -> IdentityConfiguration:
        return read_identity(self.site)

    def told(self) -> list[str]:
        """Each problem as FILE:LINE: WHAT | CURE."""
        found = [f"{one.place}: {one.what} | {one.cure}" for one in layer_problems(self.site)]
        roots = (f"{self.folder.path}/", f"{self.folder.content.root}/", "environments/identity/realms/")
        for root in roots:
            found = [text.replace(root, "") for text in found]
        return found


@pytest.fixture
def realms(cloud_folder: SiteFolder) -> RealmDesk:
    return RealmDesk(cloud_folder)
