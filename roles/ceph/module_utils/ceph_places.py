"""Hosts of the orchestrator: their addresses, their labels, and where they stand in the CRUSH map."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_session import CephError, Session
    from ansible.module_utils.ceph_settings import recall, remember
    from ansible.module_utils.ceph_texts import documents
except ImportError:
    from ceph_session import CephError, Session
    from ceph_settings import recall, remember
    from ceph_texts import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LABELS = ("_admin", "mon", "mgr", "osd", "rgw", "mds")
"""Labels that follow the inventory's groups; others are left as they are."""
ADMINISTRATOR = "client.admin"
PLACES_KEY = "groundplane/places"
ROOT = "default"


SSH_CONFIG = """Host *
  User {account}
  Port {port}
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  ConnectTimeout=30
"""
"""cephadm's own settings and the port; its ssh client takes no host's key to compare with."""


class Host:
    """A host as the site has it. `location` is CRUSH type to name, from the biggest part to the smallest; parts
    without a name are left out."""

    def __init__(
        self, name: str, address: str, labels: Sequence[str] = (), location: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.address = address
        self.labels = list(labels)
        self.location = {kind: str(where) for kind, where in (location or {}).items() if where}


def apply_way_in(session: Session, account: str, port: int, *, check: bool) -> list[str]:
    """Has the orchestrator come to hosts as `account`; that has to be let in there before.

    Raises:
        CephError: it can't come in so; it goes on as before then.
    """
    changes = []
    config = SSH_CONFIG.format(account=account, port=port)
    if session.text("cephadm get-user", target="mgr").strip() != account:
        changes.append(f"the orchestrator comes in as {account}")
        if not check:
            session.text("cephadm set-user", target="mgr", user=account)
    if session.text("cephadm get-ssh-config", target="mgr").strip() != config.strip():
        changes.append(f"the orchestrator comes in by port {port}")
        if not check:
            session.text("cephadm set-ssh-config", target="mgr", data=config)
    return changes


def apply_key(session: Session, *, check: bool) -> list[str]:
    """Has the orchestrator keep the administrator's key, and a ceph.conf, on the hosts with the label for it."""
    found = session.call("orch client-keyring ls", target="mgr")
    kept = {entry.get("entity") for entry in found} if isinstance(found, list) else set()
    if ADMINISTRATOR in kept:
        return []
    if not check:
        session.text("orch client-keyring set", target="mgr", entity=ADMINISTRATOR, placement="label:_admin")
    return ["administrator's key kept on hosts with the label _admin"]


def apply_hosts(session: Session, hosts: Sequence[Host], *, check: bool) -> list[str]:
    """Adds hosts and keeps their addresses and labels; hosts that aren't named are left alone.

    Raises:
        CephError: the orchestrator can't reach a host, or refuses it.
    """
    found = session.call("orch host ls", target="mgr")
    there = {entry["hostname"]: entry for entry in found} if isinstance(found, list) else {}
    _keep_monitors(hosts, there)
    changes = []
    fresh = [host for host in hosts if host.name not in there]
    if fresh:
        changes += [f"host {host.name} added at {host.address}, as {', '.join(host.labels)}" for host in fresh]
        if not check:
            _add(session, fresh)
    for host in hosts:
        entry = there.get(host.name)
        if entry is None:
            continue
        if entry.get("addr") != host.address:
            changes.append(f"host {host.name}: address {entry.get('addr')} → {host.address}")
            if not check:
                session.text("orch host set-addr", target="mgr", hostname=host.name, addr=host.address)
        has = set(entry.get("labels") or ())
        for label in [label for label in host.labels if label not in has]:
            changes.append(f"host {host.name}: label {label}")
            if not check:
                session.text("orch host label add", target="mgr", hostname=host.name, label=label)
        for label in [label for label in LABELS if label in has and label not in host.labels]:
            changes.append(f"host {host.name}: label {label} taken off")
            if not check:
                session.text("orch host label rm", target="mgr", hostname=host.name, label=label, force=True)
    return changes


def _keep_monitors(hosts: Sequence[Host], there: Mapping[str, Mapping[str, object]]) -> None:
    """Labels are all that places monitors and managers: without any, the last of them would be removed."""
    named = {host.name: host for host in hosts}
    for label, what in (("mon", "monitor"), ("mgr", "manager"), ("_admin", "administrator's key")):
        after = [host.name for host in hosts if label in host.labels]
        for name, entry in there.items():
            labels = entry.get("labels")
            if name not in named and isinstance(labels, list) and label in labels:
                after.append(name)
        if not after:
            raise CephError(
                f"No host would have a {what} any more. Cure: put hosts into the groups that ceph_mon_group and"
                " ceph_mgr_group name"
            )


def _add(session: Session, hosts: Iterable[Host]) -> None:
    wanted = [
        {"service_type": "host", "hostname": host.name, "addr": host.address, "labels": host.labels} for host in hosts
    ]
    try:
        session.text("orch apply", target="mgr", data=documents(wanted), seconds=180)
    except CephError as error:
        names = ", ".join(str(host["hostname"]) for host in wanted)
        raise CephError(
            f"The orchestrator can't add {names}: {error}. Cure: groundplane apply ceph.hosts --force puts the account"
            " and its tools in order; groundplane apply bootstrap.firewall the way in",
            error.code,
        ) from error
    listed = session.call("orch host ls", target="mgr")
    names_now = {entry["hostname"] for entry in listed} if isinstance(listed, list) else set()
    missing = [str(host["hostname"]) for host in wanted if host["hostname"] not in names_now]
    if missing:
        raise CephError(
            f"The orchestrator didn't add {', '.join(missing)}, and said nothing. Cure: ceph log last cephadm, on a"
            " monitor's host, says why; groundplane apply --resume tries again"
        )


def read_tree(session: Session) -> tuple[dict[str, list[tuple[str, str]]], dict[str, str]]:
    """Host to its chain of parents, (type, name) from the root down; and each bucket's name to its type."""
    found = session.call("osd tree")
    nodes = {node["id"]: node for node in found["nodes"]} if isinstance(found, dict) else {}
    parents = {child: node["id"] for node in nodes.values() for child in node.get("children", ())}
    chains = {}
    for node in nodes.values():
        if node["type"] != "host":
            continue
        chain: list[tuple[str, str]] = []
        above = parents.get(node["id"])
        while above is not None:
            chain.insert(0, (nodes[above]["type"], nodes[above]["name"]))
            above = parents.get(above)
        chains[node["name"]] = chain
    return chains, {node["name"]: node["type"] for node in nodes.values() if node["id"] < 0}


def apply_places(session: Session, hosts: Sequence[Host], *, check: bool) -> list[str]:
    """Puts hosts where they stand in the CRUSH map, and moves those that stand elsewhere now; data follows them.

    A host about which the site says nothing is only moved where it was the toolkit that put it where it is.

    Raises:
        CephError: the same name would mean two places.
    """
    chains, buckets = read_tree(session)
    remembered = recall(session, PLACES_KEY)
    _refuse_ambiguous(hosts, buckets)
    changes = []
    now = dict(remembered)
    for host in hosts:
        chain = [("root", ROOT), *host.location.items()]
        words = [f"{kind}={name}" for kind, name in chain]
        if not host.location and host.name not in remembered:
            continue
        if host.location:
            now[host.name] = words
        else:
            now.pop(host.name, None)
        present = chains.get(host.name)
        if present == chain:
            continue
        place = ", ".join(words[1:]) or "the root"
        if present is None:
            changes.append(f"host {host.name} placed in {place}")
            if not check:
                session.text("osd crush add-bucket", name=host.name, type="host", args=words)
            continue
        was = ", ".join(f"{kind}={name}" for kind, name in present[1:]) or "the root"
        changes.append(f"host {host.name} moved from {was} to {place}; its data follows")
        if not check:
            session.text("osd crush move", name=host.name, args=words)
            _remove_empty(session, present[1:])
    if not check and now != remembered:
        remember(session, PLACES_KEY, now)
    return changes


def _refuse_ambiguous(hosts: Sequence[Host], buckets: Mapping[str, str]) -> None:
    """A CRUSH bucket's name is unique among all types (rados/operations/crush-map), and stands in one place."""
    kinds: dict[str, tuple[str, tuple[tuple[str, str], ...], str]] = {}
    names = {host.name for host in hosts}
    for host in hosts:
        above: list[tuple[str, str]] = []
        for kind, name in host.location.items():
            if name in names or name == ROOT:
                raise CephError(
                    f"{kind} of {host.name} is called {name}, as a host or the root of the CRUSH map is. Cure: give"
                    " it another name in the inventory"
                )
            if buckets.get(name, kind) != kind:
                raise CephError(
                    f"{kind} {name} of {host.name} can't be: the CRUSH map has a {buckets[name]} of that name. Cure:"
                    f" give it another name in the inventory"
                )
            first = kinds.setdefault(name, (kind, tuple(above), host.name))
            if first[:2] != (kind, tuple(above)):
                raise CephError(
                    f"{name} means different places for {first[2]} and {host.name}, and in the CRUSH map a name stands"
                    " for one place. Cure: name it by what it is in, for example zone1-rack1"
                )
            above.append((kind, name))


def _remove_empty(session: Session, chain: Iterable[tuple[str, str]]) -> None:
    """Racks and zones that the last host has left; Ceph refuses where one isn't empty or a rule names it."""
    for _, name in reversed(list(chain)):
        try:
            session.text("osd crush rm", name=name, attempts=1)
        except CephError:
            return
