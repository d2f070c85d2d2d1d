"""Checks that need more than one file: layers and their groups, quorums, names, disks, secrets."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, Place, Problem
from groundplane.site.derived import DERIVED_NAMES, ENGINE_NAMES
from groundplane.site.images_file import IMAGE_LAYERS
from groundplane.site.model import SshIdentity
from groundplane.site.option_types import check_option, has_jinja
from groundplane.site.realm_files import FOLDER, REALM_NAMES
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.store import check_secrets
from groundplane.site.source import VAULT_HEADER, nearest, suggest
from groundplane.site.values import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from groundplane.site.site import Site
    from groundplane.site.values import Value

QUORUM_GROUPS = {
    "control": "the database (Galera) and the message queue (RabbitMQ)",
    "ceph_mon": "Ceph's monitors",
    "mariadb": "Galera",
    "rabbitmq": "RabbitMQ",
    "etcd": "etcd",
    "zookeeper": "ZooKeeper",
}
"""Groups that vote, and what votes there. With an even number, half of them can't go on without the others."""

_DOMAIN = re.compile(r"^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$")

SITE_VARIABLES = ("host_number", "networks", "addresses", "disks", "bmc", "rack", "availability_zone")
"""Host variables that the site itself reads."""


def validate_site(site: Site) -> list[Problem]:
    """What is wrong with a site whose files can be read one by one."""
    return [
        *_site_file(site),
        *_layers(site),
        *_groups(site),
        *_names(site),
        *_reached(site),
        *_disks(site),
        *_variables(site),
        *_secrets(site),
    ]


def _site_file(site: Site) -> Iterator[Problem]:
    """Keys of site.yml that have to fit each other."""
    file, place = site.file, site.source.place
    if not _DOMAIN.match(file.domain):
        yield Problem(
            f"'{file.domain}' can't be a DNS domain",
            "Write labels of small letters, digits and hyphens, with dots between: cloud.example.",
            place("domain"),
        )
    if file.ssh.identity is SshIdentity.FILE and file.ssh.private_key_file is None:
        yield Problem(
            "ssh.identity is 'file', and no file is named", "Add ssh.private_key_file.", place("ssh", "identity")
        )
    if file.vault.password_file is not None and file.vault.password_command is not None:
        yield Problem(
            "the vault password comes from a file and from a command",
            "Keep one: password_file or password_command.",
            place("vault", "password_command"),
        )
    if file.certificates.renew_before_days >= file.certificates.host_days:
        yield Problem(
            f"certificates would be renewed {file.certificates.renew_before_days} days before their end, but they are "
            f"valid for {file.certificates.host_days} days",
            "Make renew_before_days smaller than host_days.",
            place("certificates", "renew_before_days"),
        )


def _layers(site: Site) -> Iterator[Problem]:
    known = site.facts.layers
    for index, name in enumerate(site.file.layers):
        if name not in known:
            place = site.source.place("layers", index)
            yield Problem(f"the layer '{name}' is unknown", suggest(name, known), place)
    for name, count in Counter(site.file.layers).items():
        if count > 1:
            yield Problem(f"the layer '{name}' is listed twice", "Remove one.", site.source.place("layers"))
    for index, name in enumerate(site.file.images.layers):
        if name not in known and name not in IMAGE_LAYERS:
            place = site.source.place("images", "layers", index)
            yield Problem(f"the layer '{name}' is unknown", suggest(name, {*known, *IMAGE_LAYERS}), place)


