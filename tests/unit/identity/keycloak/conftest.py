"""A site with an identity layer and two customers, and a Keycloak that is a few dictionaries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.identity.configuration import read_identity
from groundplane.identity.keycloak.realms import Realms
from groundplane.identity.keycloak.work import RealmWork
from groundplane.layers.actions import ActionCall, ActionPlaces
from groundplane.platform.reconcile import departures, reconcile

from ...openstack.conftest import cloud_folder, site_folder  # noqa: TID252
from .fake_keycloak import FakeKeycloak, FakeRealm

if TYPE_CHECKING:
    from groundplane.platform.reconcile import Kind
    from groundplane.site.site import Site

    from ...site.conftest import SiteFolder  # noqa: TID252

__all__ = ["cloud_folder", "site_folder"]

TOOLKIT = Path(__file__).resolve().parents[4]
LAYERS = """\
layers:
  bootstrap: {groups: [all], steps: {}}
  openstack: {needs: [bootstrap], groups: [control], steps: {}}
  identity: {needs: [openstack], groups: [control], steps: {}}
"""
SECRETS = {
    "groundplane_fingerprint_key": "0" * 64,
    "keycloak_admin_client_secret": "of the account",
    "keycloak_admin_password": "of the person",
    "identity_keystone_client_secret": "of keystone",
    "identity_manager_client_secret": "of the manager",
    "alice_password": "hush",
    "other_secret": "also hush",
}
ACME: dict[str, Any] = {
    "display_name": "Acme",
    "projects": [{"name": "web"}],
    "groups": [{"name": "developers", "openstack": [{"role": "member", "project": "web"}]}],
    "users": [{"username": "alice", "groups": ["developers"], "password": "{{ alice_password }}"}],
}
TLS = "kolla_enable_tls_external: true\npublic_protocol: https\n"


class Office:
    """Declares realms, applies them to a Keycloak, looks."""

    def __init__(self, folder: SiteFolder) -> None:
        self.folder = folder
        self.keycloak = FakeKeycloak()
        self.keycloak.realms["master"].add("clients", {"clientId": "groundplane-bootstrap"})
        self.keycloak.client = "groundplane-bootstrap"
        self.secrets: dict[str, Any] = dict(SECRETS)
        folder.toolkit("playbooks/layers.yml", LAYERS)
        text = (folder.path / "site.yml").read_text().replace("openstack, platform", "openstack, identity")
        folder.write("site.yml", text)
        folder.toolkit(
            "environments/identity/defaults.yml", (TOOLKIT / "environments/identity/defaults.yml").read_text()
        )
        folder.write("environments/openstack/configuration.yml", TLS)
        self.declare("acme", ACME)

    def declare(self, name: str, realm: dict[str, Any]) -> None:
        self.folder.write(f"environments/identity/realms/{name}.yml", yaml.safe_dump(realm))

    def options(self, **options: Any) -> None:
        self.folder.write("environments/identity/configuration.yml", yaml.safe_dump(options))

    @property
    def site(self) -> Site:
        return self.folder.load(secrets=self.secrets, strict=False)

    @property
    def realms(self) -> Realms:
        site = self.site
        return Realms(site, read_identity(site), self.keycloak)

    def apply(self, *, check: bool = False) -> list[str]:
        """What was told, without what was fine: "TASK: STATUS (REASON)"."""
        return self.bring(self.realms, check=check)

    def bring(self, kind: Kind, *, check: bool = False) -> list[str]:
        """The same for one kind of objects."""
        told: list[str] = []

        def report(task: str, *, status: str, seconds: float = 0.0, reason: str = "") -> None:
            assert seconds >= 0
            if status != "ok":
                told.append(f"{task}: {status}{f' ({reason})' if reason else ''}")

        call = ActionCall(
            site=self.site,
            hosts=("node1",),
            places=ActionPlaces(cache=self.folder.path, memory=self.folder.path),
            check=check,
            begin=lambda _: None,
            report=report,
            say=lambda _: None,
            stopped=lambda: False,
        )
        reconcile(call, kind)
        return told

    def realm(self, name: str = "acme") -> FakeRealm:
        """What is in a realm, which is made where it isn't there."""
        if name not in self.keycloak.realms:
            self.keycloak.realm(name).make({"realm": name})
        return self.keycloak.realms[name]

    def work(self, name: str = "acme", *, prune: bool = False) -> RealmWork:
        self.realm(name)
        return RealmWork(self.site, self.keycloak.realm(name), prune)

    def departures(self) -> list[str]:
        return departures(self.realms)

    def edited(self) -> None:
        """Somebody else changed something: nothing is remembered."""
        self.keycloak.forget_all()


@pytest.fixture
def office(cloud_folder: SiteFolder) -> Office:
    return Office(cloud_folder)
