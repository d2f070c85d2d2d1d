from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from groundplane.kolla.libvirt import libvirt_certificates, manages_certificates

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import CloudSite


def test_each_host_proves_itself_to_the_others_and_nobody_else_can(cloud: CloudSite, tmp_path: Path) -> None:
    site = cloud.load()
    found = libvirt_certificates(site, ("node1", "node2"))
    assert found == libvirt_certificates(site, ("node1", "node2"))
    for name, pem in found.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(pem)
    first, second = (tmp_path / f"nova/nova-libvirt/{host}" for host in ("node1", "node2"))
    words = ["openssl", "verify", "-x509_strict", "-CAfile", str(first / "cacert.pem")]
    for purpose, extra in (("sslserver", ["-verify_ip", "172.31.0.12"]), ("sslclient", [])):
        checked = [*words, "-purpose", purpose, *extra, str(second / "servercert.pem")]
        seen = subprocess.run(checked, capture_output=True, text=True, check=False)
        assert seen.returncode == 0, seen
    # The site's own authority, which all hosts have certificates of, is another one.
    words[-1] = str(cloud.path / "certificates/ca.crt")
    assert subprocess.run([*words, str(second / "servercert.pem")], capture_output=True, check=False).returncode != 0
    assert (first / "serverkey.pem").read_text() != (second / "serverkey.pem").read_text()


def test_another_secret_gives_other_keys(cloud: CloudSite) -> None:
    before = libvirt_certificates(cloud.load(), ("node1",))
    cloud.secrets["openstack_libvirt_secret"] = "0" * 64
    after = libvirt_certificates(cloud.load(), ("node1",))
    assert all(before[name] != after[name] for name in before)


def test_a_site_may_hand_out_its_own_or_go_without(cloud: CloudSite) -> None:
    assert manages_certificates(cloud.load())
    cloud.set(libvirt_tls_manage_certs=False)
    assert not manages_certificates(cloud.load())
