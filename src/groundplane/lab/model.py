"""What a lab should be (inventories/lab/lab.yml), and what one is (lab.json in its state folder)."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import Field, ValidationError

from groundplane.errors import InputError, Place
from groundplane.site.strict import Name, Strict

if TYPE_CHECKING:
    from groundplane.content import Content

GIB = 1024**3


class NetworkDefinition(Strict):
    """A network that every node is on."""

    interface: str = Field(pattern=r"^[a-z][a-z0-9]{1,14}$", description="The interface's name inside a node.")
    nat: bool = Field(default=False, description="Whether nodes reach the outside over it; on exactly one network.")
    host: bool = Field(default=False, description="Whether the machine itself has an address on it, besides nat.")
    addressed: bool = Field(
        default=True, description="Whether nodes keep an address on it; without one it is a bare interface."
    )
    mtu: int = Field(default=1500, ge=1280, le=9216)
    purpose: str = ""


class ManagerDefinition(Strict):
    number: int
    groups: tuple[Name, ...]


class Members(StrEnum):
    """Which of a lab's nodes are in a group."""

    ALL = "all"
    QUORUM = "quorum"
    """An odd number: of an even number of nodes not the last one."""
    FIRST = "first"
    REST = "rest"
    """All but the first; where there is only one, that one."""

    def includes(self, index: int, count: int) -> bool:
        """Whether node `index` (from 0) of `count` is in the group."""
        match self:
            case Members.QUORUM:
                return index < (count if count % 2 else count - 1)
            case Members.FIRST:
                return index == 0
            case Members.REST:
                return index > 0 or count == 1
            case _:
                return True


class NodesDefinition(Strict):
    first_number: int
    groups: dict[Name, Members]


class Needs(Strict):
    """What the machine must have: `memory_gib` available, `disk_gib` free."""

    cores: int
    memory_gib: float
    disk_gib: float


class Profile(Strict):
    description: str
    needs: Needs
    disks_gib: tuple[int, ...] = Field(default=(), description="Sizes of each node's disks; sparse files.")
    groups: dict[Name, Members] = Field(
        default_factory=dict, description="Groups that have other nodes than usual in this profile."
    )
    layers: tuple[Name, ...] = Field(default=("bootstrap",), description="Layers that the lab's site has.")
    images_layers: tuple[Name, ...] = Field(default=(), description="Layers whose container images are wanted.")


class LabDefinition(Strict):
    """inventories/lab/lab.yml."""

    suite: str
    domain: str
    pools: tuple[IPv4Network, ...]
    networks: dict[Name, NetworkDefinition]
    manager: ManagerDefinition
    nodes: NodesDefinition
    profiles: dict[Name, Profile]

    def profile(self, name: str) -> Profile:
        """
        Raises:
            InputError: there is none of that name.
        """
        if name not in self.profiles:
            raise InputError(
                f"There is no lab profile '{name}'",
                cure="Use one of: " + ", ".join(f"{key} ({value.description})" for key, value in self.profiles.items()),
            )
        return self.profiles[name]


class LabNetwork(Strict):
    """One network of a lab. `gateway` is the machine's own address on it."""

    cidr: str
    interface: str
    nat: bool
    host: bool = False
    addressed: bool = True
    mtu: int = 1500
    purpose: str = ""

    @property
    def gateway(self) -> str:
        return str(IPv4Network(self.cidr)[1])

    def address(self, number: int) -> str:
        return str(IPv4Network(self.cidr)[number])


class LabNode(Strict):
    """One node; its address in a network is the network's base plus `number`."""

    name: Name
    number: int
    groups: tuple[Name, ...]
    disks_gib: tuple[int, ...] = ()

    @property
    def disks(self) -> tuple[str, ...]:
        """Paths of its disks inside of it, which stay the same whatever loop devices they are."""
        return tuple(f"/dev/disk/by-id/lab-disk{number}" for number, _ in enumerate(self.disks_gib, 1))


class Lab(Strict):
    """lab.json. A lab keeps what it was made with; lab.yml may move on."""

    format: int = 1
    name: Name
    suite: str
    profile: str
    domain: str
    networks: dict[Name, LabNetwork]
    nodes: tuple[LabNode, ...]
    apt_proxy: str | None = None
    verified: dict[str, str] = Field(
        default_factory=dict, exclude=True, description="Of labs made by earlier versions; the site's journal knows it."
    )

    def object_name(self, name: str) -> str:
        """How a node, network or volume of this lab is called outside of it."""
        return f"{self.name}-{name}"

    def node(self, name: str) -> LabNode:
        """The node called `name`, or NAME of LAB-NAME.

        Raises:
            InputError: there is none.
        """
        for node in self.nodes:
            if name in (node.name, self.object_name(node.name)):
                return node
        raise InputError(
            f"The lab {self.name} has no node '{name}'", cure="Use one of: " + ", ".join(n.name for n in self.nodes)
        )

    @property
    def management(self) -> LabNetwork:
        return next(network for network in self.networks.values() if network.nat)

    def addresses(self, node: LabNode) -> dict[str, str]:
        """Network to the node's address, for the networks on which it has one."""
        return {name: net.address(node.number) for name, net in self.networks.items() if net.addressed}

    def address(self, node: LabNode) -> str:
        """The node's management address."""
        return self.management.address(node.number)


def mac_address(address: str) -> str:
    """A locally administered MAC that belongs to an IPv4 address.

    A node that is started again keeps it; with a new one its neighbours' ARP caches would hold it off for seconds.
    """
    octets = ip_address(address).packed[-4:]
    return "02:67:" + ":".join(f"{octet:02x}" for octet in octets)


def load_definition(content: Content) -> LabDefinition:
    """Reads inventories/lab/lab.yml.

    Raises:
        InputError: it isn't a lab's definition.
    """
    path = Path(content.inventories) / "lab" / "lab.yml"
    try:
        return LabDefinition.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as wrong:
        raise InputError("The lab's definition can't be used", why=str(wrong), place=Place(path)) from wrong


def plan_nodes(definition: LabDefinition, count: int, profile: Profile) -> tuple[LabNode, ...]:
    """A manager and `count` nodes. Groups that need a quorum have an odd number of members.

    Raises:
        InputError: `count` is out of range.
    """
    most = min(99, 250 - definition.nodes.first_number)
    if not 1 <= count <= most:
        raise InputError(f"A lab has 1 to {most} nodes besides the manager, not {count}")
    groups = definition.nodes.groups | profile.groups
    manager = LabNode(name="manager", number=definition.manager.number, groups=definition.manager.groups)
    nodes = (
        LabNode(
            name=f"node{index + 1}",
            number=definition.nodes.first_number + index,
            groups=tuple(name for name, members in groups.items() if members.includes(index, count)),
            disks_gib=profile.disks_gib,
        )
        for index in range(count)
    )
    return (manager, *nodes)
