"""Debian's docker-registry on loopback, with accounts and TLS, in a container of the store's image."""

from __future__ import annotations

import datetime as dt
import ipaddress
import shutil
import socket
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from groundplane.errors import FailedError
from groundplane.supply.registry_client import RegistryClient
from groundplane.supply.skopeo import copy, write_auth_file
from groundplane.supply.store.container import IMAGE, limit_words
from tests.unit.supply.oci_folder import make_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from groundplane.machine.podman import Podman

PREFIX = "gp-test-registry"
START_SECONDS = 20.0
CONFIGURATION = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: /store}}, delete: {{enabled: true}}}}
http:
  addr: {address}
  tls: {{certificate: /conf/certificate.pem, key: /conf/key.pem}}
auth: {{htpasswd: {{realm: test, path: /run/accounts}}}}
"""
SERVE = """\
: > /run/accounts
while read -r name password; do
  echo "$password" | htpasswd -n -i -B -C 4 "$name" >> /run/accounts
done < /conf/accounts
exec docker-registry serve /conf/config.yml
"""
OWNER = "owner"
"""An account that every registry has: the test's own."""


class Authority:
    """An authority that lives as long as the test; `pem` is its certificate."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {uuid.uuid4()}")])
        signed = _builder(self._name, self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = signed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, folder: Path) -> None:
        """Writes a certificate for 127.0.0.1 and its key into the folder."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry")])
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        signed = _builder(name, self._name, key.public_key()).add_extension(
            x509.SubjectAlternativeName([address]), critical=False
        )
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "certificate.pem").write_bytes(signed.sign(self._key, hashes.SHA256()).public_bytes(pem))
        (folder / "key.pem").write_bytes(private)


def _builder(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )


@dataclass(frozen=True, slots=True)
class RealRegistry:
    """A registry that runs. `password` is the owner's."""

    address: str
    container: str
    folder: Path
    authority: Authority
    password: str
    podman: Podman

    def client(self) -> RegistryClient:
        return RegistryClient(self.address, account=OWNER, password=self.password, authority=self.authority.pem)

    def put(self, path: str, tag: str, content: str) -> str:
        """Has a tiny image under this tag; its digest."""
        layout = self.folder / "image"
        shutil.rmtree(layout, ignore_errors=True)
        digest = make_image(layout, "image", content)
        auth, certificates = self.folder / "owner.json", self.folder / "trusted"
        write_auth_file(auth, {self.address: (OWNER, self.password)})
        certificates.mkdir(exist_ok=True)
        (certificates / "ca.crt").write_text(self.authority.pem)
        reference = f"{self.address}/{path}:{tag}"
        copy(f"oci:{layout}:image", reference, destination_auth=auth, destination_certificates=certificates)
        return digest

    def stop(self) -> None:
        self.podman.run("rm", "--force", "--ignore", "--time", "0", self.container, doing="Ending a registry")

    def wait(self) -> None:
        """Waits until it answers."""
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < end, self.log()
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                client.repositories()
        except FailedError:
            return False
        return True

    def log(self) -> str:
        return self.podman.run("logs", self.container, doing="Reading a registry's log")


@contextmanager
def real_registry(
    folder: Path, authority: Authority, *, podman: Podman, accounts: Mapping[str, str] | None = None
) -> Iterator[RealRegistry]:
    """One on 127.0.0.1, at a port that was free.

    Args:
        folder: a folder that isn't there yet, for its data.
        accounts: name to password of those who may read and write.
    """
    for each in ("conf", "store"):
        (folder / each).mkdir(parents=True)
    password = uuid.uuid4().hex
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    authority.issue(folder / "conf")
    (folder / "conf/config.yml").write_text(CONFIGURATION.format(address=address))
    lines = [f"{name} {word}\n" for name, word in {**(accounts or {}), OWNER: password}.items()]
    (folder / "conf/accounts").write_text("".join(lines))
    container = f"{PREFIX}-{uuid.uuid4().hex[:8]}"
    podman.run(
        *("run", "--detach", "--pull", "never", "--name", container, "--network", "host", "--cgroupns", "private"),
        *limit_words(),
        *("--volume", f"{folder / 'conf'}:/conf:ro", "--volume", f"{folder / 'store'}:/store"),
        *(IMAGE, "sh", "-c", SERVE),
        doing="Starting a registry",
    )
    registry = RealRegistry(address, container, folder, authority, password, podman)
    try:
        registry.wait()
        yield registry
    finally:
        registry.stop()
