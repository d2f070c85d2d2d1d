"""What concerns several realms, or the site."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.identity.durations import DAY
from groundplane.identity.policy_options import Lifetimes
from groundplane.identity.validation import lifetime_problems

from .conftest import TOOLKIT

if TYPE_CHECKING:
    from .conftest import RealmDesk


def test_nothing_is_wrong_with_the_toolkits_own(realms: RealmDesk) -> None:
    assert realms.told() == []


def test_a_site_without_the_layer_is_asked_nothing(realms: RealmDesk) -> None:
    realms.realm("master")
    realms.folder.replace("site.yml", "openstack, identity, platform]", "openstack, platform]")
    assert realms.told() == []


def test_the_layer_needs_openstack(realms: RealmDesk) -> None:
    realms.folder.replace("site.yml", "openstack, identity, platform]", "identity]")
    realms.options(fqdn="login.example")
    assert any("needs the layer 'openstack'" in text for text in realms.told())


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"url": "http://login.example:8443"}, "no https://NAME:PORT"),
        ({"url": "https://login.example:8443/auth"}, "no https://NAME:PORT"),
        ({"url": "https://login.example"}, "identity_url says port 443, and identity_port 8443"),
        ({"port": 70000}, "identity_port is '70000', which can't be a port"),
        ({"proxy_realm": "a/b"}, "identity_proxy_realm is 'a/b', which can't be a name"),
        ({"proxy_realm": "master"}, "from which Keycloak itself is administrated"),
        ({"password_policy": "lenght(12)"}, "no password policy 'lenght' | Did you mean 'length'?"),
        ({"lifetimes": {"session_max": "2d"}}, "session_max is 2d, longer than a day"),
        ({"admin_networks": ["10.0.0.0/8", "10.0.0.300"]}, "'10.0.0.300' is no network"),
        ({"lifetimes": {"acces_token": "2m"}}, "the key 'acces_token' is unknown in identity_lifetimes"),
    ],
)
def test_options_that_cannot_be(realms: RealmDesk, options: dict[str, Any], what: str) -> None:
    realms.options(**options)
    told = realms.told()
    assert any(what in text for text in told), told
    assert all("identity/configuration.yml:" in text for text in told)


@pytest.mark.parametrize("name", ["master", "admin", "cloud"])
def test_realms_that_are_taken(realms: RealmDesk, name: str) -> None:
    realms.realm(name)
    (told,) = realms.told()
    assert told.startswith(f"{name}.yml:1: ")
    assert "another name" in told


@pytest.mark.parametrize("name", ["a.b", "Acme", "1a", "a_b", "a" * 64])
def test_files_that_can_be_no_realms(realms: RealmDesk, name: str) -> None:
    realms.realm(name)
    assert realms.asked.realms == ()
    (told,) = [one for one in realms.site.problems if "realms" in str(one.place)]
    assert f"'{name}' can't be a realm's name" in told.what


def test_two_realms_with_one_domain(realms: RealmDesk) -> None:
    realms.realm("acme", "display_name: Acme\n")
    realms.realm("globex", "display_name: Globex\ndomain: ACME\n")
    realms.realm("tools", broker=False, domain="acme")
    (told,) = realms.told()
    assert told.startswith("globex.yml:2: the realms 'acme' and 'globex' have the same domain 'ACME'")


@pytest.mark.parametrize(
    ("domain", "whose"),
    [
        ("default", "Keystone's own"),
        ("heat_user_domain", "Keystone's own"),
        ("federated", "Keystone's own"),
        ("Keycloak", "the identity provider's own"),
        ("research", "declared in platform_domains"),
    ],
)
def test_domains_that_are_somebody_elses(realms: RealmDesk, domain: str, whose: str) -> None:
    realms.folder.toolkit("environments/platform/defaults.yml", "platform_domains: []\n")
    realms.folder.write(
        "environments/platform/configuration.yml", yaml.safe_dump({"platform_domains": [{"name": "research"}]})
    )
    realms.realm("acme", domain=domain)
    (told,) = realms.told()
    assert told.startswith(f"acme.yml:1: the domain '{domain}' of the realm 'acme' is {whose}")


def test_a_realms_own_policies_are_told_in_its_file(realms: RealmDesk) -> None:
    realms.realm("acme", "display_name: Acme\npassword_policy: lenght(3)\nlifetimes:\n  access_token: 2d\n")
    told = realms.told()
    assert told[0].startswith("acme.yml:2: Keycloak has no password policy 'lenght'")
    assert told[1].startswith("acme.yml:4: access_token is 2d, longer than a day")
    assert len(told) == 2


def test_lifetimes_fit_each_other() -> None:
    given = Lifetimes(session_idle=7200, session_max=3600, login=0, device_polling=2 * DAY)
    told = {key: what for key, what, _ in lifetime_problems(given)}
    assert told == {
        "session_idle": "session_idle is 2h, longer than session_max (1h)",
        "login": "login is nothing, so that nobody could log in",
    }
    assert not list(lifetime_problems(Lifetimes()))


@pytest.mark.parametrize("switch", ["kolla_enable_tls_external", "enable_haproxy", "enable_mariadb"])
def test_what_keycloak_needs_of_openstack(realms: RealmDesk, switch: str) -> None:
    realms.folder.toolkit("environments/openstack/defaults.yml", f"{switch}: true\n")
    realms.folder.write("environments/openstack/configuration.yml", f"{switch}: false\n")
    (told,) = realms.told()
    assert told.startswith(f"environments/openstack/configuration.yml:1: '{switch}' is off: ")


def test_ports_that_openstack_has(realms: RealmDesk) -> None:
    realms.folder.toolkit("environments/openstack/defaults.yml", 'openstack_api_ports: ["443", "6080-6082"]\n')
    realms.options(port=6081)
    (told,) = realms.told()
    assert "identity_port is 6081, where a service of OpenStack is reached" in told
    realms.options(port=6083)
    assert realms.told() == []


def test_another_database_needs_none_of_openstacks(realms: RealmDesk) -> None:
    realms.folder.toolkit("environments/openstack/defaults.yml", "enable_mariadb: false\n")
    realms.folder.write("environments/identity/configuration.yml", "keycloak_database_address: db.example\n")
    assert realms.told() == []


def test_a_password_that_keycloaks_file_cannot_hold(realms: RealmDesk) -> None:
    assert realms.secrets is not None
    realms.secrets["keycloak_database_password"] = "a$b"
    (told,) = realms.told()
    assert "keycloak_database_password has a character" in told
    assert "a$b" not in told


def test_what_the_page_shows_is_right(realms: RealmDesk) -> None:
    realms.secrets = None
    text = (TOOLKIT / "docs" / "realms.md").read_text()
    blocks = [
        textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    ]
    shown = [block for block in blocks if "secrets.yml\n" not in block.splitlines(keepends=True)[0]]
    assert len(shown) == len(blocks) - 1 == 4
    for block in shown:
        realms.realm("acme", block)
        assert realms.told() == []
        assert realms.asked.realms[0].name == "acme"
