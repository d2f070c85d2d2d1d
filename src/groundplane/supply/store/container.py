"""The registry that serves the store for as long as a command needs it: a container on this machine's loopback."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import resource
import secrets
import socket
import time
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.files import write_atomically
from groundplane.machine.base_image import ensure_base_image
from groundplane.supply.small_image import ensure_small_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.machine.podman import Podman

IMAGE = "localhost/groundplane/store:trixie"
SOURCE = Path(__file__).resolve().parent / "image"
LABEL = "groundplane.store"
"""Its value is the store's folder."""
ACCOUNT = "groundplane"
START_SECONDS = 20.0
ATTEMPTS = 20
HOME_NET = 71
"""Of 127.0.0.0/8, so that we meet nobody who listens on 127.0.0.1."""
FIRST_PORT = 20_000
PORTS = 12_000
"""Below those that kernels give out."""
MOST_FILES = 65536
MOST_PROCESSES = 32768
"""podman itself lowers the number of processes to this first."""


@dataclass(frozen=True, slots=True)
class RunningStore:
    """Where the registry listens, and the password for it."""

    container: str
    address: str
    password: str


def ensure_store_image(podman: Podman, cache: Path) -> str:
    """The registry's image, built where it isn't there.

    Raises:
        InputError, FailedError: as `ensure_base_image`, or its build failed.
    """
    base = ensure_base_image("trixie", cache=cache)
    return ensure_small_image(SOURCE, IMAGE, base=base, podman=podman, cache=cache)


def start_container(root: Path, access: Path, *, podman: Podman, cache: Path) -> RunningStore:
    """Serves `root` on 127.0.0.0/8, to whoever has the password.

    Args:
        root: the store's folder.
        access: a private folder in memory, for the password.

    Raises:
        FailedError: the image can't be built, or the registry doesn't come up.
    """
    remove_containers(root, podman)
    image = ensure_store_image(podman, cache)
    root.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(24)
    write_atomically(access / "password", password + "\n", mode=0o600)
    for address in islice(home_addresses(root), ATTEMPTS):
        if not is_free(address):
            continue
        container = podman.run(
            *(
                "run",
                "--detach",
                "--rm",
                "--pull",
                "never",
                "--network",
                "host",
                # With cgroup v1 podman's own default is the host's, which isn't there inside a container.
                "--cgroupns",
                "private",
                "--label",
                f"{LABEL}={root.resolve()}",
            ),
            *("--env", f"REGISTRY_HTTP_ADDR={address}", *limit_words()),
            *("--volume", f"{root.resolve()}:/store", "--volume", f"{access}:/run/access:ro", image),
            doing="Starting the image store",
        ).strip()
        running = RunningStore(container, address, password)
        if _wait(running, podman):
            return running
    raise FailedError(
        "The image store does not come up",
        why=f"its registry could not listen on {next(home_addresses(root))}, nor on the ports after it",
        cure=f"See what it says: podman run --rm -it --network host {IMAGE} sh",
    )


def home_addresses(root: Path) -> Iterator[str]:
    """Loopback addresses with ports, the same ones each time for one store.

    podman knows by host and port which layers a registry has. At another address it would compress them again, and not
    to the same bytes: images would no longer share their parents' layers.
    """
    number = int.from_bytes(hashlib.sha256(str(root.resolve()).encode()).digest()[:8])
    host = ".".join(str(number >> shift & 0xFF) for shift in (0, 8))
    first = FIRST_PORT + (number >> 16) % PORTS
    for port in count():
        yield f"127.{HOME_NET}.{host}:{FIRST_PORT + (first - FIRST_PORT + port) % PORTS}"


def is_free(address: str) -> bool:
    """Whether one can listen there."""
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            return False
    return True


def stop_container(container: str, podman: Podman) -> None:
    podman.run("rm", "--force", "--ignore", "--time", "2", container, doing="Stopping the image store")


def remove_containers(root: Path, podman: Podman) -> list[str]:
    """Removes this store's registries, which nobody uses any more. Their ids."""
    found = podman.json("ps", "--all", "--format", "json", "--filter", f"label={LABEL}={root.resolve()}") or []
    for entry in found:
        stop_container(str(entry["Id"]), podman)
    return [str(entry["Id"]) for entry in found]


def limit_words() -> list[str]:
    """Limits that this machine allows: a container may not ask for more than our own hard ones."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    files = MOST_FILES if files < 0 else min(files, MOST_FILES)
    processes = MOST_PROCESSES if processes < 0 else min(processes, MOST_PROCESSES)
    return ["--ulimit", f"nofile={files}:{files}", "--ulimit", f"nproc={processes}:{processes}"]


def basic_credentials(password: str) -> str:
    return base64.b64encode(f"{ACCOUNT}:{password}".encode()).decode()


def write_auth_file(path: Path, running: RunningStore) -> None:
    """Accounts as podman and skopeo read them."""
    accounts = {"auths": {running.address: {"auth": basic_credentials(running.password)}}}
    write_atomically(path, json.dumps(accounts), mode=0o600)


def _wait(running: RunningStore, podman: Podman) -> bool:
    """Whether it answers to our password; False where the container ended (the port was taken meanwhile)."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if answers(running):
            return True
        if not podman.exists("container", running.container):
            return False
        time.sleep(0.05)
    stop_container(running.container, podman)
    return False


def answers(running: RunningStore) -> bool:
    """Whether it is up, and the password its own."""
    connection = http.client.HTTPConnection(running.address, timeout=5)
    try:
        connection.request("GET", "/v2/", headers={"Authorization": f"Basic {basic_credentials(running.password)}"})
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
