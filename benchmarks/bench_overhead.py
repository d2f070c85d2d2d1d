"""The engine's own overhead against plain ansible-playbook: same runtime, same playbook, same hosts, turn by turn.

    python benchmarks/bench_overhead.py --site SITE [--hosts PATTERN] [--step STEP | --tasks 150] [--rounds 3] [--json]

Both sides run the release's ansible-playbook in the release's runtime with the same settings, accelerator included.
The plain side is the bare process, its output going to a file in memory. The engine's side is a whole run: lock, memory
folder, journal, events through the redactor, step log, the question for the state afterwards, and receipts. Lines for a
terminal are left out on both sides.

With --step the playbook is a step's own. Without it, it is made of short tasks that change nothing, the worst case:
what ansible-runner's callback costs for each event (0.7 ms of processor time, measured) weighs most against tasks that
do nothing. The machine has to be idle otherwise, or the figures are noise.

The hosts have to be reachable as `groundplane plan` reaches them; a lab will do. A copy of the site is worked on, so
its journal stays as it was.

Aim: engine / plain < 1.03, over the medians of the rounds. Exit code 1 where the aim is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from on_hosts import open_bench

from groundplane.layers.loading import load_graph

if TYPE_CHECKING:
    from groundplane.site.site import Site

AIM = 1.03


def playbook(tasks: int) -> str:
    """Short tasks of several kinds."""
    kinds = (
        "ansible.builtin.command: {argv: ['true']}\n      changed_when: false",
        "ansible.builtin.stat: {path: /etc/hostname}",
        "ansible.builtin.debug: {msg: 'host {{ inventory_hostname }} of {{ groups.all | length }}'}",
        "ansible.builtin.slurp: {src: /etc/os-release}",
        "ansible.builtin.file: {path: /tmp, state: directory}",
    )
    lines = ["- hosts: all", "  become: true", "  gather_facts: false", "  tasks:"]
    for number in range(tasks):
        lines += [f"    - name: Task {number}", f"      {kinds[number % len(kinds)]}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--hosts", default="all")
    parser.add_argument("--step", help="a step of the site's layers, applied already")
    parser.add_argument("--tasks", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    def play(site: Site) -> Path:
        if given.step:
            found = load_graph(site).steps[given.step].playbook
            if found is None:
                raise SystemExit(f"{given.step} has no playbook")
            return found
        file = site.path / "playbooks" / "benchmark.yml"
        file.write_text(playbook(given.tasks))
        return file

    plain: list[float] = []
    engine: list[float] = []
    with open_bench(given.site, given.hosts, play) as (bench, table):
        # The first pass of each warms the hosts up and is not counted; then turn by turn, the order changing.
        for number in range(given.rounds + 1):
            sides = [("plain", plain), ("engine", engine)]
            for side, times in sides if number % 2 else reversed(sides):
                seconds = bench.plain(table, number) if side == "plain" else bench.engine()
                if number:
                    times.append(seconds)
                print(f"{side:<7} {seconds:7.2f} s{'' if number else '  (not counted)'}", file=sys.stderr)
    ratio = statistics.median(engine) / statistics.median(plain)
    answer = {
        "hosts": len(bench.hosts),
        "playbook": given.step or f"{given.tasks} short tasks",
        "runtime": bench.runtime.facts.kind,
        "plain_seconds": [round(seconds, 2) for seconds in plain],
        "engine_seconds": [round(seconds, 2) for seconds in engine],
        "ratio": round(ratio, 3),
        "aim": AIM,
    }
    if given.json:
        print(json.dumps(answer))
    else:
        print(f"{answer['playbook']} on {len(bench.hosts)} hosts: engine / plain = {ratio:.3f} (aim: below {AIM})")
    return 0 if ratio < AIM else 1


if __name__ == "__main__":
    sys.exit(main())
