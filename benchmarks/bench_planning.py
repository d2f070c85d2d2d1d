"""How long planning takes and how much memory, for sites of 10, 100 and 1,000 hosts; no host is contacted.

    python benchmarks/bench_planning.py [--hosts 10 100 1000] [--json]

The site is synthetic: the toolkit's own layers, three steps of the site's own, groups, group and host variables, and a
journal with a receipt of each step on each host. Every size runs in a process of its own, so that the peak is its own.

Aim: 1,000 hosts under 10 s and 500 MB for a plan with receipts (load, graph, plan), growing no faster than the hosts.
Exit code 1 where the aim is missed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from groundplane.content import toolkit_content
from groundplane.layers.loading import load_graph
from groundplane.plan.model import HostProbe, Plan, Receipt
from groundplane.plan.planner import make_plan
from groundplane.plan.staleness import write_plan
from groundplane.run.journal.store import open_journal
from groundplane.site.loading import load_site

if TYPE_CHECKING:
    from collections.abc import Iterator

AIM_SECONDS, AIM_MEGABYTES, AIM_HOSTS = 10.0, 500.0, 1000
OWN_STEPS = 3
STATE = {f"file /etc/example/{number}": f"0644 root:root content:{number:016x}" for number in range(20)}
SECRETS = {
    "groundplane_fingerprint_key": "benchmark",
    "operator_ssh_private_key": "benchmark",
    "site_ca_private_key": "benchmark",
}


def write_site(folder: Path, hosts: int) -> None:
    """A site with this many hosts, of which one in a hundred has variables of its own."""
    write(
        folder / "site.yml",
        {
            "name": "synthetic",
            "release": sorted(file.stem for file in toolkit_content().releases.glob("*.yml"))[-1],
            "domain": "synthetic.example",
            "layers": ["bootstrap", "own"],
            "networks": {
                "management": {"cidr": "10.0.0.0/16"},
                "storage": {"cidr": "10.1.0.0/16", "mtu": 9000},
                "tunnel": {"cidr": "10.2.0.0/16"},
            },
        },
    )
    names = [f"host{number:04d}" for number in range(1, hosts + 1)]
    children: dict[str, Any] = {
        "control": {"hosts": dict.fromkeys(names[:3])},
        "storage": {"hosts": dict.fromkeys(names[3::10])},
        "compute": {"hosts": dict.fromkeys(names[4:])},
    }
    for rack in range(max(hosts // 20, 1)):
        children[f"rack{rack}"] = {"hosts": dict.fromkeys(names[rack * 20 : rack * 20 + 20])}
    numbered = {name: {"host_number": number} for number, name in enumerate(names, 11)}
    write(folder / "inventory" / "hosts.yml", {"all": {"hosts": numbered, "children": children}})
    for group in ("control", "storage", "compute"):
        write(
            folder / "inventory" / "group_vars" / f"{group}.yml",
            {f"own_{name}": f"{{{{ own_base }}}}/{group}/{name}" for name in ("path", "cache", "log")},
        )
    for name in names[::100]:
        write(folder / "inventory" / "host_vars" / f"{name}.yml", {"own_path": f"/srv/{name}"})
    write(folder / "inventory" / "group_vars" / "all.yml", {"own_base": "/srv"})
    known = [f"10.0.{number // 256}.{number % 256} ssh-ed25519 AAAA{number:064d}" for number in range(11, hosts + 11)]
    (folder / "inventory" / "known_hosts").write_text("\n".join(known) + "\n", encoding="utf-8")
    (folder / "playbooks").mkdir()
    (folder / "playbooks" / "own.yml").write_text("- hosts: all\n  tasks: []\n", encoding="utf-8")
    steps = {
        f"step{number}": {"playbook": "playbooks/own.yml", "inputs": ["own_path", "own_cache", "own_log"]}
        for number in range(OWN_STEPS)
    }
    write(folder / "layers.yml", {"layers": {"own": {"needs": ["bootstrap"], "steps": steps}}})


def write(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")


def receipts_of(plan: Plan) -> Iterator[Receipt]:
    """As if everything had succeeded."""
    for step in plan.steps:
        for host in step.hosts:
            yield Receipt(
                step=step.step,
                host=host.host,
                run="r",
                applied_at=datetime.now(UTC),
                fingerprint=host.fingerprint,
                state=STATE,
            )


def prepare(folder: Path, hosts: int) -> None:
    """Writes the site and a journal in which everything has succeeded."""
    write_site(folder, hosts)
    site = load_site(folder, content=toolkit_content(), secrets=SECRETS)
    journal = open_journal(site.state, site.file.name)
    journal.save_receipts(receipts_of(make_plan(site, load_graph(site), journal)))
    journal.close()


def measure(folder: Path) -> dict[str, float]:
    """Seconds of each part, and the peak in megabytes, of a plan that finds nothing to do."""
    result: dict[str, float] = {}

    @contextmanager
    def part(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        result[name] = time.perf_counter() - began

    with part("load"):
        site = load_site(folder, content=toolkit_content(), secrets=SECRETS)
    with part("graph"):
        graph = load_graph(site)
    with part("plan"):
        journal = open_journal(site.state, site.file.name)
        answers = {
            host: HostProbe(host=host, reachable=True, user="x", steps=dict.fromkeys(graph.order, STATE))
            for host in site.inventory.hosts
        }
        plan = make_plan(site, graph, journal, probe=answers)
    with part("save"):
        write_plan(plan, folder / "plan.json")
    result["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["hosts"] = len(site.inventory.hosts)
    result["steps"] = len(graph.order)
    result["steps_with_work"] = sum(bool(step.hosts_to_run()) for step in plan.steps)
    journal.close()
    return result


def run(hosts: int) -> dict[str, float]:
    """Prepares and measures, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        found = ""
        for words in (["--prepare", folder, "--hosts", str(hosts)], ["--measure", folder]):
            found = subprocess.run(
                [sys.executable, __file__, *words], check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True
            ).stdout
    result: dict[str, float] = json.loads(found)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.prepare is not None:
        prepare(given.prepare, given.hosts[0])
        return 0
    if given.measure is not None:
        print(json.dumps(measure(given.measure)))
        return 0
    rows = [run(hosts) for hosts in given.hosts]
    for row in rows:
        row["total"] = row["load"] + row["graph"] + row["plan"]
    missed = [
        row
        for row in rows
        if row["hosts"] >= AIM_HOSTS and (row["total"] > AIM_SECONDS or row["megabytes"] > AIM_MEGABYTES)
    ]
    if given.json:
        print(json.dumps({"rows": rows, "aim": {"seconds": AIM_SECONDS, "megabytes": AIM_MEGABYTES}}, indent=1))
    else:
        print(
            f"{'hosts':>6} {'steps':>6} {'load':>8} {'graph':>8} {'plan':>8} {'total':>8} {'per host':>10} {'peak':>9}"
        )
        for row in rows:
            print(
                f"{row['hosts']:6.0f} {row['steps']:6.0f} {row['load']:6.2f} s {row['graph']:6.2f} s "
                f"{row['plan']:6.2f} s {row['total']:6.2f} s {1000 * row['total'] / row['hosts']:7.1f} ms "
                f"{row['megabytes']:6.0f} MB"
            )
        print(f"Aim for {AIM_HOSTS} hosts: under {AIM_SECONDS:.0f} s and {AIM_MEGABYTES:.0f} MB.")
    return 1 if missed or any(row["steps_with_work"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
