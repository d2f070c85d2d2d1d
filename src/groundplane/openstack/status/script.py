"""Runs on a host, as root: answers how Kolla's containers and what is clustered among them stand there.

It comes to the host over ssh's standard input and leaves nothing behind. It only reads. Standard library alone,
Python 3.9 and later. The answer is one line of JSON:

    {"groundplane_openstack": 1, "engine": "docker", "error": "…", "containers": [{"name", "image", "state", "health",
     "since", "exit_code", "restarts", "said"}], "addresses": ["172.31.0.11", …], "memory": [used, total] (bytes),
     "clusters": {"galera": {…}, "rabbitmq": {…}, "ovn_nb": {…}, "ovn_sb": {…}}}

A part of `clusters` is there where its container runs, with {"error": "…"} where it doesn't answer.
"""

from __future__ import annotations

import base64
import concurrent.futures
import json
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ENGINES = ("docker", "podman")
SECONDS = 15
CLUSTER_SECONDS = 8
LONGEST = 300
CONFIGURATION = Path("/etc/kolla")


class AskError(Exception):
    """Something doesn't answer; the message is its last line."""


def ask(*words: str, seconds: float = SECONDS, given: str = "") -> str:
    """What a program prints. What it is given over standard input stands in no list of processes."""
    try:
        done = subprocess.run(
            list(words), input=given, capture_output=True, text=True, timeout=seconds, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AskError(f"{words[0]} does not answer ({type(error).__name__})") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise AskError(said[-1][:LONGEST] if said else f"{words[0]} ended with {done.returncode}")
    return done.stdout


def containers(engine: str) -> list[dict[str, Any]]:
    """Kolla's containers: its images carry the label kolla_version."""
    ids = ask(engine, "ps", "--all", "--quiet", "--no-trunc", "--filter", "label=kolla_version").split()
    if not ids:
        return []
    try:
        # A container that has gone meanwhile makes it fail, and the others are printed all the same.
        done = subprocess.run(
            [engine, "container", "inspect", *ids], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        found = json.loads(done.stdout or "[]")
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise AskError(f"{engine} does not answer ({type(error).__name__})") from error
    restarts = unit_restarts()
    return [described(one, restarts) for one in found]


def described(one: dict[str, Any], restarts: dict[str, int]) -> dict[str, Any]:
    state = one["State"]
    health = state.get("Health") or state.get("Healthcheck") or {}
    log = health.get("Log") or []
    name = one["Name"].lstrip("/")
    running = state["Status"] == "running"
    return {
        "name": name,
        "image": one.get("ImageName") or one["Config"]["Image"],
        "state": state["Status"],
        "health": health.get("Status") or "",
        "since": state["StartedAt"] if running else state["FinishedAt"],
        "exit_code": state["ExitCode"],
        "restarts": restarts.get(name, one.get("RestartCount") or 0),
        "said": " ".join(str(log[-1].get("Output") or "").split())[:LONGEST] if log else "",
    }


def unit_restarts() -> dict[str, int]:
    """How often systemd, which Kolla has look after its containers, has started each of them anew."""
    try:
        said = ask("systemctl", "show", "kolla-*-container.service", "--property=Id,NRestarts")
    except AskError:
        return {}
    found = {}
    for block in said.split("\n\n"):
        entries = dict(line.partition("=")[::2] for line in block.splitlines())
        match = re.fullmatch(r"kolla-(.+)-container\.service", entries.get("Id", ""))
        if match and entries.get("NRestarts", "").isdigit():
            found[match.group(1)] = int(entries["NRestarts"])
    return found


def addresses() -> list[str]:
    """Of all interfaces; the virtual ones among them are where keepalived has put them."""
    try:
        links = json.loads(ask("ip", "-json", "address", "show", "scope", "global") or "[]")
    except (AskError, ValueError):
        return []
    return [entry["local"] for link in links for entry in link.get("addr_info", ()) if "local" in entry]


def memory() -> list[int]:
    """Bytes in use and in all."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
    return [sizes["MemTotal"] - sizes["MemAvailable"], sizes["MemTotal"]]


def read(path: str) -> str:
    try:
        return (CONFIGURATION / path).read_text(encoding="utf-8")
    except OSError as error:
        raise AskError(f"{CONFIGURATION / path}: {error.strerror}") from error


def galera(engine: str) -> dict[str, Any]:
    """What this member says of its cluster. It is asked as the account that Galera copies its data with."""
    found = re.search(r"^\s*wsrep_sst_auth\s*=\s*([^:\s]+):(\S+)\s*$", read("mariadb/galera.cnf"), re.MULTILINE)
    if not found:
        raise AskError("galera.cnf has no wsrep_sst_auth")
    login = "\n".join(("[client]", f"user={found.group(1)}", f'password="{found.group(2)}"', ""))
    names = ("cluster_size", "cluster_status", "local_state_comment", "ready", "connected", "incoming_addresses")
    wanted = ", ".join(f"'wsrep_{name}'" for name in names)
    said = ask(
        *(engine, "exec", "--interactive", "mariadb", "mariadb", "--defaults-extra-file=/dev/stdin"),
        *("--batch", "--skip-column-names", "--connect-timeout=5"),
        f"--execute=SHOW GLOBAL STATUS WHERE Variable_name IN ({wanted})",
        seconds=CLUSTER_SECONDS,
        given=login,
    )
    told = dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)
    return {
        "size": int(told.get("wsrep_cluster_size") or 0),
        "status": told.get("wsrep_cluster_status", ""),
        "state": told.get("wsrep_local_state_comment", ""),
        "ready": told.get("wsrep_ready") == "ON",
    }


def rabbitmq(_engine: str) -> dict[str, Any]:
    """By the management plugin: rabbitmqctl would start an Erlang machine each time, which takes seconds."""
    pairs = (line.partition("=") for line in read("rabbitmq/rabbitmq.conf").splitlines() if "=" in line)
    settings = {name.strip(): value.strip() for name, _, value in pairs}
    users = json.loads(read("rabbitmq/definitions.json"))["users"]
    user = next((one for one in users if "monitoring" in one["tags"]), users[0])
    host, port = settings["management.listener.ip"], settings["management.listener.port"]
    secure = settings.get("management.ssl.enabled") == "true" or settings.get("management.listener.ssl") == "true"
    address = f"[{host}]" if ":" in host else host
    url = f"{'https' if secure else 'http'}://{address}:{port}/api/nodes"
    request = urllib.request.Request(url)  # noqa: S310 - its scheme stands above
    login = base64.b64encode(f"{user['name']}:{user['password']}".encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
    # It is this very host, by its address, which the certificate needn't name.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=CLUSTER_SECONDS) as answer:
            nodes = json.load(answer)
    except (OSError, urllib.error.URLError) as error:
        raise AskError(f"the management plugin doesn't answer ({error})") from error
    return {
        "nodes": {
            node["name"]: {
                "running": bool(node.get("running")),
                "partitions": node.get("partitions") or [],
                "alarms": [name for name in ("mem_alarm", "disk_free_alarm") if node.get(name)],
            }
            for node in nodes
        }
    }


def raft(engine: str, container: str, socket: str, database: str) -> dict[str, Any]:
    """A database of OVN's, which is clustered by Raft or stands alone."""
    control = f"/run/ovn/{socket}.ctl"
    said = ask(
        *(engine, "exec", container, "ovn-appctl", "-t", control, "cluster/status", database), seconds=CLUSTER_SECONDS
    )
    return read_raft(said)


def read_raft(said: str) -> dict[str, Any]:
    """What `cluster/status` prints."""
    fields = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line and not line.startswith(" "))
    servers = {}
    for line in said.splitlines():
        match = re.match(r"\s+(\w+) \(\1 at (\S+?)\)( \(self\))?", line)
        if match:
            last = re.search(r"last msg (\d+) ms ago", line)
            servers[match.group(1)] = {
                "address": match.group(2),
                "self": bool(match.group(3)),
                "silent_ms": int(last.group(1)) if last else None,
            }
    return {
        "role": fields.get("Role", ""),
        "status": fields.get("Status", ""),
        "leader": fields.get("Leader", ""),
        "servers": servers,
    }


CLUSTERS = {
    "galera": ("mariadb", galera),
    "rabbitmq": ("rabbitmq", rabbitmq),
    "ovn_nb": ("ovn_nb_db", lambda engine: raft(engine, "ovn_nb_db", "ovnnb_db", "OVN_Northbound")),
    "ovn_sb": ("ovn_sb_db", lambda engine: raft(engine, "ovn_sb_db", "ovnsb_db", "OVN_Southbound")),
}
"""Name to the container that has to run, and the question."""


def clusters(engine: str, running: set[str]) -> dict[str, Any]:
    asked = {name: question for name, (container, question) in CLUSTERS.items() if container in running}

    def answer_of(name: str) -> dict[str, Any]:
        try:
            return asked[name](engine)
        except (AskError, KeyError, ValueError) as error:
            return {"error": str(error) or type(error).__name__}

    with concurrent.futures.ThreadPoolExecutor(max_workers=len(CLUSTERS)) as pool:
        answers = {name: pool.submit(answer_of, name) for name in asked}
        return {name: told.result() for name, told in answers.items()}


def answer() -> str:
    found: dict[str, Any] = {"groundplane_openstack": 1, "engine": "", "containers": [], "clusters": {}}
    found["engine"] = engine = next((name for name in ENGINES if shutil.which(name)), "")
    found["addresses"], found["memory"] = addresses(), memory()
    if engine:
        try:
            found["containers"] = containers(engine)
        except AskError as error:
            found["error"] = str(error)
        else:
            running = {one["name"] for one in found["containers"] if one["state"] == "running"}
            found["clusters"] = clusters(engine, running)
    return json.dumps(found)
