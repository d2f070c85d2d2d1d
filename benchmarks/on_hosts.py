"""What benchmarks on real hosts share: a copy of a site, its runtime, and the two ways to run a playbook."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.cli.settings import settings
from groundplane.content import toolkit_content
from groundplane.errors import Place
from groundplane.layers.model import Graph, Layer, Step
from groundplane.machine.cancel import CancelToken
from groundplane.plan.model import Fingerprint, HostAction, HostProbe, Plan, PlannedHost, PlannedStep
from groundplane.plan.probe import probe_hosts
from groundplane.run.journal.store import open_journal
from groundplane.run.means import Means
from groundplane.run.run_plan import run_plan
from groundplane.run.workbench import open_workbench
from groundplane.runtime.choose import ensure_runtime
from groundplane.site.loading import load_site, read_site_file
from groundplane.site.secrets.opening import open_secrets
from groundplane.ssh.connection import open_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from groundplane.run.workbench import Workbench
    from groundplane.runtime.model import Runtime
    from groundplane.site.secrets.opening import OpenedSecrets
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

STEP = "benchmark.tasks"


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
            means=Means(
                journal=journal,
                runtime=self.runtime,
                connection=self.connection,
                secrets=self.opened.values,
                vault_password=self.opened.password,
                memory=self.here.runtime,
                holder=self.here.holder,
                watchers=[],
                cancel=CancelToken(),
            ),
            cache=self.here.cache,
            probe=self.probe,
        )
        seconds = time.monotonic() - started
        journal.close()
        if result.failures:
            raise SystemExit(f"failed: {result.failures[0]}")
        return seconds

    def plain(self, bench: Workbench, number: int, *, step: str | None = STEP) -> float:
        """Seconds of a bare ansible-playbook; `step` None where the playbook names its steps itself."""
        folder = bench.folder / "steps" / f"plain-{number}"
        folder.mkdir(parents=True)
        # The engine's side begins with an empty cache of facts at each run; so does this one.
        for facts in (bench.folder / "facts").iterdir():
            facts.unlink()
        users = {host: {"ansible_user": found.user} for host, found in self.probe.items()}
        (folder / "users.json").write_text(json.dumps({"all": {"hosts": users}}))
        (folder / "limit").write_text("\n".join(self.hosts) + "\n")
        words = ["ansible-playbook", "-i", str(bench.inventory), "-i", str(folder / "users.json")]
        extra = {**bench.extra_variables, **({} if step is None else {"groundplane_step": step})}
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


@contextmanager
def open_bench(site_folder: Path, hosts: str, playbook: Callable[[Site], Path]) -> Iterator[tuple[Bench, Workbench]]:
    """A bench on a copy of the site, so that its journal stays as it was; `playbook` says what is run."""
    here, content = settings(), toolkit_content()
    original = site_folder.expanduser().resolve()
    file = read_site_file(original)
    opened = open_secrets(original, file, override=here.vault_password_file, runtime=here.runtime)
    with ExitStack() as stack:
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="groundplane-benchmark-"))) / "site"
        shutil.copytree(original, copy, ignore=shutil.ignore_patterns(".groundplane", ".git"))
        site = load_site(copy, content=content, secrets=opened.values)
        (copy / "playbooks").mkdir(exist_ok=True)
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
            hosts=list(site.inventory.select(hosts)),
            file=playbook(site),
        )
        bench.find_users()
        table = stack.enter_context(
            open_workbench(
                site, runtime=runtime, connection=connection, vault_password=opened.password, memory=here.runtime
            )
        )
        yield bench, table
