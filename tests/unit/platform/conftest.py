"""A site with the layers openstack and platform, and a cloud that is a few lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.layers.actions import ActionCall, ActionPlaces
from groundplane.platform.configuration import read_configuration
from groundplane.platform.reconcile import describe, reconcile

from ..openstack.conftest import cloud_folder, site_folder  # noqa: TID252
from .fake_cloud import FakeCloud

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.reconcile import Kind
    from groundplane.site.site import Site

    from ..site.conftest import SiteFolder  # noqa: TID252

__all__ = ["cloud_folder", "site_folder"]

FILE = "environments/platform/configuration.yml"
TOOLKIT = Path(__file__).resolve().parents[3]
SECRETS = {"groundplane_fingerprint_key": "0" * 64, "user_password": "hush", "keystone_admin_password": "a"}


class Desk:
    """One kind on a fake cloud: declare, apply, look."""

    def __init__(self, folder: SiteFolder, tmp_path: Path) -> None:
        self.folder = folder
        self.cloud = FakeCloud()
        self.told: list[str] = []
        self.cache = tmp_path / "cache"
        self.secrets: dict[str, Any] = dict(SECRETS)
        text = (TOOLKIT / "environments/platform/defaults.yml").read_text()
        folder.toolkit("environments/platform/defaults.yml", text)

    def declare(self, **options: Any) -> None:
        """Writes platform_NAME for each; SCS's demands are off."""
        written = {"platform_scs": False} | {f"platform_{name}": value for name, value in options.items()}
        self.folder.write(FILE, yaml.safe_dump(written))

    @property
    def site(self) -> Site:
        return self.folder.load(secrets=self.secrets)

    @property
    def asked(self) -> PlatformConfiguration:
        return read_configuration(self.site)

    def apply(self, kind: Callable[[Desk], Kind], *, check: bool = False, stopped: bool = False) -> list[str]:
        """What was told: "TASK: STATUS (REASON)"."""
        told: list[str] = []

        def report(task: str, *, status: str, seconds: float = 0.0, reason: str = "") -> None:
            assert seconds >= 0
            told.append(f"{task}: {status}{f' ({reason})' if reason else ''}")

        self.told = told
        call = ActionCall(
            site=self.site,
            hosts=("node1",),
            places=ActionPlaces(cache=self.cache, memory=self.cache),
            check=check,
            begin=lambda _: None,
            report=report,
            say=lambda _: None,
            stopped=lambda: stopped,
        )
        reconcile(call, kind(self))
        return told

    def state(self, kind: Callable[[Desk], Kind]) -> dict[str, str]:
        return describe(kind(self))


@pytest.fixture
def desk(cloud_folder: SiteFolder, tmp_path: Path) -> Desk:
    return Desk(cloud_folder, tmp_path)
