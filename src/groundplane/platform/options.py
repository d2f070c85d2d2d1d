"""What a site declares of its cloud's platform: each entry of the lists platform_… in environments/platform."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 - pydantic reads it
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from groundplane.platform.scs import PREFIX, parse_flavor_name

DEFAULT_DOMAIN = "Default"
_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}|https?://\S+")


class Options(BaseModel):
    """As YAML gives them: 3 is fine where text is wanted; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, populate_by_name=True)


class Declared(Options):
    """What all declared objects have in common."""

    name: str = Field(min_length=1, description="Its name.")
    adopt: bool = Field(
        default=False, description="Take it over where somebody else made one of that name that differs."
    )


class Flavor(Declared):
    """A flavor. One that is named as SCS-0100 says needs no more than its name."""

    vcpus: int = Field(ge=1, description="Virtual processors.")
    ram: int = Field(ge=1, description="Memory in MiB.")
    disk: int = Field(0, ge=0, description="Root disk in GB; 0 takes the image's size, or boots from a volume.")
    ephemeral: int = Field(0, ge=0, description="A further disk in GB.")
    swap: int = Field(0, ge=0, description="Swap in MiB.")
    public: bool = Field(default=True, description="Whether every project may use it.")
    projects: tuple[str, ...] = Field(
        (), description="Where not every project may: those that may, as PROJECT or DOMAIN/PROJECT."
    )
    extra_specs: Mapping[str, str] = Field(
        default_factory=dict, description="Extra specs; those of its name are added."
    )

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        """What the name promises, where nothing else is written."""
        if isinstance(given, str):
            given = {"name": given}
        if not isinstance(given, dict) or not str(given.get("name", "")).startswith(PREFIX):
            return given
        promised = parse_flavor_name(str(given["name"]))
        if promised is None:
            return given
        specs = given.get("extra_specs")
        merged = {**promised.extra_specs, **specs} if isinstance(specs, dict | None) and specs else promised.extra_specs
        sizes = {"vcpus": promised.vcpus, "ram": promised.ram, "disk": promised.disk}
        return {**sizes, **given, "extra_specs": dict(merged)}


class Image(Declared):
    """An image, downloaded or from a file, its checksum verified before anybody can boot it."""

    source: str = Field(min_length=1, description="A URL, or a file: absolute, or relative to the site.")
    checksum: str = Field(
        description="sha256:HEX or sha512:HEX of the file; or the URL of a list of checksums (SHA256SUMS, SHA512SUMS) "
        "that has the file's name, which is fetched whenever the step runs."
    )
    disk_format: Literal["raw", "qcow2", "iso", "vmdk", "vhd", "ami", "ari", "aki"] = Field(
        "qcow2", description="What the file holds."
    )
    visibility: Literal["public", "community", "shared", "private"] = Field("public", description="Who may use it.")
    min_disk: int = Field(0, ge=0, description="The smallest root disk in GB.")
    min_ram: int = Field(0, ge=0, description="The least memory in MiB.")
    protected: bool = Field(default=False, description="Nobody can delete it.")
    properties: Mapping[str, str] = Field(
        default_factory=dict,
        description="Properties. image_source and image_build_date are added where they are missing: where the "
        "file came from, and how old it is.",
    )

    @field_validator("checksum")
    @classmethod
    def _written(cls, given: str) -> str:
        if not _CHECKSUM.fullmatch(given):
            raise PydanticCustomError("checksum", "it is neither sha256:HEX nor sha512:HEX in full, nor a list's URL")
        return given

    @field_validator("properties", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        """Properties are text: YAML's dates and booleans are written as people read them."""
        if not isinstance(given, dict):
            return given
        return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in given.items()}


class Encryption(Options):
    """How volumes of a type are encrypted."""

    provider: str = Field("luks", description="luks or plain.")
    cipher: str = Field("aes-xts-plain64", description="The cipher.")
    key_size: int = Field(256, ge=128, description="The key's length in bits.")
    control_location: Literal["front-end", "back-end"] = Field("front-end", description="Nova or Cinder does it.")


class VolumeType(Declared):
    """A kind of volumes."""

    description: str = Field("", description="For people; [scs:replicated] or [scs:encrypted] first where it is that.")
    public: bool = Field(default=True, description="Whether every project may use it.")
    projects: tuple[str, ...] = Field(
        (), description="Where not every project may: those that may, as PROJECT or DOMAIN/PROJECT."
    )
    extra_specs: Mapping[str, str] = Field(default_factory=dict, description="For example volume_backend_name.")
    encryption: Encryption | None = Field(None, description="Volumes are encrypted; this needs Barbican.")


class Subnet(Options):
    """A subnet of a network."""

    name: str = Field(min_length=1, description="Its name.")
    site_network: str = Field(
        "",
        description="A network of site.yml, which gives cidr, gateway and dns, and as pool what isn't the hosts', "
        "reserved, or a virtual address.",
    )
    cidr: str = Field("", description="The subnet, for example 192.0.2.0/24.")
    gateway: str | None = Field(
        None, description="The gateway's address; empty for none; absent for the site network's, or the first one."
    )
    pools: tuple[str, ...] = Field((), description="Ranges FIRST-LAST of which addresses are given out.")
    dns: tuple[str, ...] = Field((), description="Name servers.")
    dhcp: bool = Field(default=True, description="Whether machines get their address by DHCP.")


