"""What a new site's files are filled with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Template(StrEnum):
    """The kinds of sites that `init` writes."""

    LAB = "lab"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class ScaffoldNetwork:
    """A network of the site, and the interface by which hosts reach it."""

    cidr: str
    interface: str
    mtu: int = 1500
    vlan: int | None = None
    gateway: str | None = None
    hosts: str | None = None
    """Range FIRST-LAST for hosts."""
    dns: tuple[str, ...] = ()
    purpose: str = ""
    """A comment for the person who reads the file."""


@dataclass(frozen=True, slots=True)
class ScaffoldNode:
    """A host: its number gives its address in every network."""

    name: str
    host_number: int
    groups: tuple[str, ...]
    variables: Mapping[str, Any] = field(default_factory=dict)
    """Further host variables."""


@dataclass(frozen=True, slots=True)
class ScaffoldVip:
    """A virtual address."""

    network: str
    address: str


@dataclass(frozen=True, slots=True)
class ScaffoldParameters:
    """One site. The lab template takes networks and nodes from here; production brings its own example hosts."""

    name: str
    domain: str
    release: str
    networks: Mapping[str, ScaffoldNetwork] = field(default_factory=dict)
    nodes: tuple[ScaffoldNode, ...] = ()
    vips: Mapping[str, ScaffoldVip] = field(default_factory=dict)
    layers: tuple[str, ...] = ("bootstrap",)
    images_layers: tuple[str, ...] = ()
    """Layers whose images the site wants although it hasn't them (yet)."""
    management_network: str = "management"
    vault_password_file: str | None = None
    """As site.yml names it; ~ is allowed. None: the person is asked, or an agent holds the password."""
    time_zone: str = "Etc/UTC"
    time_servers: tuple[str, ...] = ()
    packages_apt_proxy: str | None = None
    guest_images: tuple[Mapping[str, Any], ...] = ()
    """Images for the cloud's users, as the platform layer's platform_images has them."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Further values of environments/bootstrap/configuration.yml; they replace the template's own of that name."""