def _groups(site: Site) -> Iterator[Problem]:
    inventory = site.inventory
    if not inventory.hosts:
        yield Problem("has no hosts", "Add hosts below 'all:', 'hosts:'.", Place(inventory.path, 1))
        return
    for layer in site.file.layers:
        facts = site.facts.layers.get(layer)
        for group in facts.groups if facts else ():
            if inventory.group_hosts.get(group):
                continue
            if group in inventory.groups:
                what, place = f"nobody is in the group '{group}'", inventory.groups[group].place
            else:
                what, place = f"there is no group '{group}'", Place(inventory.path, 1)
            near = nearest(group, inventory.groups)
            hint = f" Is '{near}' meant to be it?" if near and near != group else ""
            yield Problem(f"{what}, which the layer '{layer}' needs", f"Add hosts to it.{hint}", place)
    for group, who in QUORUM_GROUPS.items():
        count = len(inventory.group_hosts.get(group, ()))
        if count > 1 and count % 2 == 0:
            yield Problem(
                f"the group '{group}' has {count} hosts, an even number, so that {who} can't form a safe majority",
                f"Make it {count - 1} or {count + 1}.",
                inventory.groups[group].place,
            )


def _names(site: Site) -> Iterator[Problem]:
    """Names that other systems can't tell apart, and that share one /etc/hosts."""
    seen: dict[str, str] = {}
    for name, host in site.inventory.hosts.items():
        first = seen.setdefault(name.split(".")[0].lower(), name)
        if first != name:
            yield Problem(
                f"the hosts '{first}' and '{name}' have the same short name",
                "Rename one; a host's own name is the part before the first dot, in small letters.",
                host.place,
            )
    for name, vip in site.networks.vips.items():
        if name in seen:
            yield Problem(f"the VIP '{name}' has the name of the host '{seen[name]}'", "Rename the VIP.", vip.place)


def _reached(site: Site) -> Iterator[Problem]:
    """Every host has one way to it, and no two have the same."""
    ways: dict[tuple[str, str], str] = {}
    boards: dict[str, str] = {}
    given: list[tuple[str, tuple[str, str], Value]] = []
    for name, host in site.inventory.hosts.items():
        address = site.variables.value("ansible_host", name)
        if address is None and _is_no_member(site, name):
            yield Problem(
                f"the host '{name}' can't be reached: it's no member of the management network",
                f"Add '{site.file.management_network}' to its networks, or set ansible_host.",
                host.place,
            )
        elif address is not None:
            port = site.variables.value("ansible_port", name)
            way = (str(address.value), str(port.value) if port else "")
            if address.level > Level.DERIVED:
                given.append((name, way, address))
            else:
                # That two hosts derive the same address is told where it happens.
                ways.setdefault(way, name)
        board = site.variables.value("bmc", name)
        if board is not None and isinstance(board.value, dict) and board.value.get("address"):
            yield from _once(boards, str(board.value["address"]), name, board, "BMC address")
    for name, way, address in given:
        if not has_jinja(address.value):
            yield from _once(ways, way, name, address, "ansible_host")


def _is_no_member(site: Site, host: str) -> bool:
    """On purpose, that is; a member without an address has a wrong number, which is told already."""
    written = site.variables.value("networks", host)
    return written is not None and isinstance(written.value, list) and site.file.management_network not in written.value


def _once(taken: dict[Any, str], key: Any, host: str, value: Value, what: str) -> Iterator[Problem]:
    first = taken.setdefault(key, host)
    if first != host:
        shown = key[0] if isinstance(key, tuple) else key
        yield Problem(
            f"the hosts '{first}' and '{host}' have the same {what} {shown}",
            "Correct one of them.",
            value.place,
        )


def _disks(site: Site) -> Iterator[Problem]:
    """A disk that is named twice on a host would be given to two purposes, or wiped twice."""
    for host in site.inventory.hosts:
        written = site.variables.value("disks", host)
        if written is not None:
            if not isinstance(written.value, list):
                yield Problem(f"'disks' of '{host}' is no list", "Write disks: [/dev/…, …].", written.place)
                continue
            yield from _twice(host, written, _devices(written.value))
        named: dict[str, str] = {}
        for name in sorted(name for name in site.variables.names(host) if name.endswith("_devices")):
            value = site.variables.value(name, host)
            if value is None or not isinstance(value.value, list):
                continue
            devices = _devices(value.value)
            yield from _twice(host, value, devices)
            for device in dict.fromkeys(devices):
                first = named.setdefault(device, name)
                if first != name:
                    yield Problem(
                        f"the disk {device} of '{host}' is in {first} and in {name}",
                        "Keep it in one of them.",
                        value.place,
                    )


