"""A first deployment by `kolla-ansible deploy` against `groundplane apply openstack`: same site, same hosts, in turn.

    python benchmarks/openstack_deploy.py --site SITE --destroy [--ways groundplane,kolla] [--out FILE] [--json]

Takes OpenStack off the hosts before each way: Kolla's containers, their volumes and units, and /etc/kolla. Images stay,
and so do Ceph and what hosts were given besides (the datapath in user space): both start from bootstrapped hosts with
images present. Only for a site that nobody uses, hence --destroy.

kolla: the release's unmodified kolla-ansible plays site.yml as `kolla-ansible deploy` does (Ansible's own strategy, no
accelerator), in the release's runtime, on the same inventory, variables, certificates and override files that the
engine makes for each service. groundplane: `apply openstack --force`, prechecks and all.

After each way it is looked what runs (container, image, state) and what lies in /etc/kolla (a digest per file), and the
two are compared. The machine has to be idle otherwise. Aim: groundplane / kolla < 0.4.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.cli.settings import settings
from groundplane.content import toolkit_content
from groundplane.kolla.overlays import write_overlays
from groundplane.kolla.playbook import KollaFolder
from groundplane.layers import handovers
from groundplane.layers.loading import load_graph
from groundplane.machine.cancel import CancelToken
from groundplane.run.ansible import Playbook, run_playbook
from groundplane.run.journal.store import open_journal
from groundplane.run.redaction import Redactor, secret_strings
from groundplane.run.run_plan import users_of
from groundplane.run.workbench import open_workbench
from groundplane.runtime.choose import ensure_runtime
from groundplane.site.loading import load_site, read_site_file
from groundplane.site.secrets.opening import open_secrets
from groundplane.ssh.asking import ask_hosts
from groundplane.ssh.connection import open_connection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.layers.model import Graph
    from groundplane.site.secrets.opening import OpenedSecrets
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

AIM = 0.4
MARKER = "groundplane_benchmark"
PLAYBOOKS = ("site.yml", "gather-facts.yml", "mariadb.yml", "nova.yml", "rabbitmq.yml")
TIMEOUT_MINUTES = 240

_COMMON = """
import glob, hashlib, json, os, shutil, subprocess

