"""New secrets and new signing keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import FailedError, InputError
from groundplane.identity.configuration import read_identity
from groundplane.identity.keycloak.work import SECRET_MARK
from groundplane.identity.rotation import (
    KEY_PROVIDER,
    SecretRotation,
    choose_realms,
    choose_secrets,
    rotate_broker,
    rotate_keys,
    rotate_secrets,
)
from groundplane.site.secrets.declared import load_declared

from .keycloak.conftest import ACME, cloud_folder, office, site_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .keycloak.conftest import Office

__all__ = ["cloud_folder", "office", "site_folder"]

NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
DECLARED = load_declared(toolkit_content(), ["identity"])
ALL = ("identity_keystone_client_secret", "identity_manager_client_secret", "keycloak_admin_client_secret")


def test_without_a_realm_it_is_about_all_of_ours(office: Office) -> None:
    office.declare("staff", {"broker": False})
    chosen = choose_secrets(read_identity(office.site), None)
    assert chosen == SecretRotation(ALL, ("acme",))
    assert chosen.steps == ("identity.keycloak", "identity.realms", "openstack.keystone")


@pytest.mark.parametrize(
    ("realm", "names", "brokers", "steps"),
    [
        ("cloud", ALL[:2], (), ("identity.realms", "openstack.keystone")),
        ("master", ALL[2:], (), ("identity.keycloak", "identity.realms")),
        ("acme", (), ("acme",), ()),
    ],
)
def test_a_realm_has_its_own(
    office: Office, realm: str, names: tuple[str, ...], brokers: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    chosen = choose_secrets(read_identity(office.site), realm)
    assert (chosen.names, chosen.brokers, chosen.steps) == (names, brokers, steps)


def test_an_unknown_realm_is_refused_with_the_nearest_known(office: Office) -> None:
    asked = read_identity(office.site)
    with pytest.raises(InputError) as refused:
        choose_secrets(asked, "acne")
    assert "acme" in refused.value.cure
    with pytest.raises(InputError):
        choose_realms(asked, "acne")
    assert choose_realms(asked, None) == ("cloud", "acme", "master")


def test_the_administrators_is_keycloaks_at_the_same_moment(office: Office) -> None:
    office.apply()
    saved: dict[str, str] = {}

    def save(values: Mapping[str, str]) -> None:
        saved.update(values)

    assert rotate_secrets(office.keycloak, SecretRotation(ALL), DECLARED, save=save) == ALL
    assert sorted(map(len, saved.values())) == [48, 48, 48]
    client = office.keycloak.realms["master"].of("clients", "groundplane")
    assert client["secret"] == saved["keycloak_admin_client_secret"]


def test_nothing_is_saved_where_keycloak_has_no_such_client(office: Office) -> None:
    def save(_: Mapping[str, str]) -> None:
        raise AssertionError

    with pytest.raises(FailedError, match="no client groundplane"):
        rotate_secrets(office.keycloak, SecretRotation(ALL), DECLARED, save=save)


def test_a_brokers_secret_is_copied_and_the_next_plan_finds_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.apply()
    client = office.keycloak.realms["acme"].of("clients", "groundplane-broker")
    provider = office.keycloak.realms["cloud"].of("identity-provider/instances", "acme")
    before = provider["config"]["clientSecret"], provider["config"][SECRET_MARK]
    plain = office.keycloak._below

    def made_anew(*given: Any) -> Any:
        *_, one, below, _ = given
        if below == "client-secret":
            one["secret"] = "another"
            return {"type": "secret", "value": "another"}, ""
        return plain(*given)

    monkeypatch.setattr(office.keycloak, "_below", made_anew)
    rotate_broker(office.site, office.keycloak, read_identity(office.site), "acme")
    assert client["secret"] == provider["config"]["clientSecret"] == "another"
    assert before[0] != provider["config"]["clientSecret"]
    assert before[1] != provider["config"][SECRET_MARK]
    assert office.departures() == []


def test_a_customer_that_is_not_applied_has_no_broker(office: Office) -> None:
    office.apply()
    office.declare("globex", ACME)
    with pytest.raises(FailedError, match="no client groundplane-broker"):
        rotate_broker(office.site, office.keycloak, read_identity(office.site), "globex")


class Keys:
    """The providers of keys in the realm acme."""

    def __init__(self, office: Office) -> None:
        self.keycloak = office.keycloak
        self.realm = office.keycloak.realms["acme"]
        self.ended = 0
        for name, more in {
            "rsa-generated": {"keySize": ["3072"]},
            "hmac-generated-hs512": {"algorithm": ["HS512"], "kid": ["old"], "secret": ["**"]},
            "rsa-enc-generated": {"algorithm": ["RSA-OAEP"]},
        }.items():
            self.realm.add("components", {
                "name": name,
                "providerId": name.removesuffix("-hs512"),
                "providerType": KEY_PROVIDER,
                "parentId": self.realm.it["id"],
                "config": {"priority": ["100"], **more},
            })  # fmt: skip

    @property
    def there(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one["config"] for one in self.realm.things["components"]}


@pytest.fixture
def keys(office: Office, monkeypatch: pytest.MonkeyPatch) -> Keys:
    office.apply()
    found = Keys(office)
    plain = office.keycloak._in_realm

    def with_logout(realm: Any, method: str, path: str, body: Any, params: dict[str, str]) -> Any:
        if path == "logout-all":
            found.ended += 1
            return None, ""
        return plain(realm, method, path, body, params)

    monkeypatch.setattr(office.keycloak, "_in_realm", with_logout)
    return found


def test_new_keys_sign_and_old_ones_stay_good_for_a_day(keys: Keys) -> None:
    done = rotate_keys(keys.keycloak, "acme", NOW)
    assert done.made == ["rsa-generated-20261121T173000Z", "hmac-generated-hs512-20261121T173000Z"]
    assert done.retired == ["rsa-generated", "hmac-generated-hs512"]
    assert done.removed == []
    there = keys.there
    assert there["rsa-generated-20261121T173000Z"] == {
        "keySize": ["3072"],
        "priority": ["101"],
        "active": ["true"],
        "enabled": ["true"],
    }
    assert "kid" not in there["hmac-generated-hs512-20261121T173000Z"]
    assert there["rsa-generated-retired-20261121T173000Z"]["active"] == ["false"]
    assert there["rsa-enc-generated"] == {"priority": ["100"], "algorithm": ["RSA-OAEP"]}
    assert keys.ended == 0


def test_old_ones_go_a_day_later_and_not_before(keys: Keys) -> None:
    rotate_keys(keys.keycloak, "acme", NOW)
    later = rotate_keys(keys.keycloak, "acme", NOW + timedelta(hours=1))
    assert later.removed == []
    assert later.made[0] == "rsa-generated-20261121T183000Z"
    last = rotate_keys(keys.keycloak, "acme", NOW + timedelta(hours=25, minutes=30))
    assert sorted(last.removed) == [
        "hmac-generated-hs512-20261121T173000Z-retired-20261121T183000Z",
        "hmac-generated-hs512-retired-20261121T173000Z",
        "rsa-generated-20261121T173000Z-retired-20261121T183000Z",
        "rsa-generated-retired-20261121T173000Z",
    ]
    assert len(keys.there) == 5


def test_leaked_keys_go_at_once_with_all_sessions(keys: Keys) -> None:
    done = rotate_keys(keys.keycloak, "acme", NOW, leaked=True)
    assert done.removed == ["rsa-generated", "hmac-generated-hs512"]
    assert done.retired == []
    assert keys.ended == 1


def test_check_mode_says_it_and_changes_nothing(keys: Keys) -> None:
    before = keys.there
    done = rotate_keys(keys.keycloak, "acme", NOW, leaked=True, check=True)
    assert "made: rsa-generated-20261121T173000Z" in done.sentence()
    assert keys.there == before
    assert keys.ended == 0


def test_keys_that_somebody_brought_are_not_ours_to_rotate(office: Office) -> None:
    office.apply()
    with pytest.raises(FailedError, match="Nothing makes signing keys"):
        rotate_keys(office.keycloak, "acme", NOW)
    with pytest.raises(InputError, match="no realm 'globex' yet"):
        rotate_keys(office.keycloak, "globex", NOW)
