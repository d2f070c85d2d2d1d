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
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.cli.settings import settings
from groundplane.content import toolkit_content
from groundplane.errors import Place
from groundplane.layers.loading import load_graph
from groundplane.layers.model import Graph, Layer, Step
from groundplane.plan.model import Fingerprint, HostAction, HostProbe, Plan, PlannedHost, PlannedStep
from groundplane.plan.probe import probe_hosts
from groundplane.run.cancel import CancelToken
from groundplane.run.journal.store import open_journal
from groundplane.run.run_plan import run_plan
from groundplane.run.runtime.choose import ensure_runtime
from groundplane.run.workbench import open_workbench
from groundplane.site.loading import load_site, read_site_file
from groundplane.site.secrets.opening import open_secrets
from groundplane.ssh.connection import open_connection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.run.runtime.model import Runtime
    from groundplane.run.workbench import Workbench
    from groundplane.site.secrets.opening import OpenedSecrets
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

AIM = 1.03
STEP = "benchmark.tasks"


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


class Bench:
    """Both ways to run the same playbook."""

    def __init__(
        self,
        *,
        site: Site,
        opened: OpenedSecrets,
        runtime: Runtime,
        connection: SshConnection,
        hosts: list[str],
        file: Path,
    ) -> None:
        self.site = site
        self.opened = opened
        self.runtime = runtime
        self.connection = connection
        self.hosts = hosts
        self.file = file
        self.here = settings()
        place = Place(file, 1)
        step = Step(id=STEP, layer="benchmark", name="tasks", description="", playbook=file, hosts="all", place=place)
        layer = Layer(name="benchmark", description="", place=place, steps=(STEP,))
        self.graph = Graph({"benchmark": layer}, {STEP: step}, (STEP,), {STEP: tuple(hosts)})
        self.probe: Mapping[str, HostProbe] = {}

    def find_users(self) -> None:
        self.probe = probe_hosts(self.site, self.hosts, self.connection, steps=[])
        away = [f"{host}: {found.error}" for host, found in self.probe.items() if not found.reachable]
        if away:
            raise SystemExit(f"unreachable: {'; '.join(away)}")

    def engine(self) -> float:
        planned = tuple(
            PlannedHost(host=host, action=HostAction.RUN, fingerprint=Fingerprint(digest="benchmark"))
            for host in self.hosts
        )
        plan = Plan(
            site=self.site.file.name,
            release=self.site.release.name,
            created_at=datetime.now(UTC),
            probed=True,
            site_digest="",
            steps=(PlannedStep(step=STEP, description="", wave=1, hosts=planned),),
        )
        journal = open_journal(self.site.state, self.site.file.name)
        started = time.monotonic()
        result = run_plan(
            self.site,
            self.graph,
            plan,
            journal=journal,
            runtime=self.runtime,
            connection=self.connection,
            secrets=self.opened.values,
            vault_password=self.opened.password,
            memory=self.here.runtime,
            holder=self.here.holder,
            watchers=[],
            cancel=CancelToken(),
            probe=self.probe,
        )
        seconds = time.monotonic() - started
        journal.close()
        if result.failures:
            raise SystemExit(f"failed: {result.failures[0]}")
        return seconds

    def plain(self, bench: Workbench, number: int) -> float:
        folder = bench.folder / "steps" / f"plain-{number}"
        folder.mkdir(parents=True)
        users = {host: {"ansible_user": found.user} for host, found in self.probe.items()}
        (folder / "users.json").write_text(json.dumps({"all": {"hosts": users}}))
        (folder / "limit").write_text("\n".join(self.hosts) + "\n")
        words = ["ansible-playbook", "-i", str(bench.inventory), "-i", str(folder / "users.json")]
        extra = {**bench.extra_variables, "groundplane_step": STEP}
        words += ["-e", json.dumps(extra), "--limit", f"@{folder / 'limit'}", str(self.file)]
        launch = bench.runtime.launch(
            words,
            name=f"{bench.folder.name}-plain-{number}",
            environment=bench.environment,
            mounts=bench.mounts,
            folder=folder,
        )
        words = list(launch.words)
        if "--preserve-fds" in words:
            at = words.index("--preserve-fds")
            del words[at : at + 2]
        with (folder / "output").open("wb") as output:
            started = time.monotonic()
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **launch.environment},
                check=False,
            )
            seconds = time.monotonic() - started
        if done.returncode:
            raise SystemExit((folder / "output").read_text()[-2000:])
        return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--hosts", default="all")
    parser.add_argument("--step", help="a step of the site's layers, applied already")
    parser.add_argument("--tasks", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    here, content = settings(), toolkit_content()
    original = given.site.expanduser().resolve()
    file = read_site_file(original)
    opened = open_secrets(original, file, override=here.vault_password_file, runtime=here.runtime)
    with ExitStack() as stack:
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="groundplane-benchmark-"))) / "site"
        shutil.copytree(original, copy, ignore=shutil.ignore_patterns(".groundplane", ".git"))
        site = load_site(copy, content=content, secrets=opened.values)
        (copy / "playbooks").mkdir(exist_ok=True)
        if given.step:
            play = load_graph(site).steps[given.step].playbook
        else:
            play = copy / "playbooks" / "benchmark.yml"
            play.write_text(playbook(given.tasks))
        runtime = ensure_runtime(site.release, content, cache=here.cache)
        connection = stack.enter_context(
            open_connection(
                site.path, site.file.ssh, runtime=here.runtime, ssh_auth_sock=here.ssh_auth_sock, secrets=opened.values
            )
        )
        bench = Bench(
            site=site,
            opened=opened,
            runtime=runtime,
            connection=connection,
            hosts=list(site.inventory.select(given.hosts)),
            file=play,
        )
        bench.find_users()
        plain: list[float] = []
        engine: list[float] = []
        with open_workbench(
            site, runtime=runtime, connection=connection, vault_password=opened.password, memory=here.runtime
        ) as table:
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
        "runtime": runtime.facts.kind,
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
