"""Trust on first contact: which hosts, what they show, and why a changed key is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import FailedError, InputError, Place, Problem
from groundplane.ssh.known_hosts import (
    DEFAULT_PORT,
    HostKey,
    HostTarget,
    HostTrust,
    KnownHosts,
    Trust,
    compare,
    pin,
    read_known_hosts,
    scan,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundplane.site.site import Site


def targets(site: Site, hosts: Sequence[str] = ()) -> list[HostTarget]:
    """How the hosts are reached; `hosts` are names or patterns of the inventory, none means all.

    Raises:
        InputError: a name or pattern that matches nothing.
    """
    names = list(site.inventory.select(":".join(hosts) if hosts else "all"))
    found = []
    for name in names:
        address = site.variables.value("ansible_host", name)
        port = site.variables.value("ansible_port", name)
        found.append(
            HostTarget(
                name=name,
                address=str(address.value) if address is not None else name,
                port=int(port.value) if port is not None else site.file.ssh.port or DEFAULT_PORT,
                aliases=(f"{name}.{site.file.domain}",),
            )
        )
    return found


def look(known_hosts: Path, hosts: Sequence[HostTarget]) -> list[HostTrust]:
    """Asks the hosts for their keys and compares with what is pinned.

    Raises:
        InputError: the pinned keys can't be read, or a host shows another key than the pinned one.
    """
    known: KnownHosts = read_known_hosts(known_hosts)
    result = compare(known, hosts, scan(hosts))
    refuse_changed(known_hosts, result)
    return result


def refuse_changed(known_hosts: Path, seen: Sequence[HostTrust]) -> None:
    """A host that shows another key may be another host.

    Raises:
        InputError: names each such host with both fingerprints.
    """
    problems = tuple(
        Problem(
            f"{trust.target.name} ({trust.target.address}) shows another key than the pinned one: "
            f"{_fingerprints(trust.seen)} instead of {_fingerprints(trust.pinned)}",
            "If it was installed anew, compare on its console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then "
            f"groundplane hosts forget {trust.target.name} and groundplane hosts trust {trust.target.name}. If not, "
            "something stands between you and the host: find out before you log in.",
            Place(known_hosts),
        )
        for trust in seen
        if trust.state is Trust.CHANGED
    )
    if problems:
        raise InputError("Host keys have changed; nothing was pinned", problems=problems)


def pin_new(known_hosts: Path, seen: Sequence[HostTrust]) -> int:
    """Pins what `look` found new; the number of hosts."""
    new = [trust for trust in seen if trust.state is Trust.NEW]
    if new:
        pin(known_hosts, [(trust.target, {*trust.seen, *trust.pinned}) for trust in new])
    return len(new)


def refuse_unreachable(seen: Sequence[HostTrust]) -> None:
    """Hosts that gave no answer can't be pinned.

    Raises:
        FailedError: names them.
    """
    problems = tuple(
        Problem(
            f"{trust.target.name} shows no host key at {trust.target.address}, port {trust.target.port}",
            "Is it switched on, is its address right (groundplane explain ansible_host "
            f"{trust.target.name}), and does sshd run?",
        )
        for trust in seen
        if trust.state is Trust.UNREACHABLE
    )
    if problems:
        raise FailedError(f"{len(problems)} of {counted(len(seen), 'host')} gave no answer", problems=problems)


def _fingerprints(keys: Sequence[HostKey]) -> str:
    """The key that people compare, where there is one: three fingerprints a host are two too many."""
    usual = [key for key in keys if key.type == "ssh-ed25519"] or keys
    return ", ".join(f"{key.type} {key.fingerprint}" for key in usual)
