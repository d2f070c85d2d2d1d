"""What a site asks of its Ceph cluster: the role's options, worked out from the site's variables and read as models.

The options are described in the role's argument_specs (roles/ceph/meta); the models here say the same for code and for
editors. A value that only Ansible can work out (it names a fact of a host, say) is told with its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - pydantic reads it
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.site.conditions import Conditions, to_bool
from groundplane.site.option_reader import OptionReader
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.errors import Place
    from groundplane.site.site import Site

ROLE = "ceph"
GROUPS = ("control", "storage")
"""Of the inventory; the layer's steps run on their hosts and no others."""


class Options(BaseModel):
    """As Ansible reads options: "3" is 3 where a number is wanted; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, populate_by_name=True)


class PoolType(StrEnum):
    REPLICATED = "replicated"
    ERASURE = "erasure"


class Autoscale(StrEnum):
    ON = "on"
    OFF = "off"
    WARN = "warn"


class Compression(StrEnum):
    NONE = "none"
    PASSIVE = "passive"
    AGGRESSIVE = "aggressive"
    FORCE = "force"


class Method(StrEnum):
    LVM = "lvm"
    RAW = "raw"


class Devices(Options):
    """Which disks; those that meet all of what is written."""

    paths: tuple[str, ...] = Field((), description="By path, best one under /dev/disk/by-id.")
    all: bool = Field(default=False, description="All disks that hold nothing.")
    rotational: bool | None = Field(None, description="Spinning disks, or solid ones.")
    size: str = Field("", description="Sizes, as Ceph writes them: 1TB, 1TB:4TB, :2TB, 1TB:.")
    model: str = Field("", description="Part of the model's name.")
    vendor: str = Field("", description="Part of the vendor's name.")
    limit: int | None = Field(None, ge=1, description="No more disks than this on a host.")

    def chosen(self) -> bool:
        """Whether they say anything about which disks."""
        return bool(self.paths or self.all or self.size or self.model or self.vendor or self.rotational is not None)


class DriveGroup(Options):
    """A drive group: of which disks OSDs are made, and how."""

    name: str = Field(description="The group's name.")
    data_devices: Devices = Field(description="The disks that hold data.")
    db_devices: Devices | None = Field(None, description="Faster disks for the OSDs' databases.")
    wal_devices: Devices | None = Field(None, description="Faster disks for write-ahead logs.")
    db_size: str = Field("", description="Size of each database, for example 60G.")
    encrypted: bool = Field(default=False, description="Encrypt the disks.")
    device_class: str = Field("", description="The OSDs' class: hdd, ssd, nvme or a word of your own.")
    osds_per_device: int = Field(1, ge=1, description="OSDs on each disk.")
    method: Method = Field(Method.LVM, description="lvm, or raw where there is no device-mapper.")


class Erasure(Options):
    """k parts of data and m of parity; each in a failure domain of its own."""

    k: int = Field(ge=1, description="Parts of data.")
    m: int = Field(ge=1, description="Parts of parity.")
    plugin: str = Field("jerasure", description="How parity is made.")


class PoolSettings(Options):
    """What a pool may say besides its name."""

    application: str = Field("rbd", description="What it is for: rbd, rgw, cephfs, or a word of your own.")
    type: PoolType = Field(PoolType.REPLICATED, description="Copies, or parts with parity.")
    size: int = Field(3, ge=1, description="Copies of each object.")
    min_size: int | None = Field(None, ge=1, description="Copies that must be there for the pool to be written to.")
    erasure: Erasure | None = Field(None, description="Of an erasure coded pool, its parts: {k: 4, m: 2}.")
    failure_domain: str = Field("host", description="No two copies or parts in the same one: osd, host, rack, zone …")
    device_class: str = Field("", description="Only on OSDs of this class.")
    crush_rule: str = Field("", description="A CRUSH rule that is there already, by name.")
    pg_num: int | None = Field(None, ge=1, description="Placement groups.")
    autoscale: Autoscale = Field(Autoscale.ON, description="Whether Ceph chooses the number of placement groups.")
    target_ratio: float | None = Field(None, ge=0, description="The share of the cluster that it is expected to take.")
    bulk: bool | None = Field(None, description="It will be large: begin with many placement groups.")
    compression: Compression | None = Field(None, description="Whether BlueStore compresses.")
    quota_bytes: int | None = Field(None, ge=0, description="No more bytes than this; 0 is no limit.")
    settings: Mapping[str, Any] = Field(default_factory=dict, description="Any more of 'ceph osd pool set'.")

    @field_validator("autoscale", mode="before")
    @classmethod
    def _switch(cls, given: object) -> object:
        """YAML reads a bare on as true."""
        return {True: "on", False: "off"}[given] if isinstance(given, bool) else given

    def parts(self) -> int:
        """In how many failure domains each object has something."""
        if self.type is PoolType.ERASURE:
            return self.erasure.k + self.erasure.m if self.erasure is not None else 0
        return self.size


class Pool(PoolSettings):
    """A pool."""

    name: str = Field(description="The pool's name.")


class CephUser(Options):
    """A CephX user; `services` (written `for`) are those of other layers that get the key."""

    name: str = Field(description='The name without "client.".')
    caps: Mapping[str, str] = Field(description="Capabilities, for example {mon: profile rbd}.")
    services: tuple[str, ...] = Field((), alias="for", description="The services of other layers that get the key.")
    only_with_filesystems: bool = Field(default=False, description="Only made where the site has file systems.")


class GatewayUser(Options):
    """A user of the object gateways."""

    name: str = Field(description="The user's id.")
    display_name: str = Field("", description="A name for people.")
    caps: str = Field("", description='Administrative capabilities, for example "users=read;buckets=*".')
    system: bool = Field(default=False, description="Whether it may do what the system may.")
    swift: bool = Field(default=False, description="Whether it can log in by Swift too, as NAME:swift.")
    quota_bytes: int | None = Field(None, ge=0, description="No more bytes than this in all its buckets.")
    services: tuple[str, ...] = Field((), alias="for", description="The services of other layers that get the keys.")


class Filesystem(Options):
    """A file system; its pools are cephfs.NAME.meta and cephfs.NAME.data."""

    name: str = Field(description="The file system's name.")
    active: int = Field(1, ge=1, description="Metadata servers at work.")
    standby: int = Field(1, ge=0, description="Metadata servers that stand by.")
    pool: PoolSettings = Field(default_factory=PoolSettings, description="Keys of ceph_pools for its pools.")


@dataclass(frozen=True, slots=True)
class CephConfiguration:
    """What is asked for. Hosts are the inventory's names, in its order.

    Attributes:
        fsid: empty where the first deployment chooses it.
        image: by digest; empty before there is an images.lock.
        public_network, cluster_network: names of the site's networks; the latter is empty where it is the same.
        drive_groups: OSD host to its groups, in order: the first one that fits a disk takes it.
        wipe_devices: OSD host to the disks that may be wiped.
        locations: host to CRUSH type to name, the biggest part first.
        places: an option's name to the place that sets it, where the site does.
    """

    fsid: str = ""
    image: str = ""
    account: str = "cephadm"
    mon_hosts: tuple[str, ...] = ()
    mgr_hosts: tuple[str, ...] = ()
    osd_hosts: tuple[str, ...] = ()
    gateway_hosts: tuple[str, ...] = ()
    filesystem_hosts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """All of the layer's hosts, whether a group of the above has them or not."""
    public_network: str = ""
    cluster_network: str = ""
    drive_groups: Mapping[str, tuple[DriveGroup, ...]] = field(default_factory=dict)
    wipe_devices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()
    users: tuple[CephUser, ...] = ()
    filesystems: tuple[Filesystem, ...] = ()
    gateway_enabled: bool = True
    gateway_port: int = 7480
    gateway_tls: bool = True
    gateway_users: tuple[GatewayUser, ...] = ()
    gateway_pools: tuple[Pool, ...] = ()
    failure_domains: Mapping[str, str] = field(default_factory=dict)
    locations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


