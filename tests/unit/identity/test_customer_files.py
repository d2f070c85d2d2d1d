"""A customer's file as commands write, change and move it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.errors import InputError
from groundplane.identity.customer_files import (
    NewCustomer,
    Person,
    add_customer,
    changing,
    customer_text,
    forget_customer,
    new_password,
    read_person,
    realm_file,
    referred,
    switch_customer,
    switched,
)
from groundplane.identity.options import RealmFile
from groundplane.site.secrets.store import read_secrets, secrets_file, write_plain

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = b"of the vault"
NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
ALICE = Person("alice", "alice@acme.test", manager=True)
ACME = NewCustomer("acme", "Acme Ltd.", projects=("web", "lab"), people=(ALICE, Person("bob")))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_plain(tmp_path, "# head\n---\nshared: '1'\n", PASSWORD)
    return tmp_path


def test_the_file_is_what_the_model_takes() -> None:
    data = yaml.safe_load(customer_text(ACME, NOW))
    realm = RealmFile.model_validate(data, strict=False)
    assert (realm.display_name, realm.domain, [one.name for one in realm.projects]) == (
        "Acme Ltd.",
        "acme",
        ["web", "lab"],
    )
    managers, members = realm.groups
    assert [(one.role, one.project) for one in managers.openstack] == [
        ("manager", ""),
        ("member", "web"),
        ("member", "lab"),
    ]
    assert [(one.role, one.project) for one in members.openstack] == [("member", "web"), ("member", "lab")]
    alice, bob = realm.users
    assert (alice.groups, alice.password, alice.temporary) == (("managers",), "{{ acme_alice_password }}", True)
    assert bob.groups == ("members",)


def test_without_projects_managers_make_them() -> None:
    data = yaml.safe_load(customer_text(NewCustomer("acme", people=(ALICE,)), NOW))
    assert [group["name"] for group in data["groups"]] == ["managers"]
    assert "projects" not in data
    assert data["display_name"] == "acme"


@pytest.mark.parametrize(
    ("written", "username", "email"),
    [
        ("alice", "alice", ""),
        ("Alice:alice@acme.test", "alice", "alice@acme.test"),
        ("alice@acme.test", "alice", "alice@acme.test"),
    ],
)
def test_people_are_written_by_name_and_mail(written: str, username: str, email: str) -> None:
    assert read_person(written, manager=True) == Person(username, email, manager=True)


@pytest.mark.parametrize("written", ["", ":a@b", "alice:", "alice:nobody", "a@b:c@d"])
def test_what_is_nobodys_account_is_refused(written: str) -> None:
    if written == "alice:":
        assert read_person(written, manager=False).email == ""
        return
    with pytest.raises(InputError, match="nobody's account"):
        read_person(written, manager=False)


def test_a_secrets_name_is_a_variables() -> None:
    assert Person("anna-lena.m").secret("acme-2") == "acme_2_anna_lena_m_password"


def test_first_passwords_please_most_policies() -> None:
    for _ in range(50):
        made = new_password()
        assert len(made) == 23
        assert any(map(str.islower, made))
        assert any(map(str.isupper, made))
        assert any(map(str.isdigit, made))


def test_a_customer_gets_a_file_and_its_people_passwords(site: Path) -> None:
    with changing() as changes:
        path = add_customer(site, PASSWORD, ACME, NOW, changes)
        changes.keep()
    assert path == site / "environments/identity/realms/acme.yml"
    secrets = read_secrets(site, PASSWORD)
    assert sorted(secrets) == ["acme_alice_password", "acme_bob_password", "shared"]
    assert secrets["acme_alice_password"] != secrets["acme_bob_password"]


def test_what_nobody_wants_is_taken_back(site: Path) -> None:
    before = secrets_file(site).read_bytes()
    with changing() as changes:
        add_customer(site, PASSWORD, ACME, NOW, changes)
        assert secrets_file(site).read_bytes() != before
    assert not realm_file(site, "acme").exists()
    assert secrets_file(site).read_bytes() == before


def test_nobody_is_taken_in_twice(site: Path) -> None:
    for kept in (True, False):
        with changing() as changes:
            if kept:
                add_customer(site, PASSWORD, ACME, NOW, changes)
                changes.keep()
                continue
            with pytest.raises(InputError, match="a customer acme already"):
                add_customer(site, PASSWORD, ACME, NOW, changes)
    assert realm_file(site, "acme").exists()


def test_locking_out_changes_one_line() -> None:
    text = customer_text(ACME, NOW)
    off = switched(text, enabled=False)
    assert off.replace("enabled: false\n", "") == text
    assert yaml.safe_load(off)["enabled"] is False
    assert yaml.safe_load(switched(off, enabled=True))["enabled"] is True
    assert switched(text, enabled=True) == text


def test_an_unknown_customer_is_told_with_the_known_ones(site: Path) -> None:
    with changing() as changes:
        add_customer(site, PASSWORD, ACME, NOW, changes)
        with pytest.raises(InputError) as refused:
            switch_customer(site, "acne", changes, enabled=False)
    assert refused.value.why == "declared are: acme"


def test_a_deleted_customers_file_moves_out_and_its_secrets_go(site: Path) -> None:
    with changing() as changes:
        add_customer(site, PASSWORD, ACME, NOW, changes)
        other = realm_file(site, "globex")
        other.write_text('users: [{username: x, password: "{{ acme_bob_password }}"}, {password: "{{ shared }}"}]\n')
        changes.keep()
    to = forget_customer(site, site / ".groundplane", PASSWORD, "acme", NOW)
    assert to == site / ".groundplane/offboarded/acme-20261121T173000Z.yml"
    assert "display_name: Acme Ltd." in to.read_text()
    assert not realm_file(site, "acme").exists()
    assert sorted(read_secrets(site, PASSWORD)) == ["acme_bob_password", "shared"]
    assert forget_customer(site, site / ".groundplane", PASSWORD, "acme", NOW) is None


def test_variables_that_a_file_refers_to() -> None:
    assert referred('a: "{{ one }}"\nb: "{{two}} {{ three | upper }}"') == {"one", "two"}
