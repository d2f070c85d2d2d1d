from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from groundplane.errors import InputError
from groundplane.kolla.certificates import certificate_inputs, doors, vip_certificates
from groundplane.site.secrets.generate import generate

from .conftest import DECLARED

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import CloudSite

NOW = datetime.now(UTC)


def test_haproxy_shows_certificates_that_the_sites_authority_signed(cloud: CloudSite, tmp_path: Path) -> None:
    found = vip_certificates(cloud.load())
    assert set(found) == {"haproxy.pem", "haproxy-internal.pem", "ca/groundplane.crt"}
    (tmp_path / "shown.pem").write_text(found["haproxy.pem"])
    words = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", "172.31.0.241", "-CAfile"]
    seen = subprocess.run(
        [*words, str(cloud.path / "certificates/ca.crt"), str(tmp_path / "shown.pem")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert seen.returncode == 0, seen
    assert found["haproxy.pem"].count("PRIVATE KEY-----") == 2


def test_they_are_the_same_bytes_each_time(cloud: CloudSite) -> None:
    assert vip_certificates(cloud.load()) == vip_certificates(cloud.load())


def test_they_carry_name_and_address(cloud: CloudSite) -> None:
    cloud.set(kolla_external_fqdn="api.cloud.example")
    site = cloud.load()
    assert doors(site)[0].names == ("api.cloud.example", "172.31.0.241", "external.cloud.test")
    leaf = x509.load_pem_x509_certificate(vip_certificates(site)["haproxy.pem"].encode())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.cloud.example", "external.cloud.test"]


def test_the_name_of_login_pages_is_carried_too(cloud: CloudSite) -> None:
    cloud.set(kolla_external_fqdn="api.cloud.example", identity_fqdn="login.cloud.example")
    external, internal = doors(cloud.load())
    assert external.names[:2] == ("api.cloud.example", "login.cloud.example")
    assert "login.cloud.example" not in internal.names
    _own(cloud, names="DNS:api.cloud.example")
    with pytest.raises(InputError, match=r"does not name login\.cloud\.example") as told:
        vip_certificates(cloud.load())
    assert "identity_fqdn" in told.value.cure


def test_a_renewal_is_another_input_and_comes_before_the_end(cloud: CloudSite) -> None:
    site = cloud.load()
    today = certificate_inputs(site, now=NOW)
    assert "PRIVATE" not in str(today)
    assert today == certificate_inputs(site, now=NOW + timedelta(days=300))
    later = certificate_inputs(site, now=NOW + timedelta(days=336))
    assert {name for name in today if today[name] != later[name]} == {"certificate external", "certificate internal"}
    leaf = x509.load_pem_x509_certificate(later["certificate external"].encode())
    assert leaf.not_valid_before_utc <= NOW + timedelta(days=336)
    assert leaf.not_valid_after_utc > NOW + timedelta(days=336 + 30)


def _own(cloud: CloudSite, *, days: int = 30, names: str = "IP:172.31.0.241") -> None:
    key = cloud.path / "own.key"
    key.touch(mode=0o600)
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", str(days)]
    target = cloud.path / "certificates/external.crt"
    subprocess.run(
        [*made, "-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(target)],
        check=True,
        capture_output=True,
    )
    cloud.secrets["openstack_external_private_key"] = key.read_text()


def test_a_certificate_that_the_site_brings_is_shown(cloud: CloudSite) -> None:
    _own(cloud)
    found = vip_certificates(cloud.load())["haproxy.pem"]
    assert found.startswith((cloud.path / "certificates/external.crt").read_text().strip())
    assert found.rstrip().endswith("-----END PRIVATE KEY-----")


def test_one_that_cannot_be_is_refused_with_the_reason(cloud: CloudSite) -> None:
    _own(cloud, names="DNS:other.example")
    with pytest.raises(InputError, match=r"does not name 172\.31\.0\.241"):
        vip_certificates(cloud.load())
    _own(cloud)
    with pytest.raises(InputError, match="is valid from"):
        vip_certificates(cloud.load(), now=NOW + timedelta(days=40))
    cloud.secrets["openstack_external_private_key"] = generate(DECLARED["openstack_external_private_key"])
    with pytest.raises(InputError, match="does not belong to the secret openstack_external_private_key"):
        vip_certificates(cloud.load())


def test_closed_and_missing_secrets_are_told_apart(cloud: CloudSite) -> None:
    with pytest.raises(InputError, match="closed"):
        vip_certificates(cloud.load(opened=False))
    del cloud.secrets["openstack_internal_private_key"]
    with pytest.raises(InputError, match="openstack_internal_private_key is missing"):
        vip_certificates(cloud.load())


def test_without_addresses_there_is_nothing_to_certify(cloud: CloudSite) -> None:
    cloud.change_site(vips={})
    with pytest.raises(InputError, match="no external virtual address"):
        vip_certificates(cloud.load())