def read_configuration(site: Site, *, strict: bool = True) -> CephConfiguration:
    """What the site asks for.

    With strict=False what can't be read is left out: for whoever only looks, and needs to at any hour.

    Raises:
        InputError: with all problems and their places; the layer isn't among the site's.
    """
    if ROLE not in site.file.layers:
        raise InputError(
            "Ceph is not among this site's layers",
            cure="Add it to the layers in site.yml: [bootstrap, supply, ceph].",
            place=site.source.place("layers"),
        )
    problems: list[Problem] = []
    found = Reader(site, problems, unknown=problems).read()
    if problems and strict:
        raise InputError(f"The Ceph layer's options have {counted(len(problems), 'problem')}", problems=tuple(problems))
    return found


class Reader(OptionReader):
    """Reads a site's options; tells what is wrong in `problems`, and in `unknown` what only Ansible can work out."""

    def __init__(self, site: Site, problems: list[Problem], *, unknown: list[Problem]) -> None:
        super().__init__(site, problems, unknown=unknown)
        facts = site.facts.roles.get(ROLE)
        self._defaults = facts.defaults if facts is not None else None
        self._conditions: dict[str | None, Conditions] = {}
        members = [host for group in GROUPS for host in site.inventory.group_hosts.get(group, ())]
        self.hosts = tuple(host for host in site.inventory.hosts if host in set(members))
        # What holds for the whole cluster is read as on the host that speaks for it.
        self.whole: str | None = members[0] if members else None

    def read(self) -> CephConfiguration:
        osd_hosts = self.group("ceph_osd_group")
        images = self.of("groundplane_images")
        defaults = self._pool_defaults()
        return CephConfiguration(
            fsid=self.text("ceph_fsid"),
            image=str(images.get(ROLE, "")) if isinstance(images, dict) else "",
            account=self.text("ceph_account"),
            mon_hosts=self.group("ceph_mon_group"),
            mgr_hosts=self.group("ceph_mgr_group"),
            osd_hosts=osd_hosts,
            gateway_hosts=self.group("ceph_gateway_group"),
            filesystem_hosts=self.group("ceph_filesystem_group"),
            hosts=self.hosts,
            public_network=self.text("ceph_public_network"),
            cluster_network=self.text("ceph_cluster_network"),
            drive_groups={host: self.models(DriveGroup, "ceph_osds", host) for host in osd_hosts},
            wipe_devices={host: self.texts("ceph_wipe_devices", host) for host in osd_hosts},
            pools=self.models(Pool, "ceph_pools", self.whole, defaults=defaults),
            users=self.models(CephUser, "ceph_users", self.whole),
            filesystems=self.models(Filesystem, "ceph_filesystems", self.whole, defaults={"pool": defaults}),
            gateway_enabled=to_bool(self.of("ceph_gateway_enabled", self.whole)),
            gateway_port=self._number("ceph_gateway_port"),
            gateway_tls=to_bool(self.of("ceph_gateway_tls", self.whole)),
            gateway_users=self.models(GatewayUser, "ceph_gateway_users", self.whole),
            gateway_pools=self.models(Pool, "ceph_gateway_pools", self.whole, defaults=defaults),
            failure_domains=self._domains(),
            locations=dict(self._locations()),
            places={name: value.place for name in self._names() if (value := self._written(name)) is not None},
        )

    def find(self, name: str, host: str | None = None) -> Value | None:
        """What wins for the host: the site's value, else the role's default."""
        found = self.site.variables.value(name, host)
        if found is None and self._defaults is not None and name in (self._defaults.data or {}):
            return Value(self._defaults.data[name], Level.DEFAULT, self._defaults.place(name), ROLE)
        return found

    def text(self, name: str, host: str | None = None) -> str:
        """As on the host that speaks for all, where none is named."""
        return super().text(name, host or self.whole)

    def resolve(self, value: Any, host: str | None = None) -> Any:
        return self._for(host).value(value)

    def group(self, name: str) -> tuple[str, ...]:
        """The hosts of the group that an option names."""
        members = set(self.site.inventory.group_hosts.get(self.text(name), ()))
        return tuple(host for host in self.site.inventory.hosts if host in members)

    def _for(self, host: str | None) -> Conditions:
        if host not in self._conditions:
            inventory = self.site.inventory
            facts: dict[str, Any] = {
                "groups": {group: list(members) for group, members in inventory.group_hosts.items()},
                "inventory_hostname": host or "",
                "group_names": [name for name in inventory.groups_of(host) if name != "all"] if host else [],
            }
            self._conditions[host] = Conditions(lambda name: self.find(name, host), facts)
        return self._conditions[host]

    def _pool_defaults(self) -> dict[str, Any]:
        """Keys of ceph_pools for all pools; those that can't be are told once, here, and left out."""
        name = "ceph_pool_defaults"
        found = self.of(name, self.whole)
        if not isinstance(found, dict):
            return {}
        try:
            PoolSettings.model_validate_json(json.dumps(found, default=str))
        except ValidationError as error:
            self.tell(error, PoolSettings, name, (), found, host=self.whole)
            wrong = {str(item["loc"][0]) for item in error.errors(include_url=False) if item["loc"]}
            return {key: each for key, each in found.items() if key not in wrong}
        return dict(found)

    def _number(self, name: str) -> int:
        found = self.of(name, self.whole)
        return int(found) if str(found).isdigit() else 0

    def _domains(self) -> dict[str, str]:
        found = self.of("ceph_failure_domains", self.whole)
        return {str(type_): str(variable) for type_, variable in found.items()} if isinstance(found, dict) else {}

    def _locations(self) -> Iterator[tuple[str, dict[str, str]]]:
        domains = self._domains()
        for host in self.hosts:
            stands = {type_: self.of(variable, host) for type_, variable in domains.items()}
            yield host, {type_: str(name) for type_, name in stands.items() if name not in (None, "")}

    def _names(self) -> tuple[str, ...]:
        facts = self.site.facts.roles.get(ROLE)
        return tuple(facts.options) if facts is not None else ()

    def _written(self, name: str) -> Value | None:
        """What the site itself says, as on the host that speaks for all."""
        found = self.site.variables.value(name, self.whole)
        return found if found is not None and found.level > Level.DERIVED else None
