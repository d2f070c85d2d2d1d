"""A caching proxy for apt, one a machine, shared by its labs: the second lab's packages need no download.

It has a network of its own. Labs reach it through this machine's routing; nothing outside the machine can, so it is
no open proxy.
"""

from __future__ import annotations

import socket
import time
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.lab.model import mac_address
from groundplane.lab.networks import choose_subnets, taken_networks
from groundplane.lab.node_image import ensure_apt_cache_image
from groundplane.lab.podman import LAB_LABEL, host_limit_words
from groundplane.machine.host_commands import as_root, run_command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundplane.machine.podman import Podman

NAME = "groundplane-apt-cache"
LABEL = "groundplane.apt-cache"
PORT = 3142
PREFIX = 28
HOST_NUMBER = 2
START_SECONDS = 30.0
# Another lab may have started it this very moment.
RUNNING_SECONDS = 10.0


def apt_cache_address(network: IPv4Network) -> str:
    return f"http://{network[HOST_NUMBER]}:{PORT}"


def ensure_apt_cache(
    podman: Podman,
    pools: Sequence[IPv4Network],
    *,
    cache: Path,
    upstream: str | None = None,
    fresh: bool = False,
) -> str:
    """The address of the running cache, as apt's proxy setting wants it; started where it isn't.

    Packages lie in CACHE/apt. `upstream` is the proxy that this machine's own apt uses. `fresh` empties it first.

    Raises:
        FailedError: it does not answer.
    """
    network = _network(podman)
    if network is None:
        network = choose_subnets(list(reversed(pools)), taken_networks(podman), 1, prefix=PREFIX)[0]
        podman.run(
            *("network", "create", "--disable-dns", "--subnet", str(network), "--gateway", str(network[1])),
            *("--label", f"{LABEL}=1", NAME),
            doing="Making the apt cache's network",
        )
    address = str(network[HOST_NUMBER])
    state = _state(podman)
    # podman's record may say "running" of a process that is gone: after a machine was cut off, or copied.
    if fresh or state != "running" or _refused(address, RUNNING_SECONDS) is not None:
        if state is not None:
            podman.run("rm", "--force", "--time", "2", NAME, doing="Stopping the apt cache")
        folder = cache / "apt"
        if fresh:
            # The files belong to the container's own user.
            run_command(as_root(["rm", "-rf", "--one-file-system", str(folder)]), doing="Emptying the apt cache")
        folder.mkdir(parents=True, exist_ok=True)
        image = ensure_apt_cache_image(cache=cache, fresh=fresh)
        more = [f"Proxy={upstream}"] if upstream else []
        podman.run(
            *("run", "--detach", "--pull", "never", "--name", NAME, "--label", f"{LABEL}=1", *host_limit_words()),
            *("--network", f"{NAME}:ip={address},mac={mac_address(address)}", "--volume", f"{folder.resolve()}:/cache"),
            *(image, "/usr/sbin/apt-cacher-ng", "-c", "/etc/apt-cacher-ng", "ForeGround=1", *more),
            doing="Starting the apt cache",
        )
        refused = _refused(address, START_SECONDS)
        if refused is not None:
            raise FailedError(
                "The apt cache does not answer",
                why=f"{address}:{PORT}: {refused}",
                cure=f"See what it says: podman logs {NAME}",
            ) from refused
    return apt_cache_address(network)


def remove_unused_apt_cache(podman: Podman) -> list[str]:
    """Removes the cache's container and network when no lab is left; what it downloaded stays."""
    labs = podman.json("ps", "--all", "--format", "json", "--filter", f"label={LAB_LABEL}")
    if labs:
        return []
    gone = []
    if _state(podman) is not None:
        podman.run("rm", "--force", "--time", "2", NAME, doing="Removing the apt cache")
        gone.append(f"container {NAME}")
    if _network(podman) is not None:
        podman.run("network", "rm", NAME, doing="Removing the apt cache's network")
        gone.append(f"network {NAME}")
    return gone


def _state(podman: Podman) -> str | None:
    found = podman.json("ps", "--all", "--format", "json", "--filter", f"label={LABEL}")
    return str(found[0]["State"]) if found else None


def _network(podman: Podman) -> IPv4Network | None:
    for network in podman.json("network", "ls", "--format", "json") or []:
        if network["name"] == NAME and LABEL in (network.get("labels") or {}):
            return IPv4Network(network["subnets"][0]["subnet"])
    return None


def _refused(address: str, seconds: float) -> OSError | None:
    """None as soon as the cache answers; after that time, why it doesn't."""
    end = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection((address, PORT), timeout=2):
                return None
        except OSError as refused:
            if time.monotonic() > end:
                return refused
            time.sleep(0.1)
