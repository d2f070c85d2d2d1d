"""A lab's cluster as it is, asked past Groundplane; and a client that works while something happens to it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.command import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Lab

NODES = ("node1", "node2", "node3")
CLIENT = "e2e-client"

# Writes an object and reads it back, a few times a second, until it is told to stop; says how each time went.
LOOP = """
import hashlib, os, sys, time
import rados

cluster = rados.Rados(conffile="/etc/ceph/ceph.conf", conf={"keyring": "/etc/ceph/ceph.client.admin.keyring"})
cluster.conf_set("rados_osd_op_timeout", "90")
cluster.connect(timeout=30)
pool = cluster.open_ioctx(sys.argv[1])
written = {}
number = 0
while not os.path.exists("/tmp/stop"):
    number += 1
    name, data = f"e2e-{number % 50}", os.urandom(65536)
    began = time.monotonic()
    try:
        pool.write_full(name, data)
        written[name] = hashlib.md5(data).hexdigest()
        for other in {name, f"e2e-{(number + 25) % 50}"} & set(written):
            found = hashlib.md5(pool.read(other, 65536)).hexdigest()
            if found != written[other]:
                print("wrong", other, flush=True)
        print("ok", round(time.monotonic() - began, 3), flush=True)
    except rados.Error as error:
        print("failed", error, flush=True)
    time.sleep(0.2)
"""


@dataclass(slots=True)
class Traffic:
    """What a client met: how often it wrote and read back, what went wrong, and its longest wait in seconds."""

    rounds: int = 0
    wrong: tuple[str, ...] = ()
    longest: float = 0


class Cluster:
    """Commands to the cluster with the monitors' own key, in a monitor's container."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def monitor(self, host: str) -> str:
        """Its container on the host."""
        names = self.lab.on(host, "docker", "ps", "--filter", "name=-mon-", "--format", "{{.Names}}").split()
        assert len(names) == 1, names
        return names[0]

    def said(self, *words: str, host: str = "node1") -> str:
        keyring = f"/var/lib/ceph/mon/ceph-{host}/keyring"
        ceph = ("ceph", "--connect-timeout", "20", "--name", "mon.", "--keyring", keyring)
        return self.lab.on(host, "docker", "exec", self.monitor(host), *ceph, *words)

    def ask(self, *words: str, host: str = "node1") -> Any:
        return json.loads(self.said(*words, "--format", "json", host=host))

    def keys(self) -> dict[str, str]:
        """Every user's key."""
        return {user["entity"]: user["key"] for user in self.ask("auth", "ls")["auth_dump"]}

    def try_as(self, user: str, *words: str, host: str = "node1") -> tuple[int, str]:
        """A program as `client.USER`: its exit code, and what it said. Its key stays in the container."""
        container, keyring = self.monitor(host), f"/tmp/{user}.keyring"  # noqa: S108 - in the container
        self.said("auth", "get", f"client.{user}", "--out-file", keyring, host=host)
        line = ("podman", "exec", self.lab.container(host), "docker", "exec", container)
        done = run(
            *line,
            *(words[0], "--id", user, "--keyring", keyring, *words[1:]),
            cwd=self.lab.base,
            env=self.lab.env,
            timeout=60,
        )
        return done.code, done.out + done.err

    def osds(self, host: str = "node1") -> dict[int, tuple[bool, bool]]:
        """Id to whether it is up and in."""
        return {osd["osd"]: (bool(osd["up"]), bool(osd["in"])) for osd in self.ask("osd", "dump", host=host)["osds"]}

    def osd(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = next(osd for osd in self.ask("osd", "dump")["osds"] if osd["osd"] == number)
        return found

    def host_of(self, number: int) -> str:
        return str(self.ask("osd", "find", str(number))["host"])

    def device_of(self, number: int, host: str) -> str:
        """The disk below an OSD, as its host calls it."""
        return str(self.ask("osd", "metadata", str(number), host=host)["bluestore_bdev_partition_path"])

    def host_flags(self) -> dict[str, list[str]]:
        """CRUSH bucket to what is set for it alone."""
        found: dict[str, list[str]] = self.ask("osd", "dump")["crush_node_flags"]
        return found

    def digests(self) -> set[str]:
        """Of the images that the cluster's daemons run, on all nodes."""
        # The list of containers leaves digests out.
        script = "docker inspect --format '{{.Config.Image}}' $(docker ps --quiet --filter name=^ceph-)"
        images = [name for host in NODES for name in self.lab.on(host, "sh", "-c", script).split()]
        return {name.rpartition("@")[2] for name in images}

    def clean(self, host: str = "node1") -> bool:
        """Whether all placement groups are there, and clean."""
        states = self.ask("pg", "stat", host=host)["pg_summary"]["num_pg_by_state"]
        return all(state["name"].startswith("active+clean") for state in states)

    @contextmanager
    def traffic(self, pool: str = "images", host: str = "node1") -> Iterator[Traffic]:
        """A client on the host that writes and reads all the time; what it met is known afterwards."""
        lab, met = self.lab, Traffic()
        monitor = self.monitor(host)
        image = lab.on(host, "docker", "inspect", "--format", "{{.Config.Image}}", monitor).strip()
        lab.on(host, "docker", "rm", "--force", CLIENT)
        options = (
            "--detach",
            "--name",
            CLIENT,
            "--network",
            "host",
            "--entrypoint",
            "",
            "-v",
            "/etc/ceph:/etc/ceph:ro",
        )
        lab.on(host, "docker", "run", *options, image, "python3", "-c", LOOP, pool)
        try:
            lab.wait_for(lambda: "ok" in lab.on(host, "docker", "logs", CLIENT), "the client's first write", 60)
            yield met
        finally:
            lab.on(host, "docker", "exec", CLIENT, "touch", "/tmp/stop")  # noqa: S108 - in the container
            lab.on(host, "docker", "wait", CLIENT)
            lines = lab.on(host, "docker", "logs", CLIENT).splitlines()
            lab.on(host, "docker", "rm", CLIENT)
            waits = [float(line.split()[1]) for line in lines if line.startswith("ok ")]
            met.rounds, met.longest = len(waits), max(waits, default=0)
            met.wrong = tuple(line for line in lines if not line.startswith("ok "))
