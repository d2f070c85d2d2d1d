"""TLS with an authority of the site's own, at the virtual address."""

from __future__ import annotations

import pytest
import requests

from groundplane.openstack.transport import answers, https_session

from .fake_keystone import NAME, certificate, keystone


def test_a_name_that_no_dns_knows_is_reached_at_its_address_and_its_certificate_verified() -> None:
    with keystone() as (port, _), https_session(certificate()[0], {NAME: "127.0.0.1"}) as session:
        assert session.get(f"https://{NAME}:{port}/v3").json()["version"]["id"] == "v3.14"


def test_another_authority_is_refused() -> None:
    with (
        keystone() as (port, _),
        https_session(None, {NAME: "127.0.0.1"}) as session,
        pytest.raises(requests.exceptions.SSLError, match="self-signed"),
    ):
        session.get(f"https://{NAME}:{port}/v3")


def test_the_certificate_has_to_be_for_the_name() -> None:
    with (
        keystone() as (port, _),
        https_session(certificate()[0], {"other.test": "127.0.0.1"}) as session,
        pytest.raises(requests.exceptions.SSLError, match=r"other\.test"),
    ):
        session.get(f"https://other.test:{port}/v3")


def test_who_takes_connections() -> None:
    with keystone() as (port, _):
        assert answers("127.0.0.1", port, seconds=1)
    assert not answers("127.0.0.1", port, seconds=1)
