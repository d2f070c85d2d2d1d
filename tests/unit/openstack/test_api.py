"""Where a site's cloud is entered, and with which password."""

from __future__ import annotations

from typing import Any

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.openstack.api import (
    Entrance,
    Login,
    admin_login,
    connect,
    entrance,
    open_connection,
    reachable_entrance,
    secret,
    short,
    telling,
)

from ..site.conftest import SiteFolder  # noqa: TID252, TC001
from .fake_keystone import NAME, PASSWORD, certificate, keystone

TLS: dict[str, Any] = {"kolla_enable_tls_external": True, "kolla_external_fqdn": NAME}


def test_it_is_entered_at_the_external_address_by_its_name(cloud_folder: SiteFolder) -> None:
    found = entrance(cloud_folder.load(extra=TLS))
    assert found.auth_url == f"https://{NAME}:5000/v3"
    assert (found.address, found.region, found.interface) == ("172.31.0.6", "RegionOne", "public")
    assert found.addresses == {NAME: "172.31.0.6"}


def test_from_inside_it_is_the_internal_one(cloud_folder: SiteFolder) -> None:
    found = entrance(cloud_folder.load(extra=TLS), "internal")
    assert (found.auth_url, found.address) == ("http://172.31.0.5:5000/v3", "172.31.0.5")


def test_kollas_own_variables_say_otherwise(cloud_folder: SiteFolder) -> None:
    extra = {**TLS, "keystone_external_fqdn": "id.cloud.test", "openstack_region_name": "north"}
    found = entrance(cloud_folder.load(extra={**extra, "keystone_public_port": "{{ 440 + 3 }}"}))
    assert (found.auth_url, found.region) == ("https://id.cloud.test:443/v3", "north")
    assert found.addresses["id.cloud.test"] == "172.31.0.6"


def test_without_virtual_addresses_nobody_can_tell(cloud_folder: SiteFolder) -> None:
    text = (cloud_folder.path / "site.yml").read_text().partition("vips:")[0]
    cloud_folder.write("site.yml", text)
    with pytest.raises(InputError, match="where the site's cloud is entered") as caught:
        entrance(cloud_folder.load())
    assert "vips internal and external" in caught.value.cure


def test_without_the_layer_there_is_no_cloud(site_folder: SiteFolder) -> None:
    with pytest.raises(InputError, match="not among this site's layers"):
        entrance(site_folder.load())


def test_closed_and_missing_secrets_are_told_apart(cloud_folder: SiteFolder) -> None:
    with pytest.raises(InputError, match="are closed") as caught:
        secret(cloud_folder.load(), "keystone_admin_password")
    assert "secrets unlock" in caught.value.cure
    with pytest.raises(InputError, match="has no keystone_admin_password") as caught:
        admin_login(cloud_folder.load(secrets={"other": "1"}))
    assert "secrets init" in caught.value.cure


def test_the_administrator_and_a_password_that_nobody_is_shown(cloud_folder: SiteFolder) -> None:
    site = cloud_folder.load(secrets={"keystone_admin_password": "hush"})
    login = admin_login(site)
    assert (login.user, login.project, login.password) == ("admin", "admin", "hush")
    assert "hush" not in repr(login)
    assert admin_login(site, system=True).project is None


