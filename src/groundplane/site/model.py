"""site.yml, as a person writes it.

Every model refuses unknown keys. Descriptions end up in the JSON Schema and in the reference, so they are
written for the person who fills in the file.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from groundplane.site.images_file import ImagesFile
from groundplane.site.strict import Name, Strict


class NetworkFile(Strict):
    """One named network of the site."""

    cidr: str = Field(description="The network, for example 172.31.0.0/24 or fd00:1::/64.")
    vlan: int | None = Field(default=None, ge=1, le=4094, description="VLAN id, where the network is tagged.")
    mtu: int = Field(default=1500, ge=1280, le=9216, description="MTU in bytes.")
    gateway: str | None = Field(default=None, description="Default gateway; the hosts' default route where set.")
    hosts: str | None = Field(
        default=None,
        description="Range FIRST-LAST from which hosts get addresses; the whole network where absent.",
    )
    reserved: tuple[str, ...] = Field(default=(), description="Ranges or addresses that nothing may be given.")
    dns: tuple[str, ...] = Field(default=(), description="DNS servers reached over this network.")
    routes: tuple[RouteFile, ...] = Field(default=(), description="Static routes for hosts on this network.")


class RouteFile(Strict):
    """A static route."""

    to: str = Field(description="Destination network in CIDR form.")
    via: str = Field(description="Gateway address inside the network.")


class VipFile(Strict):
    """A virtual address that moves between hosts."""

    network: Name = Field(description="The network that the address lies in.")
    address: str = Field(description="The address; outside the hosts' range.")


class SshIdentity(StrEnum):
    """Where the operator's private key comes from."""

    VAULT = "vault"
    AGENT = "agent"
    FILE = "file"


class SshFile(Strict):
    """How the engine reaches hosts."""

    operator: Name = Field(default="groundplane", description="The account that the bootstrap layer makes and uses.")
    initial_user: str = Field(default="root", description="The account that a freshly installed host offers.")
    identity: SshIdentity = Field(
        default=SshIdentity.VAULT,
        description=(
            "vault: the key in secrets.yml, held in memory by an agent of the run's own; "
            "agent: the person's ssh-agent; file: a key file."
        ),
    )
    private_key_file: str | None = Field(default=None, description="The key file, with identity: file.")
    port: int = Field(default=22, ge=1, le=65535, description="TCP port of the hosts' sshd.")


class VaultFile(Strict):
    """Where the vault password comes from; GROUNDPLANE_VAULT_PASSWORD_FILE beats both."""

    password_file: str | None = Field(default=None, description="A file that holds the password; ~ is expanded.")
    password_command: tuple[str, ...] | None = Field(
        default=None, description="A command, as a list of words, that prints the password."
    )


class AnsibleFile(Strict):
    """How Ansible is run."""

    accelerator: bool = Field(default=True, description="Use the release's accelerator (mitogen) where it pins one.")
    forks: int = Field(default=50, ge=1, le=1000, description="Hosts that one step works on at a time.")
    parallel: int | None = Field(
        default=None, ge=1, description="Steps side by side; the number of cores where absent."
    )


class TimeFile(Strict):
    """Time of the site."""

    zone: str = Field(default="Etc/UTC", description="Time zone of the hosts.")
    servers: tuple[str, ...] = Field(default=(), description="NTP servers.")


class CertificatesFile(Strict):
    """The site's certificate authority."""

    authority_days: int = Field(default=3650, ge=30, description="Validity of the authority's certificate, in days.")
    host_days: int = Field(default=365, ge=7, description="Validity of a host's certificate, in days.")
    renew_before_days: int = Field(default=30, ge=1, description="Renewed when fewer days than these are left.")


class SiteFile(Strict):
    """What a cloud should be, as far as it isn't said by hosts and layers."""

    name: Name = Field(description="The site's name.")
    release: str = Field(description="The release that pins every version, for example 2026.1.")
    domain: str = Field(description="DNS domain of the hosts.")
    layers: tuple[Name, ...] = Field(default=("bootstrap",), description="The layers that this site has.")
    networks: dict[Name, NetworkFile] = Field(description="The network plan.")
    management_network: Name = Field(default="management", description="The network over which hosts are reached.")
    vips: dict[Name, VipFile] = Field(default_factory=dict, description="Virtual addresses.")
    ssh: SshFile = Field(default_factory=SshFile)
    vault: VaultFile = Field(default_factory=VaultFile)
    ansible: AnsibleFile = Field(default_factory=AnsibleFile)
    time: TimeFile = Field(default_factory=TimeFile)
    certificates: CertificatesFile = Field(default_factory=CertificatesFile)
    images: ImagesFile = Field(default_factory=ImagesFile)
