"""What a site says of its customers, and what wrong input gets: the file, the line, the nearest name; without hosts."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.conftest import SiteFolder, make_site
from tests.integration.test_wrong_input import tree

if TYPE_CHECKING:
    from pathlib import Path

REALMS = "environments/identity/realms"
ACME = """\
display_name: Acme
projects: [{name: web}]
groups:
  - {name: managers, openstack: [{role: manager}]}
  - {name: developers, openstack: [{role: member, project: web}]}
users:
  - {username: alice, groups: [developers], password: "{{ acme_alice_password }}"}
"""
LISTED = "acme_alice_password: {kind: password, description: Alice's first password}\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """A production site with the layer, and a customer."""
    site = make_site(tmp_path_factory.mktemp("identity"), "production")

    def change(data: dict[str, Any]) -> None:
        data["layers"] = ["bootstrap", "supply", "openstack", "identity"]

    site.edit("site.yml", change)
    site.append(f"{REALMS}/acme.yml", ACME)
    site.append("environments/identity/secrets.yml", LISTED)
    made = site.groundplane("secrets", "init")
    assert "made acme_alice_password: Alice's first password" in made.out + made.err, str(made)
    return site


@pytest.fixture
def cloud(written: SiteFolder, tmp_path: Path) -> SiteFolder:
    path = tmp_path / "site"
    shutil.copytree(written.path, path, symlinks=True)
    return SiteFolder(path, written.env)


def test_a_site_with_a_customer_validates(cloud: SiteFolder) -> None:
    answer = cloud.groundplane("validate", "--secrets")
    assert answer.code == 0, str(answer)


def test_everything_that_is_wrong_is_told_in_one_round(cloud: SiteFolder) -> None:
    wrong = {
        "role: member, project: web": "role: admin, project: wbe",
        "groups: [developers]": "groups: [developer]",
        "acme_alice_password": "acme_alise_password",
        "display_name": "display_nmae",
    }
    text = ACME
    for old, new in wrong.items():
        assert old in text
        text = text.replace(old, new)
    more = (
        "mappers: [{scope: profil, name: shoes, type: oidc-full-name-mapper}]\n"
        "clients: [{client_id: broker, redirect_uris: ['https://acme.example/']}]\n"
        "lifetimes: {session_max: 2d}\n"
    )
    (cloud.path / REALMS / "acme.yml").write_text(text + more, encoding="utf-8")
    cloud.append(f"{REALMS}/globex.yml", "domain: ACME\n")
    cloud.append(f"{REALMS}/cloud.yml", "{}\n")
    before = tree(cloud.path)
    answer = cloud.groundplane("validate", "--secrets")
    message = answer.out + answer.err
    assert answer.code == 2, str(answer)
    assert "Traceback" not in message
    for line, said in {
        1: "the key 'display_nmae' is unknown",
        5: "the project 'wbe', which the realm doesn't declare",
        7: "'developer', which the realm doesn't declare",
        8: "the client scope 'profil', which there isn't",
        9: "the client id 'broker' is taken",
        10: "session_max is 2d, longer than a day",
    }.items():
        assert f"{REALMS}/acme.yml:{line}: " in message, str(answer)
        assert said in message, str(answer)
    for said in (
        "the role 'admin': it is administrator of the whole cloud",
        "Did you mean 'display_name'?",
        "Did you mean 'acme_alice_password'?",
        f"{REALMS}/globex.yml:1: the realms 'acme' and 'globex' have the same domain 'ACME'",
        f"{REALMS}/cloud.yml:1: the realm 'cloud' is the one that Keystone talks to",
    ):
        assert said in message, str(answer)
    assert tree(cloud.path) == before, "nothing was touched"


def test_a_plan_refuses_what_cannot_be(cloud: SiteFolder) -> None:
    cloud.append(f"{REALMS}/globex.yml", "domain: acme\n")
    answer = cloud.groundplane("plan", "identity", "--no-probe")
    assert answer.code == 2, str(answer)
    assert "have the same domain 'acme'" in answer.out + answer.err


def test_a_variable_of_the_engines_own_is_a_file_of_realms(cloud: SiteFolder) -> None:
    cloud.append("inventory/group_vars/all.yml", "groundplane_realms: {}\n")
    answer = cloud.groundplane("validate")
    assert answer.code == 2
    assert f"Write {REALMS}/NAME.yml instead." in answer.out + answer.err