class Network(Declared):
    """A network: the provider's, which floating addresses are of, or a project's own."""

    project: str = Field("", description="Whose it is, as PROJECT or DOMAIN/PROJECT; the administrator's where empty.")
    external: bool = Field(default=False, description="Routers may have their gateway in it.")
    shared: bool = Field(default=False, description="Every project may put machines into it.")
    provider: Literal["", "flat", "vlan", "geneve", "vxlan", "local"] = Field("", description="What carries it.")
    physical_network: str = Field("", description="Neutron's name of the hosts' network that carries it: physnet1.")
    segment: int | None = Field(None, ge=1, description="The VLAN or the tunnel's number.")
    mtu: int | None = Field(None, ge=68, description="MTU in bytes.")
    port_security: bool = Field(default=True, description="Whether addresses and security groups are enforced.")
    subnets: tuple[Subnet, ...] = Field((), description="Its subnets.")


class Router(Declared):
    """A router between a project's subnets and an external network."""

    project: str = Field("", description="Whose it is, as PROJECT or DOMAIN/PROJECT; the administrator's where empty.")
    external: str = Field("", description="The external network that its gateway is in.")
    subnets: tuple[str, ...] = Field((), description="Subnets that it has an interface in.")


class RoleGrant(Options):
    """A role on a project, on a domain, or on the whole system."""

    role: str = Field(min_length=1, description="member, reader, manager, admin …")
    project: str = Field("", description="As PROJECT (in the same domain) or DOMAIN/PROJECT.")
    domain: str = Field("", description="A domain.")
    system: bool = Field(default=False, description="The whole system.")

    @model_validator(mode="after")
    def _one(self) -> RoleGrant:
        if sum(map(bool, (self.project, self.domain, self.system))) != 1:
            raise PydanticCustomError("scope", "a role is on one of project, domain and system")
        return self


class Domain(Declared):
    """A domain: one customer's projects, users and groups."""

    description: str = Field("", description="For people.")
    enabled: bool = Field(default=True, description="Whether anybody of it can log in.")


class Quotas(Options):
    """What a project may use, by the services' own names; -1 is without limit."""

    compute: Mapping[str, int] = Field(default_factory=dict, description="instances, cores, ram (MiB), key_pairs …")
    volume: Mapping[str, int] = Field(default_factory=dict, description="volumes, gigabytes, snapshots, backups …")
    network: Mapping[str, int] = Field(default_factory=dict, description="network, router, floatingip, port …")


class Project(Declared):
    """A project, with its quotas."""

    domain: str = Field(DEFAULT_DOMAIN, description="Its domain.")
    description: str = Field("", description="For people.")
    quotas: Quotas | None = Field(None, description="What it may use; what isn't written stays as it is.")


class Group(Declared):
    """A group of users."""

    domain: str = Field(DEFAULT_DOMAIN, description="Its domain.")
    description: str = Field("", description="For people.")
    roles: tuple[RoleGrant, ...] = Field((), description="What its members may.")


class User(Declared):
    """A user; the password is given once, when the user is made, and again when the secret changes."""

    domain: str = Field(DEFAULT_DOMAIN, description="Its domain.")
    description: str = Field("", description="For people.")
    email: str = Field("", description="A mail address.")
    password: str = Field(
        repr=False, description='The variable of secrets.yml that has it: "{{ platform_user_password }}".'
    )
    default_project: str = Field("", description="As PROJECT or DOMAIN/PROJECT.")
    groups: tuple[str, ...] = Field((), description="Groups of the same domain that it is a member of.")
    roles: tuple[RoleGrant, ...] = Field((), description="What it may.")


class SecurityGroupRule(Options):
    """A rule that every new security group begins with."""

    direction: Literal["ingress", "egress"] = Field(description="Into the machines, or out of them.")
    ethertype: Literal["IPv4", "IPv6"] = Field("IPv4", description="Which addresses.")
    protocol: str = Field("", description="tcp, udp, icmp …; empty for all.")
    ports: str = Field("", description="PORT or FIRST-LAST; empty for all.")
    from_group: bool = Field(default=False, description="Only from machines of the same group.")
    prefix: str = Field("", description="Only from or to these addresses, in CIDR form.")
    default_groups: bool = Field(default=True, description="In each project's group default.")
    other_groups: bool = Field(default=False, description="In the groups that users make.")


class CatalogueService(Declared):
    """A service in Keystone's catalogue that Kolla doesn't register."""

    type: str = Field(min_length=1, description="For example object-store-s3.")
    description: str = Field("", description="For people.")
    endpoints: Mapping[Literal["public", "internal", "admin"], str] = Field(description="Interface to URL.")
