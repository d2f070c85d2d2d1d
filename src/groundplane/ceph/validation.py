"""What can be told wrong of the Ceph layer from a site's files alone, before any host is asked.

Sources: Ceph's documentation, "Erasure code", "Pools" (size and min_size), "CRUSH maps" (failure domains), "Network
configuration reference".
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from groundplane.ceph.configuration import GROUPS, ROLE, PoolType, Reader
from groundplane.counting import counted
from groundplane.errors import Problem
from groundplane.site.source import suggest
from groundplane.site.validation import QUORUM_GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from groundplane.ceph.configuration import CephConfiguration, DriveGroup, PoolSettings
    from groundplane.errors import Place
    from groundplane.site.site import Site

GROUP_OPTIONS = {
    "ceph_mon_group": "monitors",
    "ceph_mgr_group": "managers",
    "ceph_osd_group": "OSDs",
    "ceph_gateway_group": "gateways",
    "ceph_filesystem_group": "metadata servers",
}
SIZE = re.compile(r"^\d+(\.\d+)?\s*([KMGTP]i?B?|B)?$", re.IGNORECASE)
FSID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_NAME = re.compile(r"^[A-Za-z0-9._-]+$")


def layer_problems(site: Site) -> tuple[Problem, ...]:
    """All that is wrong; nothing where the site has no Ceph layer. Values that only Ansible can work out are left."""
    if ROLE not in site.file.layers:
        return ()
    problems: list[Problem] = []
    unknown: list[Problem] = []
    reader = Reader(site, problems, unknown=unknown)
    configuration = reader.read()
    # A variable that nothing sets stays unset; facts of hosts and lookups are Ansible's.
    problems += [one for one in unknown if "is undefined" in one.what and "'ansible_" not in one.what]
    problems += _Checks(reader, configuration).all()
    return tuple(dict.fromkeys(problems))


class _Checks:
    """Each yields what it finds."""

    def __init__(self, reader: Reader, configuration: CephConfiguration) -> None:
        self.reader = reader
        self.site = reader.site
        self.asked = configuration
        self.disks = bool(self._hosts_with_disks(""))

    def all(self) -> Iterator[Problem]:
        yield from self.groups()
        yield from self.networks()
        yield from self.identity()
        yield from self.names()
        yield from self.drive_groups()
        yield from self.pools()
        yield from self.filesystems()
        yield from self.users()

    def at(self, name: str, *path: str | int) -> Place | None:
        """Where an option, or a part of it, is written."""
        return self.reader.place(name, *path, host=self.reader.whole)

    def groups(self) -> Iterator[Problem]:
        inventory = self.site.inventory
        told: set[str] = set()
        for option, what in GROUP_OPTIONS.items():
            group = self.reader.text(option)
            if group in told:
                continue
            told.add(group)
            if group not in inventory.groups:
                if group and option != "ceph_filesystem_group":
                    cure = suggest(group, inventory.groups)
                    yield Problem(f"'{option}' names the group '{group}', which there isn't", cure, self.at(option))
                continue
            outside = [host for host in inventory.group_hosts.get(group, ()) if host not in self.reader.hosts]
            if outside:
                groups = " nor in ".join(GROUPS)
                yield Problem(
                    f"{_some(outside)} of the group '{group}' ({what}) {_are(outside)} neither in {groups}",
                    f"The layer's steps run on these groups' hosts alone: add {_them(outside)} to one of them.",
                    self.at(option),
                )
        mons = len(self.asked.mon_hosts)
        group = self.reader.text("ceph_mon_group")
        if mons and mons % 2 == 0 and group not in QUORUM_GROUPS:
            yield Problem(
                f"{mons} hosts would run monitors, an even number: half of them can't go on without the others",
                f"Make it {mons - 1} or {mons + 1} in the group '{group}'.",
                self.at("ceph_mon_group"),
            )

    def networks(self) -> Iterator[Problem]:
        for option in ("ceph_public_network", "ceph_cluster_network"):
            name = self.reader.text(option)
            if not name:
                continue
            if name not in self.site.networks.networks:
                if name not in self.site.file.networks:
                    cure = suggest(name, self.site.networks.networks)
                    yield Problem(f"'{option}' names the network '{name}', which there isn't", cure, self.at(option))
                continue
            hosts = self.asked.hosts if option == "ceph_public_network" else self.asked.osd_hosts
            away = [host for host in hosts if self.site.networks.address(host, name) is None]
            if away:
                yield Problem(
                    f"{_some(away)} {_have(away)} no address in the network '{name}', which '{option}' names",
                    f"Make {_them(away)} a member of it (networks), or name another network.",
                    self.at(option),
                )

    def identity(self) -> Iterator[Problem]:
        if self.asked.fsid and not FSID.match(self.asked.fsid):
            yield Problem(
                f"'{self.asked.fsid}' is no cluster's id",
                "It is a UUID in small letters, as 'ceph fsid' prints it; leave it out for a new cluster.",
                self.at("ceph_fsid"),
            )

    def names(self) -> Iterator[Problem]:
        lists: Mapping[str, tuple[str, Sequence[str]]] = {
            "ceph_pools": ("pool", [pool.name for pool in self.asked.pools]),
            "ceph_users": ("user", [user.name for user in self.asked.users]),
            "ceph_gateway_users": ("gateway user", [user.name for user in self.asked.gateway_users]),
            "ceph_filesystems": ("file system", [one.name for one in self.asked.filesystems]),
        }
        for option, (what, names) in lists.items():
            yield from self._once(option, what, names)
        for index, user in enumerate(self.asked.users):
            if user.name.startswith("client."):
                place = self.at("ceph_users", index, "name")
                short = user.name.removeprefix("client.")
                yield Problem(f"the user '{user.name}' is named with 'client.'", f"Write {short}.", place)
        made = {f"cephfs.{one.name}.{part}" for one in self.asked.filesystems for part in ("meta", "data")}
        for index, pool in enumerate(self.asked.pools):
            if pool.name in made:
                yield Problem(
                    f"the pool '{pool.name}' is made for a file system already",
                    "Take it out of ceph_pools; what it should be like goes under the file system's 'pool'.",
                    self.at("ceph_pools", index, "name"),
                )

    def _once(self, option: str, what: str, names: Sequence[str]) -> Iterator[Problem]:
        for name, count in Counter(names).items():
            index = len(names) - 1 - list(reversed(names)).index(name)
            place = self.at(option, index, "name")
            if count > 1:
                yield Problem(f"the {what} '{name}' is there {count} times", "Keep one of them.", place)
            if what in ("pool", "file system") and not _NAME.match(name):
                yield Problem(
                    f"'{name}' can't be a {what}'s name", "Use letters, digits, dots, underscores and hyphens.", place
                )

    def drive_groups(self) -> Iterator[Problem]:
        if self.asked.osd_hosts and not self.disks:
            group = self.reader.text("ceph_osd_group")
            yield Problem(
                f"no host of the group '{group}' has disks for OSDs",
                "Name each host's disks in the inventory (disks: [/dev/disk/by-id/…]), or choose them in ceph_osds.",
                self.site.inventory.groups[group].place,
            )
        told: set[tuple[str, Place | None]] = set()
        for host in self.asked.osd_hosts:
            value = self.reader.find("ceph_osds", host)
            if value is None:
                continue

            def at(*path: str | int, host: str = host) -> Place | None:
                return self.reader.place("ceph_osds", *path, host=host)

            for problem in drive_group_problems(self.asked.drive_groups.get(host, ()), host, at):
                key = (problem.what.replace(f"'{host}'", ""), problem.place)
                if key not in told:
                    told.add(key)
                    yield problem

    def pools(self) -> Iterator[Problem]:
        unplaced: dict[tuple[str, str, str], list[int]] = {}
        for index, pool in enumerate(self.asked.pools):

            def at(key: str, index: int = index) -> Place | None:
                return self.at("ceph_pools", index, key)

            yield from self._pool(pool, f"the pool '{pool.name}'", at)
            found = self._unplaced(pool)
            if found is not None:
                unplaced.setdefault(found, []).append(index)
        for (key, reason, cure), which in unplaced.items():
            names = ", ".join(f"'{self.asked.pools[index].name}'" for index in which)
            what = f"the pool{'s' if len(which) > 1 else ''} {names} can't be placed: {reason}"
            yield Problem(what, cure, self.at("ceph_pools", which[0], key))

    def filesystems(self) -> Iterator[Problem]:
        hosts = len(self.asked.filesystem_hosts)
        for index, one in enumerate(self.asked.filesystems):
            if one.pool.type is PoolType.ERASURE:
                continue

            def at(key: str, index: int = index) -> Place | None:
                return self.at("ceph_filesystems", index, "pool", key)

            yield from self._pool(one.pool, f"the pools of the file system '{one.name}'", at)
        wanted = sum(one.active + one.standby for one in self.asked.filesystems)
        if self.asked.filesystems and not hosts:
            group = self.reader.text("ceph_filesystem_group")
            yield Problem(
                f"no host would run the metadata servers: the group '{group}' has none",
                "Name a group with hosts in ceph_filesystem_group.",
                self.at("ceph_filesystems"),
            )
        elif wanted > hosts and hosts:
            yield Problem(
                f"{wanted} metadata servers are wanted, active and standing by, and {counted(hosts, 'host')} would run "
                "one each",
                "Ask for fewer, or add hosts to the group of ceph_filesystem_group.",
                self.at("ceph_filesystems"),
            )

    def _pool(self, pool: PoolSettings, what: str, at: Callable[[str], Place | None]) -> Iterator[Problem]:
        if pool.type is PoolType.ERASURE and pool.erasure is None:
            yield Problem(f"{what} is erasure coded, and nobody says how", "Add erasure: {k: 2, m: 1}.", at("type"))
            return
        if pool.type is PoolType.REPLICATED and pool.erasure is not None:
            yield Problem(
                f"{what} has erasure coding written, but keeps copies",
                "Add type: erasure, or remove erasure.",
                at("erasure"),
            )
        parts = pool.parts()
        kinds = "parts" if pool.type is PoolType.ERASURE else "copies"
        if pool.min_size is not None and pool.min_size > parts:
            yield Problem(
                f"{what} could never be written to: it wants {pool.min_size} of {parts} {kinds}",
                f"Make min_size {pool.size - pool.size // 2 if kinds == 'copies' else parts - 1} or so.",
                at("min_size"),
            )
        if pool.erasure is not None and pool.min_size is not None and pool.min_size < pool.erasure.k:
            yield Problem(
                f"{what} can't be read with {pool.min_size} parts: its data are in {pool.erasure.k}",
                f"Make min_size {pool.erasure.k + 1}, which is k + 1.",
                at("min_size"),
            )

    def _unplaced(self, pool: PoolSettings) -> tuple[str, str, str] | None:
        """The key, the reason and the cure, where there aren't enough failure domains; None where there may be.

        What filters of disks find on hosts isn't known here.
        """
        parts, domain = pool.parts(), pool.failure_domain
        if pool.crush_rule or not parts or not self.disks:
            return None
        known = ("osd", "host", *self.asked.failure_domains)
        if domain not in known:
            cure = suggest(domain, known, f"One of {', '.join(known)}; ceph_failure_domains has the others.")
            return "failure_domain", f"hosts don't stand in a '{domain}'", cure
        hosts = self._hosts_with_disks(pool.device_class)
        if domain == "osd":
            count, names = self._osds(hosts, pool.device_class), "OSDs"
        elif domain == "host":
            count, names = len(hosts), "hosts with disks for OSDs"
        else:
            count = len({place for host in hosts if (place := self.asked.locations[host].get(domain))})
            variable = self.asked.failure_domains[domain]
            names = f"values of '{variable}' on the hosts with disks for OSDs"
        if count is None or parts <= count:
            return None
        erasure = pool.type is PoolType.ERASURE
        kinds = f"{pool.erasure.k} + {pool.erasure.m} parts" if erasure and pool.erasure else f"{parts} copies"
        of_class = f" of the class '{pool.device_class}'" if pool.device_class else ""
        reason = f"{kinds}, each in another {domain}, and of {names}{of_class} there {_is(count)} {count}"
        cure = "Add hosts or disks, ask for fewer, or let failure_domain be a smaller one."
        return "erasure" if erasure else "size", reason, cure

    def _hosts_with_disks(self, device_class: str) -> tuple[str, ...]:
        return tuple(
            host
            for host in self.asked.osd_hosts
            if any(_gives(group, device_class) for group in self.asked.drive_groups.get(host, ()))
        )

    def _osds(self, hosts: Sequence[str], device_class: str) -> int | None:
        """None where filters decide."""
        total = 0
        for host in hosts:
            for group in self.asked.drive_groups[host]:
                if not _gives(group, device_class):
                    continue
                if not group.data_devices.paths:
                    return None
                total += len(group.data_devices.paths) * group.osds_per_device
        return total

    def users(self) -> Iterator[Problem]:
        pools = {pool.name for pool in self.asked.pools} | {
            f"cephfs.{one.name}.{part}" for one in self.asked.filesystems for part in ("meta", "data")
        }
        for index, user in enumerate(self.asked.users):
            if user.only_with_filesystems and not self.asked.filesystems:
                continue
            if not user.caps:
                place = self.at("ceph_users", index, "caps")
                yield Problem(f"the user '{user.name}' may do nothing", "Write caps, at least {mon: …}.", place)
            for daemon in user.caps:
                if daemon not in ("mon", "osd", "mgr", "mds"):
                    yield Problem(
                        f"the user '{user.name}' has capabilities of '{daemon}', which there isn't",
                        suggest(daemon, ("mon", "osd", "mgr", "mds")),
                        self.at("ceph_users", index, "caps", daemon),
                    )
            named = set(re.findall(r"\bpool=([A-Za-z0-9._-]+)", " ".join(user.caps.values())))
            for name in sorted(named - pools):
                near = suggest(name, pools, "Add it to ceph_pools, if the cluster hasn't got it already.")
                if near.startswith("Did you mean"):
                    yield Problem(
                        f"the user '{user.name}' has capabilities for the pool '{name}', which the site doesn't have",
                        near,
                        self.at("ceph_users", index, "caps"),
                    )


def _gives(group: DriveGroup, device_class: str) -> bool:
    """Whether OSDs of this class may come of the group; the class is found out by Ceph where nobody writes it."""
    return group.data_devices.chosen() and device_class in ("", group.device_class or device_class)


def drive_group_problems(groups: Sequence[DriveGroup], host: str, at: Callable[..., Place | None]) -> Iterator[Problem]:
    """Of one host."""
    taken: dict[str, str] = {}
    names: set[str] = set()
    for index, group in enumerate(groups):
        if group.name in names:
            yield Problem(
                f"the drive group '{group.name}' is there twice", "Give each a name of its own.", at(index, "name")
            )
        names.add(group.name)
        for kind in ("data_devices", "db_devices", "wal_devices"):
            devices = getattr(group, kind)
            if devices is None:
                continue
            if devices.all and devices.paths:
                yield Problem(
                    f"the drive group '{group.name}' takes disks by path and all of them",
                    "Keep paths or all.",
                    at(index, kind, "all"),
                )
            places = [at(index, kind, "paths", number) for number in range(len(devices.paths))]
            yield from _paths(zip(devices.paths, places, strict=True), f"{group.name}, {kind}", host, taken)
            if devices.size and not all(SIZE.match(part) for part in devices.size.split(":") if part):
                yield Problem(
                    f"'{devices.size}' is no size of disks",
                    "Write 1TB, 1TB:4TB (from, to), :2TB (up to) or 1TB: (from).",
                    at(index, kind, "size"),
                )
        if group.db_size and not SIZE.match(group.db_size):
            yield Problem(f"'{group.db_size}' is no size", "Write for example 60G.", at(index, "db_size"))
        if group.method == "raw" and (group.osds_per_device > 1 or group.db_size):
            yield Problem(
                f"the drive group '{group.name}' divides disks, which the method raw can't",
                "Use method: lvm, or take osds_per_device and db_size out.",
                at(index, "method"),
            )


def _paths(
    paths: Iterable[tuple[str, Place | None]], where: str, host: str, taken: dict[str, str]
) -> Iterator[Problem]:
    """`taken` is path to where it was named first, of all of the host's drive groups."""
    for path, place in paths:
        if not path.startswith("/dev/"):
            yield Problem(f"'{path}' is no disk's path ({where})", "It begins with /dev/.", place)
        elif path in taken:
            both = f"twice in {where}" if taken[path] == where else f"in {taken[path]} and in {where}"
            yield Problem(f"the disk {path} of '{host}' is named {both}", "Keep it in one place.", place)
        else:
            taken[path] = where


def _some(hosts: Sequence[str]) -> str:
    shown = ", ".join(hosts[:3])
    return f"{shown} and {len(hosts) - 3} more" if len(hosts) > 3 else shown  # noqa: PLR2004


def _are(hosts: Sequence[str]) -> str:
    return "is" if len(hosts) == 1 else "are"


def _have(hosts: Sequence[str]) -> str:
    return "has" if len(hosts) == 1 else "have"


def _them(hosts: Sequence[str]) -> str:
    return "it" if len(hosts) == 1 else "them"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