def out(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout

def containers():
    form = '{{.Name}}\\t{{.Config.Image}}\\t{{.State.Status}}{{range .Mounts}}\\t{{.Type}}:{{or .Name .Source}}{{end}}'
    known = out('docker', 'ps', '--all', '--quiet').split()
    for line in out('docker', 'inspect', '--format', form, *known).splitlines() if known else ():
        name, image, state, *mounts = line.split('\\t')
        if any(mount.startswith('bind:/etc/kolla/') for mount in mounts):
            yield name.lstrip('/'), image, state, [mount[7:] for mount in mounts if mount.startswith('volume:')]
"""
SNAPSHOT = (
    _COMMON
    + """
files = {}
for path, _, names in os.walk('/etc/kolla'):
    for name in names:
        with open(os.path.join(path, name), 'rb') as file:
            files[os.path.join(path, name)] = hashlib.sha256(file.read()).hexdigest()[:16]
running = {name: image + ' ' + state for name, image, state, _ in containers()}
print(json.dumps({'groundplane_benchmark': 1, 'containers': running, 'files': files}))
"""
)
DESTROY = (
    _COMMON
    + """
names, volumes = [], set()
for name, _, _, own in containers():
    names.append(name)
    volumes.update(own)
# Without its unit nobody starts a container again; to end each in order would take minutes.
for unit in glob.glob('/etc/systemd/system/**/kolla-*-container.service', recursive=True):
    os.remove(unit)
subprocess.run(['systemctl', 'daemon-reload'])
# This one has to end in order: it takes the virtual addresses along, which a first deployment refuses to find.
subprocess.run(['docker', 'stop', 'keepalived'], capture_output=True)
if names:
    subprocess.run(['docker', 'rm', '--force', *names], capture_output=True)
subprocess.run(['systemctl', 'reset-failed'])
if volumes:
    subprocess.run(['docker', 'volume', 'rm', *sorted(volumes)], capture_output=True)
for path in glob.glob('/etc/kolla/*'):
    shutil.rmtree(path, ignore_errors=True)
print(json.dumps({'groundplane_benchmark': 1, 'containers': len(names), 'volumes': len(volumes)}))
"""
)


@dataclass(frozen=True, slots=True)
class Cloud:
    """The site, opened."""

    site: Site
    opened: OpenedSecrets
    graph: Graph
    connection: SshConnection
    hosts: tuple[str, ...]

    def ask(self, script: str) -> dict[str, dict[str, Any]]:
        found = ask_hosts(self.site, self.hosts, self.connection, marker=MARKER, script=lambda _host: script.encode())
        away = [f"{host}: {answer.error}" for host, answer in found.items() if not answer.reachable]
        if away:
            raise SystemExit(f"unreachable: {'; '.join(away)}")
        return {host: answer.data for host, answer in found.items()}


def by_groundplane(cloud: Cloud) -> float:
    words = [sys.executable, "-m", "groundplane", "--site", str(cloud.site.path), "apply", "openstack", "--force", "-y"]
    started = time.monotonic()
    done = subprocess.run(words, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"groundplane apply ended with exit code {done.returncode}")
    return time.monotonic() - started


def by_kolla(cloud: Cloud, log: Path) -> float:
    """kolla-ansible's own site.yml, its output in the log."""
    here, site = settings(), cloud.site
    runtime = ensure_runtime(site.release, site.content, cache=here.cache)
    journal = open_journal(site.state, site.file.name)
    users = users_of(site, journal, None).of(cloud.hosts)
    journal.close()
    redactor = Redactor(secret_strings(cloud.opened.values))
    with (
        open_workbench(
            site,
            runtime=runtime,
            connection=cloud.connection,
            vault_password=cloud.opened.password,
            memory=here.runtime,
            accelerator=False,
        ) as bench,
        log.open("w", encoding="utf-8") as output,
    ):
        kolla = KollaFolder(site, bench.folder, runtime.facts, accelerator=False, learn=redactor.add)
        made = kolla.preparing_playbook()
        for name in PLAYBOOKS:
            (kolla.folder / name).symlink_to(Path(runtime.facts.kolla_ansible or "") / name)
        config = kolla.folder / "config"
        config.mkdir()
        handed = _handover(cloud, bench.folder / "handed", redactor)
        write_overlays(site, config, handed)

        def play(name: str, path: Path, variables: Mapping[str, Any]) -> float:
            outcome = run_playbook(
                bench,
                Playbook(
                    id=name,
                    path=path,
                    hosts=cloud.hosts,
                    users=users,
                    variables={**made.variables, **variables},
                    timeout_minutes=TIMEOUT_MINUTES,
                    inventories=made.inventories,
                    environment=made.environment,
                ),
                redactor=redactor,
                tell=lambda _kind, _host, _task, _data: None,
                say=lambda line: print(line, file=output, flush=True),
                cancel=CancelToken(),
            )
            if outcome.exit_code:
                raise SystemExit(f"kolla-ansible ended with exit code {outcome.exit_code}; see {log}")
            return outcome.seconds

        play("names", made.path, {})
        # kolla-ansible gathers facts itself.
        for file in (kolla.folder / "facts").iterdir():
            file.unlink()
        return play("deploy", kolla.folder / "site.yml", {"kolla_action": "deploy", "node_custom_config": str(config)})


def _handover(cloud: Cloud, folder: Path, redactor: Redactor) -> Path | None:
    """What Ceph hands over to all services together."""
    wanted = dict.fromkeys(one for step in cloud.graph.steps.values() if step.service for one in step.handovers)
    for handover in wanted:
        handed = handovers.fetch(cloud.site, cloud.connection, handover)
        redactor.add(handed.keys.values())
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, text in handed.files.items():
            (folder / name).write_text(text, encoding="utf-8")
    return folder if wanted else None


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """A line for each container and file that isn't the same on a host."""
    found = []
    for host in sorted(set(one) | set(other)):
        for part in ("containers", "files"):
            first, second = one.get(host, {}).get(part, {}), other.get(host, {}).get(part, {})
            for name in sorted(set(first) | set(second)):
                if first.get(name) != second.get(name):
                    found.append(f"{host} {name}: {first.get(name, 'missing')} / {second.get(name, 'missing')}")
    return found


def measure(cloud: Cloud, ways: Sequence[str], log: Path) -> dict[str, Any]:
    seconds: dict[str, float] = {}
    left: dict[str, Any] = {}
    for way in ways:
        print(f"{way}: {cloud.ask(DESTROY)} taken away", file=sys.stderr)
        seconds[way] = by_kolla(cloud, log) if way == "kolla" else by_groundplane(cloud)
        left[way] = cloud.ask(SNAPSHOT)
        print(f"{way}: {seconds[way]:.0f} s", file=sys.stderr)
    answer: dict[str, Any] = {
        "hosts": len(cloud.hosts),
        "seconds": {way: round(taken, 1) for way, taken in seconds.items()},
        "containers": {way: sum(len(host["containers"]) for host in hosts.values()) for way, hosts in left.items()},
        "files": {way: sum(len(host["files"]) for host in hosts.values()) for way, hosts in left.items()},
    }
    if {"kolla", "groundplane"} <= set(ways):
        answer["ratio"] = round(seconds["groundplane"] / seconds["kolla"], 3)
        answer["differences"] = differences(left["groundplane"], left["kolla"])
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--destroy", action="store_true", required=True, help="take OpenStack off the hosts before")
    parser.add_argument("--ways", default="groundplane,kolla", help="which, in which order")
    parser.add_argument("--log", type=Path, default=Path("build/openstack_deploy.log"))
    parser.add_argument("--out", type=Path, help="the whole answer as JSON")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    os.environ.setdefault("NO_COLOR", "1")
    here, path = settings(), given.site.expanduser().resolve()
    given.log.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        opened = open_secrets(path, read_site_file(path), override=here.vault_password_file, runtime=here.runtime)
        site = load_site(path, content=toolkit_content(), secrets=opened.values)
        graph = load_graph(site)
        connection = stack.enter_context(
            open_connection(
                path, site.file.ssh, runtime=here.runtime, ssh_auth_sock=here.ssh_auth_sock, secrets=opened.values
            )
        )
        on = {host for id_ in graph.order if graph.steps[id_].service is not None for host in graph.hosts[id_]}
        cloud = Cloud(site, opened, graph, connection, tuple(host for host in site.inventory.hosts if host in on))
        answer = measure(cloud, given.ways.split(","), given.log)
    if given.out:
        given.out.write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")
    if given.json:
        print(json.dumps(answer))
    else:
        print(", ".join(f"{way} {taken:.0f} s" for way, taken in answer["seconds"].items()))
        for line in answer.get("differences", ()):
            print(f"  {line}")
    return 0 if answer.get("ratio", 0.0) < AIM else 1


if __name__ == "__main__":
    sys.exit(main())
