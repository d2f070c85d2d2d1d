"""File systems: what a site asks for, compared with what a cluster has.

As Ceph's documentation has it (cephfs/createfs, cephfs/administration): metadata and the default data pool have copies;
parts with parity are for a further data pool, which directories are laid out on.
"""

from __future__ import annotations

from dataclasses import dataclass

try:
    from ansible.module_utils.ceph_pool import Pool, read_pool
except ImportError:
    from ceph_pool import Pool, read_pool

_ONE_DATA_POOL = ("type", "erasure", "min_size", "size", "quota_bytes", "target_ratio", "bulk")
"""Keys of an erasure coded pool that mean nothing for the pools beside it."""


@dataclass(frozen=True)
class Filesystem:
    """A file system as the site asks for it; `pools` are metadata, data, and a further data pool where there is one."""

    name: str
    active: int
    standby: int
    pools: tuple[Pool, ...]

    @property
    def servers(self) -> int:
        return self.active + self.standby

    def specification(self, hosts: list[str]) -> dict:
        """The service of its metadata servers, for the orchestrator."""
        placement = {"count": self.servers, "hosts": sorted(hosts)}
        return {"service_type": "mds", "service_id": self.name, "placement": placement}


@dataclass(frozen=True)
class Command:
    """One command for the monitors, or for the orchestrator where `data` is its input."""

    prefix: str
    arguments: dict
    data: dict | None = None


@dataclass(frozen=True)
class Change:
    """A sentence for people, and the commands that make it true."""

    sentence: str
    commands: tuple[Command, ...]


def read_filesystems(written: list[dict], defaults: dict, hosts: list[str]) -> tuple[list[Filesystem], list[str]]:
    """ceph_filesystems with ceph_pool_defaults, and what is wrong with them.

    Args:
        hosts: those that may run metadata servers.
    """
    found: list[Filesystem] = []
    problems: list[str] = []
    for one in written:
        name = one["name"]
        active, standby = _number(one.get("active"), 1), _number(one.get("standby"), 1)
        if name in {other.name for other in found}:
            problems.append(f"The file system {name} is in ceph_filesystems twice. Remove one of them.")
        if active < 1 or standby < 0:
            problems.append(f"The file system {name} needs one active metadata server at least.")
        if active + standby > len(hosts):
            problems.append(
                f"The file system {name} wants {active} active and {standby} standby metadata servers, each on a host "
                f"of its own, and ceph_filesystem_group has {len(hosts)}. Ask for fewer, or put hosts into the group."
            )
        pools, wrong = _pools(name, one.get("pool") or {}, defaults)
        problems += wrong
        found.append(Filesystem(name, active, standby, tuple(pools)))
    return found, problems


def _pools(name: str, written: dict, defaults: dict) -> tuple[list[Pool], list[str]]:
    said = {**{key: value for key, value in written.items() if value is not None}, "application": "cephfs"}
    erasure = said.get("type", defaults.get("type")) == "erasure"
    copies = {key: value for key, value in said.items() if not (erasure and key in _ONE_DATA_POOL)}
    common = {key: value for key, value in defaults.items() if not (erasure and key in {"type", "erasure"})}
    # Metadata is little: what is said of size and share is meant for the data.
    metadata = {key: value for key, value in copies.items() if key not in {"quota_bytes", "target_ratio", "bulk"}}
    wanted = [
        ({**metadata, "name": f"cephfs.{name}.meta"}, common),
        ({**copies, "name": f"cephfs.{name}.data"}, common),
    ]
    if erasure:
        wanted.append(({**said, "name": f"cephfs.{name}.data-erasure"}, defaults))
    pools: list[Pool] = []
    problems: list[str] = []
    for pool, with_defaults in wanted:
        read, wrong = read_pool(pool, with_defaults)
        pools += [read] if read else []
        problems += wrong
    return pools, problems


def pools_to_plan(filesystem: Filesystem, fs_dump: dict) -> list[Pool]:
    """Those that the site looks after. A file system that is there with pools of other names keeps them as they are."""
    return [] if _there(filesystem, fs_dump) and not _has_ours(filesystem, fs_dump) else list(filesystem.pools)


def plan_filesystem(
    filesystem: Filesystem, fs_dump: dict, services: list[dict], *, hosts: list[str], pool_ids: dict
) -> list[Change]:
    """What differs, besides its pools.

    Args:
        services: `orch ls --export` of metadata servers.
        pool_ids: name to number, of pools that are there.
    """
    name = filesystem.name
    changes = []
    specification = filesystem.specification(hosts)
    before = next((one for one in services if one.get("service_id") == name), None)
    if before is None or _placement(before) != _placement(specification):
        on = f"{filesystem.servers} among {', '.join(sorted(hosts))}"
        command = Command("orch apply", {}, specification)
        changes.append(Change(f"file system {name}: metadata servers, {on}", (command,)))
    there = _there(filesystem, fs_dump)
    metadata, data, *more = [pool.name for pool in filesystem.pools]
    if there is None:
        arguments = {"fs_name": name, "metadata": metadata, "data_": data}
        changes.append(Change(f"file system {name} made", (Command("fs new", arguments),)))
    ours = there is None or _has_ours(filesystem, fs_dump)
    has_pools = set() if there is None else set(there["data_pools"])
    for pool in more:
        if ours and pool_ids.get(pool) not in has_pools:
            command = Command("fs add_data_pool", {"fs_name": name, "pool": pool})
            changes.append(Change(f"file system {name}: data pool {pool} added", (command,)))
    for key, wanted, standard in (("max_mds", filesystem.active, 1), ("standby_count_wanted", filesystem.standby, 1)):
        has = standard if there is None else there[key]
        if has != wanted:
            arguments = {"fs_name": name, "var": key, "val": str(wanted)}
            changes.append(Change(f"file system {name}: {key} {has} → {wanted}", (Command("fs set", arguments),)))
    return changes


def lacking(filesystem: Filesystem, fs_dump: dict, *, standbys: bool) -> str:
    """What the metadata servers still lack; empty where all are at work."""
    there = _there(filesystem, fs_dump)
    if there is None:
        return "the file system isn't there"
    active = sum(1 for one in there["info"].values() if one["state"] == "up:active")
    if active < filesystem.active:
        return f"{active} of {filesystem.active} metadata servers are active"
    waiting = len(fs_dump["standbys"]) + sum(1 for one in there["info"].values() if one["state"] == "up:standby-replay")
    if standbys and waiting < filesystem.standby:
        return f"{waiting} of {filesystem.standby} metadata servers stand by"
    return ""


def _there(filesystem: Filesystem, fs_dump: dict) -> dict | None:
    maps = [one["mdsmap"] for one in fs_dump["filesystems"]]
    return next((one for one in maps if one["fs_name"] == filesystem.name), None)


def _has_ours(filesystem: Filesystem, fs_dump: dict) -> bool:
    there = _there(filesystem, fs_dump)
    return there is not None and there.get("metadata_pool_name") == filesystem.pools[0].name


def _placement(specification: dict) -> tuple[int | None, tuple[str, ...], str]:
    placement = specification.get("placement") or {}
    others = {key: value for key, value in placement.items() if key not in {"count", "hosts"}}
    return placement.get("count"), tuple(sorted(map(str, placement.get("hosts") or ()))), str(others or "")


def _number(value: object, standard: int) -> int:
    return standard if value is None else int(str(value))
