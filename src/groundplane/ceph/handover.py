"""What the Ceph layer hands over to others: how clients find the cluster, and the keys of the users made for them.

For a service that is named in `for` of ceph_users and ceph_gateway_users a playbook finds:

- ceph.conf: the monitors' addresses, without tabs (Kolla reads it as an INI file, and stumbles over them);
- ceph.client.NAME.keyring: the key of each of its CephX users;
- gateway.NAME.json: {"user", "access_key", "secret_key"} of each of its users of the object gateways, and
  {"swift_user", "swift_secret_key"} where it has those.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundplane.ceph.asking import SESSION_FILE, ask_monitors
from groundplane.ceph.configuration import read_configuration
from groundplane.errors import InputError
from groundplane.layers.handovers import HandedOver
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.layers.model import Handover
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

MARKER = "groundplane_handover"
MODULES = ("ceph_session", "ceph_radosgw")
"""Of the role's own, in the order in which they need each other."""
MISSING = -2
"""ENOENT, as the cluster answers it."""

_SCRIPT = """
import json, sys, types

given = json.loads(GIVEN)
for name, text in given["modules"].items():
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
from ceph_radosgw import Administration
from ceph_session import CephError, Session, clusters_here, find_cluster


def look(session, cluster, found):
    found["conf"] = session.text("config generate-minimal-conf", seconds=8, attempts=2)
    for entity in given["entities"]:
        try:
            found["keys"][entity] = session.call("auth get-key", entity=entity, seconds=8, attempts=2)["key"]
        except CephError as error:
            if error.code != given["missing"]:
                raise
    if given["gateway_users"]:
        with Administration(cluster) as administration:
            for name in given["gateway_users"]:
                user = administration.find(name)
                if user is not None:
                    found["gateway_users"][name] = {key: user.get(key) or [] for key in ("keys", "swift_keys")}


found = {"groundplane_handover": 1, "clusters": clusters_here(), "keys": {}, "gateway_users": {}, "unanswered": {}}
cluster = find_cluster()
if cluster is not None:
    found["fsid"] = cluster.fsid
    try:
        with Session(cluster, seconds=8) as session:
            look(session, cluster, found)
    except CephError as error:
        found.update(error=str(error), conf="", keys={}, gateway_users={})
print(json.dumps(found))
"""


def fetch(site: Site, connection: SshConnection, handover: Handover) -> HandedOver:
    """Configuration and keys for a service, from the first of the monitors' hosts that answers.

    Raises:
        InputError: there is no cluster yet, or the named service gets no key.
        FailedError: no host can speak for the cluster.
    """
    configuration = read_configuration(site)
    entities, gateway_users = users_for(configuration, handover.service)
    if handover.named and not entities and not gateway_users:
        known = sorted({name for user in _users(configuration) for name in user})
        raise InputError(
            f"The Ceph layer has no key for '{handover.service}'",
            why="no user in ceph_users or ceph_gateway_users is made for it",
            cure=suggest(handover.service, known, f"Give a user in ceph_users for: [{handover.service}]."),
        )
    script = question(site.content.roles, entities, gateway_users)
    found = ask_monitors(
        site,
        configuration.mon_hosts,
        connection,
        script,
        marker=MARKER,
        enough=lambda answer: bool(answer.data.get("conf")),
    )
    return understand(found.data, entities, gateway_users)


def users_for(configuration: CephConfiguration, service: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The CephX users ("client.glance") and the gateways' users that are made for a service."""
    return (
        tuple(
            f"client.{user.name}"
            for user in configuration.users
            if service in user.services and (configuration.filesystems or not user.only_with_filesystems)
        ),
        tuple(user.name for user in configuration.gateway_users if service in user.services)
        if configuration.gateway_enabled
        else (),
    )


def _users(configuration: CephConfiguration) -> Iterable[tuple[str, ...]]:
    yield from (user.services for user in configuration.users)
    yield from (user.services for user in configuration.gateway_users)


def question(roles: Path, entities: Iterable[str], gateway_users: Iterable[str]) -> bytes:
    """The script that a host is asked with; the role's own modules go with it."""
    folder = roles.joinpath(*SESSION_FILE).parent
    given = {
        "modules": {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in MODULES},
        "entities": list(entities),
        "gateway_users": list(gateway_users),
        "missing": MISSING,
    }
    return f"GIVEN = {json.dumps(given)!r}\n{_SCRIPT}".encode()


def understand(found: Mapping[str, Any], entities: Iterable[str], gateway_users: Iterable[str]) -> HandedOver:
    """A host's answer as files and keys, and which of those asked for there are none."""
    conf = "\n".join(line.strip() for line in str(found["conf"]).splitlines() if line.strip())
    files = {"ceph.conf": f"{conf}\n"}
    keys: dict[str, str] = {}
    for entity, key in found["keys"].items():
        files[f"ceph.{entity}.keyring"] = f"[{entity}]\nkey = {key}\n"
        keys[entity] = key
    for name, user in found["gateway_users"].items():
        about: dict[str, str] = {"user": name}
        for key in user["keys"][:1]:
            about |= {"access_key": key["access_key"], "secret_key": key["secret_key"]}
            keys[f"gateway user {name}"] = key["secret_key"]
        for key in user["swift_keys"][:1]:
            about |= {"swift_user": key["user"], "swift_secret_key": key["secret_key"]}
            keys[f"gateway user {name} (Swift)"] = key["secret_key"]
        files[f"gateway.{name}.json"] = json.dumps(about, indent=1) + "\n"
    missing = {entity: "ceph.users" for entity in entities if entity not in found["keys"]}
    missing |= {f"gateway user {name}": "ceph.gateway" for name in gateway_users if name not in found["gateway_users"]}
    return HandedOver(files, keys, missing)