def _twice(host: str, written: Value, devices: list[str]) -> Iterator[Problem]:
    for device, count in Counter(devices).items():
        if count > 1:
            what = f"the disk {device} of '{host}' is named {count} times"
            yield Problem(what, "Name each disk once.", written.place)


def _devices(entries: Iterable[Any]) -> list[str]:
    """Paths of disks, given as text or as a mapping with `device` or `path`."""
    found = []
    for entry in entries:
        device = entry.get("device") or entry.get("path") if isinstance(entry, dict) else entry
        if isinstance(device, str) and device.startswith("/dev/"):
            found.append(device)
    return found


def _variables(site: Site) -> Iterator[Problem]:
    """Names that can't be, and values of another type than the role's option has."""
    known = _known_names(site)
    prefixes = tuple(f"{role.name}_" for role in site.facts.roles.values() if role.specified)
    options = {name: option for role in site.facts.roles.values() for name, option in role.options.items()}
    told: set[str] = set()
    for name, value in written_values(site):
        if name in DERIVED_NAMES or name in ENGINE_NAMES:
            key = DERIVED_NAMES.get(name)
            cure = f"Set '{key}' in site.yml instead." if key else "Remove it; the engine sets it for each step."
            cure = f"Write {FOLDER}/NAME.yml instead." if name in REALM_NAMES else cure
            yield Problem(f"'{name}' is computed and can't be set", cure, value.place)
        elif value.level in (Level.GROUP, Level.HOST) and name.startswith(prefixes) and name not in known:
            if name not in told:
                told.add(name)
                role = next(role for role in site.facts.roles if name.startswith(f"{role}_"))
                own = [option for option in known if option.startswith(f"{role}_")]
                yield Problem(
                    f"'{name}' is unknown; names that begin with '{role}_' belong to the role '{role}'",
                    suggest(name, own, "See the role's options; give a variable of your own another name."),
                    value.place,
                )
        elif name in options:
            yield from check_option(options[name], value)


def _known_names(site: Site) -> set[str]:
    known = {*SITE_VARIABLES}
    for names in site.environments.known.values():
        known |= names
    for role in site.facts.roles.values():
        known |= role.own
        known.update(role.options)
    return known


def written_values(site: Site) -> Iterator[tuple[str, Value]]:
    """Each variable that a person wrote, with its place; a range of hosts counts once."""
    yield from site.environments.configuration.items()
    for group in site.inventory.groups.values():
        for written in (group.inline, group.files):
            for name, values in written.items():
                yield from ((name, value) for value in values)
    seen: set[Place] = set()
    for host in site.inventory.hosts.values():
        for written in (host.inline, host.files):
            for name, values in written.items():
                for value in values:
                    if value.place not in seen:
                        seen.add(value.place)
                        yield name, value


def _secrets(site: Site) -> Iterator[Problem]:
    try:
        declared = load_declared(site.content, site.file.layers, site_path=site.path)
    except InputError as error:
        yield from error.problems
        return
    if site.secrets_loaded:
        opened = {
            name: value.value
            for name in site.variables.secret_names()
            for value in site.variables.chain(name, None)
            if value.level is Level.SECRET
        }
        yield from check_secrets(declared, opened, site.secrets_file)
        return
    if not site.secrets_file.is_file():
        if declared:
            first = next(iter(declared.values()))
            yield Problem(
                f"the site has no secrets.yml, and the layer '{first.layer}' needs secrets",
                "groundplane secrets init makes them, encrypted.",
                Place(site.secrets_file),
            )
        return
    try:
        with site.secrets_file.open("rb") as file:
            head = file.read(len(VAULT_HEADER))
    except OSError as error:
        yield Problem(f"can't be read: {error.strerror}", "Correct its permissions.", Place(site.secrets_file))
        return
    if head != VAULT_HEADER.encode():
        yield Problem(
            "the secrets aren't encrypted",
            "groundplane secrets init encrypts them; change those that were committed or sent in clear text.",
            Place(site.secrets_file, 1),
        )
