"""How compute hosts prove to each other's libvirt that they may move virtual machines: certificates of an authority
that signs nothing else.

libvirt takes every certificate of the authority that it trusts (libvirt's documentation, "TLS certificates"), so the
site's own, which all hosts have certificates of, would be too much. Its key and those of the hosts are derived from one
secret (HKDF, RFC 5869), and nothing has to be kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from groundplane.kolla.certificates import secret_text, site_authority
from groundplane.kolla.issuing import Period, make_authority
from groundplane.kolla.values import conditions
from groundplane.site.conditions import to_bool

if TYPE_CHECKING:
    from groundplane.site.site import Site

SECRET = "openstack_libvirt_secret"  # noqa: S105 - its name
SERVICE = "nova-cell"
FOLDER = "nova/nova-libvirt"
"""Below node_custom_config; in it a folder for each host."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (SEC 2): private keys are the numbers below it."""
_SEED_BYTES = 48
"""16 more than the key has, so that the remainder is as good as evenly spread (FIPS 186-5, A.2.1)."""


def manages_certificates(site: Site) -> bool:
    """Whether libvirt is reached by TLS, with certificates that are ours to make."""
    work_out = conditions(site)
    names = ("libvirt_tls", "libvirt_tls_manage_certs")
    found = [site.variables.value(name, None) for name in names]
    # Kolla's own values: no TLS, and if there is, with certificates that it hands out.
    return all(
        to_bool(work_out.value(value.value)) if value is not None else default
        for value, default in zip(found, (False, True), strict=True)
    )


def libvirt_period(site: Site, *, now: datetime | None = None) -> Period:
    """From when to when the hosts' certificates are valid.

    Raises:
        InputError: the secrets are closed, or the site's authority can't be used.
    """
    return site_authority(site).period(site.file.certificates, now or datetime.now(UTC))


def libvirt_certificates(site: Site, hosts: tuple[str, ...], *, now: datetime | None = None) -> dict[str, str]:
    """File below node_custom_config to PEM, for each compute host: nova/nova-libvirt/HOST/servercert.pem and so on.

    Raises:
        InputError: as `libvirt_period`.
    """
    authority = site_authority(site).certificate
    validity = Period(authority.not_valid_before_utc, authority.not_valid_after_utc)
    names = tuple(
        (host, f"{host}.{site.file.domain}", *site.networks.addresses.get(host, {}).values()) for host in hosts
    )
    seed = secret_text(site, SECRET).strip()
    return dict(_issued(seed, site.file.name, names, validity, libvirt_period(site, now=now)))


@lru_cache(maxsize=4)
def _issued(
    seed: str, site: str, hosts: tuple[tuple[str, ...], ...], validity: Period, period: Period
) -> tuple[tuple[str, str], ...]:
    authority = make_authority(f"{site} libvirt", _derived(seed, "authority"), validity)
    authority_pem = authority.certificate.public_bytes(Encoding.PEM).decode()
    found = []
    for names in hosts:
        key = _derived(seed, f"host {names[0]}")
        certificate = authority.issue(tuple(dict.fromkeys(names)), key, period, client=True)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        files = {
            "cacert.pem": authority_pem,
            "servercert.pem": certificate,
            "serverkey.pem": private,
            "clientcert.pem": certificate,
            "clientkey.pem": private,
        }
        found += [(f"{FOLDER}/{names[0]}/{name}", pem) for name, pem in files.items()]
    return tuple(found)


def _derived(seed: str, purpose: str) -> ec.EllipticCurvePrivateKey:
    derive = HKDF(hashes.SHA256(), _SEED_BYTES, salt=None, info=f"groundplane libvirt {purpose}".encode())
    number = int.from_bytes(derive.derive(seed.encode()))
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())
