from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import RealmDesk

USER = "users: [{username: alice, password: %s}]\n"


@pytest.mark.parametrize(
    ("password", "what"),
    [
        ("hush", "'password' of the realm 'acme' stands there in clear | Move it to secrets.yml"),
        ("'{{ alice_pasword }}'", "the secret 'alice_pasword', which there isn't | Did you mean 'alice_password'?"),
        ("'{{ other }}'", "which there isn't | Name it in environments/identity/secrets.yml"),
        ("'{{ rack }}'", "is 'rack', which stands in clear in inventory/group_vars/all.yml:1"),
        ("'{{ \"hush\" }}'", "stands there in clear"),
        ("!vault x", "is vaulted here"),
    ],
)
def test_what_is_no_secret(realms: RealmDesk, password: str, what: str) -> None:
    realms.folder.write("inventory/group_vars/all.yml", "rack: a\n")
    realms.realm("acme", USER % password)
    told = realms.told()
    assert any(what in text for text in told), told
    assert all(text.startswith("acme.yml:1: ") for text in told)
    assert "hush" not in "".join(text for text in told if "{{" not in password)


def test_secrets_anywhere_in_the_file_are_looked_at(realms: RealmDesk) -> None:
    realms.realm(
        "acme",
        clients=[{"client_id": "a", "standard_flow": False, "secret": "s"}],
        identity_providers=[{"alias": "a", "issuer": "https://x", "client_id": "c", "client_secret": "s"}],
        ldap=[{"name": "a", "url": "ldaps://x", "users_dn": "o", "bind_dn": "k", "bind_password": "s"}],
        smtp={"host": "a", "from": "b", "user": "c", "password": "s"},
        attributes={"password": "not one"},
    )
    kinds = sorted(text.split("'")[1] for text in realms.told())
    assert kinds == ["bind_password", "client_secret", "password", "secret"]


def test_what_is_not_there_is_not_told_while_the_secrets_are_closed(realms: RealmDesk) -> None:
    realms.realm("acme", USER % "'{{ other }}'")
    realms.secrets = None
    assert realms.told() == []


def test_what_the_site_lists_is_to_be_made(realms: RealmDesk) -> None:
    realms.folder.write("environments/identity/secrets.yml", "bob_password: {kind: password, description: Bob's}\n")
    realms.realm("acme", USER % "'{{ bob_password }}'")
    assert any("The layer identity needs the secret bob_password" in one.what for one in realms.site.problems)
    assert realms.told() == []
    realms.folder.write("environments/identity/secrets.yml", "- no list\n")
    assert any("'bob_password', which there isn't" in text for text in realms.told())
