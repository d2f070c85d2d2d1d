"""Ceph's image: a manager started alone loads its modules, and the programs that cephadm calls are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.images.containers import Container, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).with_name("start_mgr.sh")
ALWAYS_ON = {
    *("balancer", "crash", "devicehealth", "orchestrator", "pg_autoscaler"),
    *("progress", "rbd_support", "status", "telemetry", "volumes"),
}
ENABLED = ("cephadm", "prometheus", "nfs", "iostat")

# What a module of the manager meets: an interpreter that isn't the first, nor the only one to import cryptography.
INTERPRETERS = """
import sys
import _interpreters

CODE = '''
import bcrypt, gc
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

assert bcrypt.checkpw(b"password", bcrypt.hashpw(b"password", bcrypt.gensalt(4)))
key = ed25519.Ed25519PrivateKey.generate()
signature = key.sign(b"data")
key.public_key().verify(signature, b"data")
try:
    key.public_key().verify(signature, b"other data")
except InvalidSignature:
    pass
else:
    raise SystemExit("a wrong signature was taken")
try:
    serialization.load_pem_private_key(b"nothing", None)
except ValueError:
    pass
ec.generate_private_key(ec.SECP256R1()).sign(b"data", ec.ECDSA(hashes.SHA256()))
gc.collect()
'''
for number in range(3):
    failure = _interpreters.exec(_interpreters.create("legacy"), CODE)
    if failure is not None:
        sys.exit(f"interpreter {number}: {failure.formatted}")
exec(CODE)
print("all of them")
"""

METRICS = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9283/metrics', timeout=5).read().decode())"


def ask(cluster: Container, *words: str) -> Any:
    return json.loads(cluster.said("ceph", *words, "--format", "json"))


def wait_for_manager(cluster: Container, epoch: int) -> None:
    def is_active() -> bool:
        answer = cluster.exec("ceph", "mgr", "dump", "--format", "json")
        return answer.code == 0 and answer.json()["available"] and answer.json()["epoch"] > epoch

    cluster.until(is_active, seconds=60, what="the manager is active")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    machine = Machine(tmp_path_factory.mktemp("ceph"))
    options = ["--volume", f"{SCRIPT}:/start_mgr.sh:ro"]
    started = machine.start("ceph", "bash", "/start_mgr.sh", options=options)
    try:
        wait_for_manager(started, 0)
        yield started
    finally:
        machine.close()


def test_the_manager_loads_its_modules(cluster: Container) -> None:
    for module in ENABLED:
        epoch = ask(cluster, "mgr", "dump")["epoch"]
        if "already" not in cluster.said("ceph", "mgr", "module", "enable", module):
            wait_for_manager(cluster, epoch)
    modules = ask(cluster, "mgr", "module", "ls")
    assert set(modules["always_on_modules"]) >= ALWAYS_ON
    assert set(modules["enabled_modules"]) >= set(ENABLED)
    broken = {module["name"]: module["error_string"] for module in modules["disabled_modules"] if not module["can_run"]}
    # Its client library isn't among the packages; Ceph itself offers another exporter.
    broken.pop("influx", None)
    assert broken == {}
    health = ask(cluster, "health", "detail")
    assert health["status"] == "HEALTH_OK", health


def test_modules_answer(cluster: Container) -> None:
    assert ask(cluster, "balancer", "status")["active"] is True
    assert ask(cluster, "progress", "json")["events"] == []
    assert ask(cluster, "crash", "ls") == []
    assert ask(cluster, "nfs", "cluster", "ls") == []
    assert ask(cluster, "fs", "volume", "ls") == []
    assert "cluster:" in cluster.said("ceph", "status")


def test_the_orchestrator_makes_keys_and_says_what_is_missing(cluster: Container) -> None:
    cluster.said("ceph", "orch", "set", "backend", "cephadm")
    cluster.said("ceph", "cephadm", "generate-key")
    assert cluster.said("ceph", "cephadm", "get-pub-key").startswith("ssh-")
    assert ask(cluster, "orch", "status") == {"available": True, "backend": "cephadm", "paused": False, "workers": 10}
    # asyncssh connects, or at least tries to: nobody listens there.
    refused = cluster.exec("ceph", "orch", "host", "add", "nobody", "127.0.0.1")
    assert refused.code != 0
    assert "Can't communicate with remote host" in refused.err or "Failed to connect to nobody" in refused.err


def test_prometheus_gives_metrics(cluster: Container) -> None:
    cluster.until(
        lambda: "ceph_health_status" in cluster.exec("python3", "-c", METRICS).out,
        seconds=90,
        what="the exporter answers",
    )


def test_no_module_crashed(cluster: Container) -> None:
    log = machine_log(cluster)
    for sign in ("PyO3", "NOTIFY_TYPES", "Failed to load", "Unhandled exception"):
        assert sign not in log, log
    assert ask(cluster, "crash", "ls") == []


def machine_log(cluster: Container) -> str:
    done = cluster.machine.podman("logs", cluster.name)
    return done.out + done.err + cluster.said("cat", "/var/log/ceph/ceph-mgr.a.log")


def test_each_interpreter_has_its_own_cryptography(machine: Machine) -> None:
    assert machine.said("ceph", "python3", "-c", INTERPRETERS).strip() == "all of them"


@pytest.mark.parametrize(
    "words",
    [
        *("ceph-osd --version", "ceph-mds --version", "radosgw --version", "rbd-mirror --version", "rbd --version"),
        *("ceph-volume inventory --format json", "cephadm version"),
        *("radosgw-admin --version", "lvm version", "cryptsetup --version", "sgdisk --version"),
    ],
)
def test_what_cephadm_calls_is_there(machine: Machine, words: str) -> None:
    machine.said("ceph", *words.split())


def test_cephadm_finds_the_label_and_the_owner_of_its_folders(machine: Machine) -> None:
    assert machine.said("ceph", "stat", "-c", "%U:%G", "/var/lib/ceph").strip() == "ceph:ceph"
    assert machine.said("ceph", "bash", "-c", "echo -n $CEPH_VERSION") in machine.said("ceph", "ceph", "--version")
