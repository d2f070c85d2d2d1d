"""The site's registry as this machine meets it: address, authority, accounts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Place
from groundplane.files import write_atomically
from groundplane.machine.memory import temporary_private_folder
from groundplane.site.derived_images import registry_variables
from groundplane.supply.authorities import machine_authorities
from groundplane.supply.registry_client import SECONDS, RegistryClient
from groundplane.supply.skopeo import write_auth_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundplane.site.site import Site


@dataclass(frozen=True, slots=True)
class Account:
    """A name and a password."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SiteRegistry:
    """Where images are pulled from and pushed to.

    Attributes:
        address: HOST:PORT as the hosts' references have it.
        pull_address: where this machine reaches the same; by address, as a lab's names don't resolve here.
        push_address: where this machine pushes to.
        authority: PEM of the authorities that count besides the machine's own: the site's, and for a registry that
            isn't managed those of `authorities.machine_folder`; None where there are none.
        host: the host that runs it; None for a registry that isn't managed.
    """

    address: str
    namespace: str
    pull_address: str
    push_address: str
    pull: Account
    push: Account
    authority: str | None
    host: str | None

    def path(self, name: str) -> str:
        """An image's path in the registry."""
        return f"{self.namespace}/{name}"

    def push_reference(self, name: str, tag_or_digest: str) -> str:
        """HOST:PORT/PATH with :TAG or @DIGEST, for this machine."""
        mark = "@" if tag_or_digest.startswith("sha256:") else ":"
        return f"{self.push_address}/{self.path(name)}{mark}{tag_or_digest}"

    def reader(self, *, seconds: float = SECONDS) -> RegistryClient:
        """Asks with the account that can't write; close it."""
        return self._client(self.pull_address, self.pull, seconds)

    def writer(self, *, seconds: float = SECONDS) -> RegistryClient:
        """Asks with the account that may write and delete; close it."""
        return self._client(self.push_address, self.push, seconds)

    def _client(self, address: str, account: Account, seconds: float) -> RegistryClient:
        return RegistryClient(
            address, account=account.name, password=account.password, authority=self.authority, seconds=seconds
        )


@dataclass(frozen=True, slots=True)
class OpenRegistry:
    """A registry with what skopeo needs for it, in memory.

    Attributes:
        auth_file: the pushing account's password; where the registry has two doors, the pulling one's too.
        pull_auth_file: the pulling account's alone. A registry that only others push to knows no other one.
        certificates: a folder with the authority.
    """

    registry: SiteRegistry
    auth_file: Path
    pull_auth_file: Path
    certificates: Path


def site_registry(site: Site) -> SiteRegistry:
    """The registry that site.yml speaks of. The secrets have to be open.

    Raises:
        InputError: there is none, or the secrets are closed or incomplete.
    """
    variables = registry_variables(site.file, site.inventory)
    place = site.source.place("images")
    if not variables["address"]:
        raise InputError(
            "The site has no image registry",
            why="images.registry.managed is false and no address is given"
            if not variables["managed"]
            else "the registry runs on the first host of the group managers, and nobody is in it",
            cure="Set images.registry.address in site.yml, or put a host into the group managers.",
            place=place,
        )
    host = variables["host"]
    pull_address = push_address = variables["address"]
    if host is not None:
        reached = _plain(site, "ansible_host", host) or host
        # Image references have no room for IPv6 addresses.
        reached = pull_address.rpartition(":")[0] if ":" in reached else reached
        pull_address, push_address = f"{reached}:{variables['pull_port']}", f"{reached}:{variables['push_port']}"
    authority = site_authority(site) or ""
    if host is None:
        authority += machine_authorities(pull_address)
    return SiteRegistry(
        address=variables["address"],
        namespace=variables["namespace"],
        pull_address=pull_address,
        push_address=push_address,
        pull=_account(site, "pull"),
        push=_account(site, "push"),
        authority=authority or None,
        host=host,
    )


@contextmanager
def open_registry(site: Site, *, memory: Path) -> Iterator[OpenRegistry]:
    """The registry with its files for skopeo in a private folder below `memory`, gone at the end.

    Raises:
        InputError: as `site_registry`.
        FailedError: the folder can't be written.
    """
    registry = site_registry(site)
    with temporary_private_folder(memory, "registry-") as folder:
        auth_file, pull_auth_file, certificates = folder / "auth.json", folder / "pull.json", folder / "certificates"
        pull = {registry.pull_address: (registry.pull.name, registry.pull.password)}
        write_auth_file(auth_file, {**pull, registry.push_address: (registry.push.name, registry.push.password)})
        write_auth_file(pull_auth_file, pull)
        certificates.mkdir()
        if registry.authority:
            write_atomically(certificates / "ca.crt", registry.authority)
        yield OpenRegistry(registry, auth_file, pull_auth_file, certificates)


def site_authority(site: Site) -> str | None:
    """The certificate of the site's own authority, PEM; None where it has none yet."""
    found = site.variables.value("groundplane_certificates", None)
    text = str(found.value.get("authority") or "").strip() if found is not None else ""
    return f"{text}\n" if text else None


def _account(site: Site, kind: str) -> Account:
    name, secret = _plain(site, f"registry_{kind}_account") or kind, f"registry_{kind}_password"
    password = site.variables.value(secret, None)
    if password is None or not isinstance(password.value, str) or not password.value:
        raise InputError(
            f"The registry's password {secret} is missing"
            if site.secrets_loaded
            else "The secrets are closed, and the registry's passwords are among them",
            cure="groundplane secrets init adds what is missing."
            if site.secrets_loaded
            else "groundplane secrets unlock, or set GROUNDPLANE_VAULT_PASSWORD_FILE",
            place=Place(site.secrets_file),
        )
    return Account(name, password.value)


def _plain(site: Site, name: str, host: str | None = None) -> str:
    """A variable's value, where it is plain: only Ansible renders Jinja."""
    value = site.variables.value(name, host)
    text = str(value.value) if value is not None else ""
    return "" if "{{" in text else text
