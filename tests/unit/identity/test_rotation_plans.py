"""What a rotation says before it begins, and in which order it is done."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.content import toolkit_content
from groundplane.identity import rotation_plans as module
from groundplane.identity.configuration import read_identity
from groundplane.identity.rotation import KeysRotated, SecretRotation, choose_secrets
from groundplane.identity.rotation_plans import plan_client_secrets, plan_signing_keys
from groundplane.machine.cancel import CancelToken
from groundplane.run.events import WorkState
from groundplane.run.redaction import Redactor
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.store import read_secrets, write_plain

from .keycloak.conftest import cloud_folder, office, site_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.run.stages import Stage

    from .keycloak.conftest import Office

__all__ = ["cloud_folder", "office", "site_folder"]

PASSWORD = b"of the vault"
NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


@pytest.fixture
def desk(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    @contextmanager
    def session(*_: Any, **__: Any) -> Iterator[Any]:
        yield office.keycloak

    declared = load_declared(toolkit_content(), ["identity"])
    monkeypatch.setattr(module, "keycloak", session)
    monkeypatch.setattr(module, "load_declared", lambda *_: declared)
    office.apply()
    return office


def run(stage: Stage) -> tuple[WorkState, str]:
    said: list[str] = []
    assert stage.act is not None
    outcome = stage.act(tell=lambda *_: None, say=said.append, redactor=Redactor(set()), cancel=CancelToken())
    [state] = {host.state for host in outcome.hosts.values()}
    return state, "\n".join(said)


def plan(desk: Office, realm: str | None = None, **more: Any) -> Any:
    site = desk.site
    asked = read_identity(site)
    return plan_client_secrets(site, asked, choose_secrets(asked, realm), password=PASSWORD, **more)


def test_brokers_first_then_what_the_administrator_logs_in_with(desk: Office) -> None:
    found = plan(desk)
    assert [stage.id for stage in found.stages] == ["identity.rotate-brokers", "identity.rotate-secrets"]
    assert found.lines == (
        "secrets.yml gets new secrets: Keystone, the manager, the administrator groundplane",
        "Keycloak's client groundplane in the realm master gets its own at the same moment",
        "Customers' brokers get new ones: acme",
        "They are applied: identity.keycloak, identity.realms, openstack.keystone",
    )
    assert "nobody can log in by single sign-on" in found.warnings[0]


def test_secrets_yml_gets_new_ones_and_shows_none(desk: Office) -> None:
    path = desk.site.path
    before = "".join(f"{name}: old\n" for name in choose_secrets(read_identity(desk.site), None).names)
    write_plain(path, f"---\n{before}", PASSWORD)
    state, said = run(plan(desk, "cloud").stages[0])
    assert state is WorkState.DONE
    after = read_secrets(path, PASSWORD)
    assert after["keycloak_admin_client_secret"] == "old"
    assert len(after["identity_keystone_client_secret"]) == 48
    assert after["identity_keystone_client_secret"] not in said
    assert "secrets.yml: changed (identity_keystone_client_secret, identity_manager_client_secret)" in said


def test_check_mode_changes_nothing(desk: Office) -> None:
    for stage in plan(desk, check=True).stages:
        assert run(stage)[0] is WorkState.DONE
    assert not (desk.site.path / "secrets.yml").exists() or desk.departures() == []


def test_nothing_of_ours_is_nothing_to_do(desk: Office) -> None:
    site = desk.site
    found = plan_client_secrets(site, read_identity(site), SecretRotation(), password=PASSWORD)
    assert found.nothing


def test_keys_realm_after_realm(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool, bool]] = []

    def rotate(_session: Any, realm: str, moment: datetime, *, leaked: bool, check: bool) -> KeysRotated:
        assert moment == NOW
        seen.append((realm, leaked, check))
        return KeysRotated(made=["rsa-2"], retired=["rsa-1"])

    monkeypatch.setattr(module, "rotate_keys", rotate)
    found = plan_signing_keys(desk.site, ("cloud", "acme"), NOW)
    state, said = run(found.stages[0])
    assert state is WorkState.DONE
    assert seen == [("cloud", False, False), ("acme", False, False)]
    assert "Signing keys of acme: changed (made: rsa-2; passive from now on: rsa-1)" in said
    assert found.confirm == ""
    leaked = plan_signing_keys(desk.site, ("cloud",), NOW, leaked=True)
    assert (leaked.confirm, leaked.danger) == (desk.site.file.name, "all sessions in cloud")
