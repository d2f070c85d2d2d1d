"""The registry that serves the store for as long as a command needs it: a container on this machine's loopback."""

from __future__ import annotations

import base64
import http.client
import json
import os
import resource
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.files import write_atomically
from groundplane.supply.base_image import ensure_base_image
from groundplane.supply.small_image import ensure_small_image

if TYPE_CHECKING:
    from groundplane.supply.podman import Podman

IMAGE = "localhost/groundplane/store:trixie"
SOURCE = Path(__file__).resolve().parent / "image"
LABEL = "groundplane.store"
"""Its value says whose the container is: PROCESS-STARTED, the process that opened the store and when that began."""
ACCOUNT = "groundplane"
START_SECONDS = 20.0
ATTEMPTS = 3
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
    """Serves `root` on 127.0.0.1, to whoever has the password.

    Args:
        root: the store's folder.
        access: a private folder in memory, for the password.

    Raises:
        FailedError: the image can't be built, or the registry doesn't come up.
    """
    remove_stale_containers(podman)
    image = ensure_store_image(podman, cache)
    root.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(24)
    write_atomically(access / "password", password + "\n", mode=0o600)
    port_file = root.parent / "store.port"
    for attempt in range(ATTEMPTS):
        port = choose_port(port_file if attempt == 0 else None)
        container = podman.run(
            *(
                "run",
                "--detach",
                "--rm",
                "--pull",
                "never",
                "--network",
                "host",
                "--label",
                f"{LABEL}={process_mark()}",
            ),
            *("--env", f"REGISTRY_HTTP_ADDR=127.0.0.1:{port}", *limit_words()),
            *("--volume", f"{root.resolve()}:/store", "--volume", f"{access}:/run/access:ro", image),
            doing="Starting the image store",
        ).strip()
        running = RunningStore(container, f"127.0.0.1:{port}", password)
        if _wait(running, podman):
            write_atomically(port_file, f"{port}\n")
            return running
    raise FailedError(
        "The image store does not come up",
        why=f"its registry ended {ATTEMPTS} times at its start",
        cure=f"See what it says: podman run --rm -it --network host {IMAGE} sh",
    )


def stop_container(container: str, podman: Podman) -> None:
    podman.run("rm", "--force", "--ignore", "--time", "2", container, doing="Stopping the image store")


def remove_stale_containers(podman: Podman) -> list[str]:
    """Removes registries whose command was killed; those of commands that run stay. Their ids."""
    found = podman.json("ps", "--all", "--format", "json", "--filter", f"label={LABEL}") or []
    stale = [str(entry["Id"]) for entry in found if not is_running((entry.get("Labels") or {}).get(LABEL, ""))]
    for container in stale:
        stop_container(container, podman)
    return stale


def process_mark(process: int | None = None) -> str:
    """PROCESS-STARTED of a running process (this one), which no later process can have; empty where it's gone."""
    process = os.getpid() if process is None else process
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # The second field is the program's name in parentheses and may hold blanks; the 22nd is when it began.
    return f"{process}-{text.rpartition(')')[2].split()[19]}"


def is_running(mark: str) -> bool:
    """Whether the process with this mark still runs."""
    number = mark.partition("-")[0]
    return number.isdigit() and process_mark(int(number)) == mark


def choose_port(port_file: Path | None) -> int:
    """A free port of the loopback: the one used last where that's free, else one that the kernel picks.

    The same port matters for speed alone: podman remembers by host and port which layers a registry has.
    """
    try:
        last = int(port_file.read_text()) if port_file is not None else 0
    except (OSError, ValueError):
        last = 0
    for port in (last, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise FailedError("No port of 127.0.0.1 is free", cure="See what listens there: ss -ltnp")


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
        if _answers(running):
            return True
        if not podman.exists("container", running.container):
            return False
        time.sleep(0.05)
    stop_container(running.container, podman)
    return False


def _answers(running: RunningStore) -> bool:
    connection = http.client.HTTPConnection(running.address, timeout=5)
    try:
        connection.request("GET", "/v2/", headers={"Authorization": f"Basic {basic_credentials(running.password)}"})
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
