"""Certificates of the virtual addresses, as HAProxy wants them: certificate, what it is signed by, and key in one file.

They are made anew each time from what the site keeps: the authority's certificate and the keys in secrets.yml. The same
day gives the same certificate, byte for byte: its dates follow from the authority's, and ECDSA signatures are those of
RFC 6979. So nothing has to be stored, two engines agree, and a renewal shows in a plan as what it is: another input.
A site that brings a certificate of its own puts it at certificates/external.crt (or internal.crt), with the chain that
leads to its authority, and its key into secrets.yml.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from groundplane.errors import InputError, Place
from groundplane.kolla.issuing import Authority, Key, public_der
from groundplane.kolla.values import conditions, text_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.site.conditions import Conditions
    from groundplane.site.site import Site

LOGIN_NAME = "identity_fqdn"
"""Of the layer identity: its login pages are behind the external address, too."""
AUTHORITY_KEY = "site_ca_private_key"
AUTHORITY_FILE = "certificates/ca.crt"
CA_FILE = "ca/groundplane.crt"
"""Below kolla_certificates_dir: Kolla gives every container what lies in ca/."""


@dataclass(frozen=True, slots=True)
class Door:
    """A virtual address: where Kolla looks for its certificate, and which names it has to carry.

    Attributes:
        reached: variable to the name by which users come; a certificate of the site's own carries at least these.
    """

    name: str
    file: str
    names: tuple[str, ...]
    reached: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"openstack_{self.name}_private_key"

    @property
    def own(self) -> str:
        """Where a site puts a certificate of its own."""
        return f"certificates/{self.name}.crt"


def doors(site: Site) -> tuple[Door, ...]:
    """The external and the internal one, with their names and addresses."""
    work_out = conditions(site)
    return (
        _door(site, "external", "haproxy.pem", ("kolla_external_fqdn", LOGIN_NAME), work_out),
        _door(site, "internal", "haproxy-internal.pem", ("kolla_internal_fqdn",), work_out),
    )


def _door(site: Site, name: str, file: str, variables: tuple[str, ...], work_out: Conditions) -> Door:
    """Names: those in the catalogue and on login pages, then the address, then NAME.DOMAIN of the hosts' /etc/hosts."""
    reached = {variable: text_value(site, variable, work_out) for variable in variables}
    found = (
        *reached.values(),
        text_value(site, f"kolla_{name}_vip_address", work_out),
        f"{name}.{site.file.domain}" if name in site.networks.vips else "",
    )
    names = tuple(dict.fromkeys(each for each in found if each))
    return Door(name, file, names, {variable: each for variable, each in reached.items() if each})


def vip_certificates(site: Site, *, now: datetime | None = None) -> dict[str, str]:
    """File below kolla_certificates_dir to PEM: both doors (with their keys, secret), and the site's authority.

    Raises:
        InputError: the secrets are closed or lack a key, or a certificate that the site brings can't be used.
    """
    found = {CA_FILE: _read(site, AUTHORITY_FILE)}
    authority: Authority | None = None
    for door in doors(site):
        if not door.names:
            raise InputError(
                f"The site has no {door.name} virtual address",
                why="its certificate is made for it",
                cure="Add it to vips in site.yml.",
                place=site.source.place("vips"),
            )
        key = _key(site, door.key)
        chain = site.path / door.own
        if chain.is_file():
            certificates = chain.read_text(encoding="utf-8", errors="replace").strip() + "\n"
            _check_own(chain, certificates, key, door, now or datetime.now(UTC))
        else:
            authority = authority or site_authority(site)
            period = authority.period(site.file.certificates, now or datetime.now(UTC))
            certificates = authority.issue(door.names, key, period)
        found[door.file] = certificates + secret_text(site, door.key).strip() + "\n"
    return found


def certificate_inputs(site: Site, *, now: datetime | None = None) -> dict[str, str]:
    """What a plan compares: "certificate external" and so on to the certificates, without keys.

    Raises:
        InputError: as `vip_certificates`.
    """
    names = {door.file: f"certificate {door.name}" for door in doors(site)} | {CA_FILE: "certificate authority"}
    return {
        names[file]: pem.partition("-----BEGIN PRIVATE KEY-----")[0]
        for file, pem in vip_certificates(site, now=now).items()
    }


def site_authority(site: Site) -> Authority:
    """The site's own.

    Raises:
        InputError: the secrets are closed, or certificate or key are missing or wrong.
    """
    try:
        certificate = x509.load_pem_x509_certificate(_read(site, AUTHORITY_FILE).encode())
    except ValueError as error:
        raise InputError(
            f"{AUTHORITY_FILE} is no certificate",
            why=str(error),
            cure="Restore it from git, or move it away and call groundplane secrets init: it is made from the key.",
            place=Place(site.path / AUTHORITY_FILE),
        ) from error
    return Authority(certificate, _key(site, AUTHORITY_KEY))


def _check_own(chain: Path, certificates: str, key: Key, door: Door, now: datetime) -> None:
    try:
        leaf = x509.load_pem_x509_certificates(certificates.encode())[0]
    except ValueError as error:
        raise InputError(
            f"{door.own} is no certificate",
            why=str(error),
            cure="Put the server's certificate there in PEM, then those that lead to its authority.",
            place=Place(chain),
        ) from error
    if leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != public_der(key):
        raise InputError(
            f"{door.own} does not belong to the secret {door.key}",
            why="the key in secrets.yml is another one",
            cure=f"Put the certificate's key into secrets.yml as {door.key}: groundplane secrets edit",
            place=Place(chain),
        )
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        raise InputError(
            f"{door.own} is valid from {leaf.not_valid_before_utc:%Y-%m-%d} to {leaf.not_valid_after_utc:%Y-%m-%d}",
            cure="Put one there that is valid today, or remove the file: the site's own authority then signs one.",
            place=Place(chain),
        )
    for variable, name in door.reached.items():
        if not _covers(leaf, name):
            raise InputError(
                f"{door.own} does not name {name}, which the cloud's users reach",
                cure=f"Set {variable} to a name that the certificate carries.",
                place=Place(chain),
            )


def _covers(certificate: x509.Certificate, name: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        return ipaddress.ip_address(name) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        wildcard = "*." + name.partition(".")[2]
        return bool({name, wildcard} & set(names.get_values_for_type(x509.DNSName)))


def _read(site: Site, name: str) -> str:
    try:
        return (site.path / name).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The site has no {name}",
            why=error.strerror or str(error),
            cure="groundplane secrets init makes it.",
            place=Place(site.path / name),
        ) from error


def secret_text(site: Site, name: str) -> str:
    """A secret that certificates are made from.

    Raises:
        InputError: the secrets are closed, or it is missing.
    """
    value = site.variables.value(name, None)
    if value is None or not isinstance(value.value, str) or not value.value.strip():
        cure = "groundplane secrets init makes it." if site.secrets_loaded else "groundplane secrets unlock"
        what = f"The secret {name} is missing" if site.secrets_loaded else "The secrets are closed"
        raise InputError(what, why="certificates are made from it", cure=cure, place=Place(site.secrets_file))
    return value.value


def _key(site: Site, name: str) -> Key:
    try:
        key = load_pem_private_key(secret_text(site, name).strip().encode() + b"\n", password=None)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"The secret {name} is no private key in PEM without a pass phrase",
            cure="Correct it: groundplane secrets edit",
            place=Place(site.secrets_file),
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise InputError(
            f"The secret {name} has to be an EC or RSA key",
            cure="Correct it: groundplane secrets edit",
            place=Place(site.secrets_file),
        )
    return key