def test_where_nobody_answers_both_addresses_are_named(
    cloud_folder: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundplane.openstack.transport.answers", lambda *_, **__: False)
    with pytest.raises(FailedError, match="can't be reached") as caught:
        reachable_entrance(cloud_folder.load())
    assert "172.31.0.6:5000 (public) and 172.31.0.5:5000 (internal)" in caught.value.why


def test_the_internal_entrance_is_taken_where_the_public_one_is_closed(
    cloud_folder: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundplane.openstack.transport.answers", lambda address, *_, **__: address.endswith(".5"))
    assert reachable_entrance(cloud_folder.load()).interface == "internal"


def test_a_login_over_tls(cloud_folder: SiteFolder) -> None:
    with keystone() as (port, asked):
        where = Entrance("public", f"https://{NAME}:{port}/v3", "127.0.0.1", port, "RegionOne", certificate()[0])
        led = Entrance(**{**{name: getattr(where, name) for name in where.__slots__}, "addresses": {NAME: "127.0.0.1"}})
        connection = open_connection(led, Login("admin", PASSWORD, "admin"))
        assert connection.authorize() == "a-token"
        connection.close()
        system = open_connection(led, Login("admin", PASSWORD, None))
        assert system.authorize() == "a-token"
    assert asked[0]["scope"]["project"]["name"] == "admin"
    assert asked[1]["scope"] == {"system": {"all": True}}


def test_a_refused_login_says_where_the_password_comes_from(cloud_folder: SiteFolder) -> None:
    with keystone() as (port, _):
        where = Entrance("public", f"https://{NAME}:{port}/v3", "", port, "R", certificate()[0], {NAME: "127.0.0.1"})
        connection = open_connection(where, Login("admin", "wrong", "admin"))
        with pytest.raises(FailedError, match="Flavors can't be read") as caught, telling("Flavors can't be read"):
            connection.authorize()
    assert "refuses the login" in caught.value.why
    assert "secrets.yml" in caught.value.cure


def test_connecting_asks_nobody(cloud_folder: SiteFolder) -> None:
    site = cloud_folder.load(secrets={"keystone_admin_password": "hush"}, extra=TLS)
    connection = connect(site, interface="public")
    assert connection.config.get_interface() == "public"
    assert (
        connect(site, user="ann", password="p", project="demo", interface="internal").config.region_name == "RegionOne"
    )


def test_a_service_that_is_down_says_how_to_see_which() -> None:
    from openstack.exceptions import HttpException  # noqa: PLC0415 - heavy

    down = HttpException("503 Service Unavailable")
    down.status_code = 503
    with pytest.raises(FailedError, match="Flavors can't be read") as caught, telling("Flavors can't be read"):
        raise down
    assert "groundplane openstack status" in caught.value.cure


def test_a_connection_that_fails_says_why_on_one_line() -> None:
    where = Entrance("public", "https://127.0.0.1:9/v3", "127.0.0.1", 9, "R")
    connection = open_connection(where, Login("admin", "x", "admin"))
    connection.session._connect_retries = 0
    with pytest.raises(FailedError) as caught, telling("The cloud can't be entered"):
        connection.authorize()
    assert caught.value.why.endswith("/v3/auth/tokens: 127.0.0.1: Connection refused"), caught.value.why
    assert caught.value.cure == "groundplane openstack status shows which service is down."


REFUSED = "Failed to establish a new connection: [Errno 111] Connection refused"
MISMATCH = "certificate verify failed: IP address mismatch, certificate is not valid for '203.0.113.250'."
POOL = "Pool(host='203.0.113.250', port=5000): Max retries exceeded with url: /v3/auth/tokens "


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            (
                f"SSL exception connecting to https://203.0.113.250:5000/v3: Secure{POOL}(Caused by "
                f'SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] {MISMATCH} (_ssl.c:992)")))'
            ),
            f"https://203.0.113.250:5000/v3: {MISMATCH}",
        ),
        (
            (
                f"Secure{POOL}(Caused by SSLError(SSLCertVerificationError(1, "
                f'"[SSL: CERTIFICATE_VERIFY_FAILED] {MISMATCH} (_ssl.c:992)")))'
            ),
            MISMATCH,
        ),
        (
            (
                f"Unable to connect to https://a:5000/v3: HTTPSConnection{POOL}(Caused by "
                f"NewConnectionError(\"HTTPSConnection(host='203.0.113.250', port=5000): {REFUSED}\"))"
            ),
            f"Unable to connect to https://a:5000/v3: {REFUSED}",
        ),
    ],
)
def test_of_what_libraries_say_the_reason_is_left(said: str, told: str) -> None:
    assert short(Exception(said)) == told
