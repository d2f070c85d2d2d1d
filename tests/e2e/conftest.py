"""A lab of the tests' own, made from nothing by scripts/lab, apart from the user's labs.

Its site has the layers bootstrap, supply and ceph. The fixture `lab` takes it through the first one; `supplied` and
`stored` go on, once for all tests that ask for them. `cloud_lab` is another lab, with everything; where it is asked
for, too, all tests share it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.command import PROGRAM, ROOT, Answer, run
from tests.e2e.cloud import Cloud
from tests.e2e.faults.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOSTS = ("manager", "node1", "node2", "node3")
FROM_NOTHING = 4 * 3600
"""Seconds for scripts/lab where every image of a cloud has to be built, too."""


@dataclass(slots=True)
class Lab:
    """A lab under test: its commands, its nodes, its journal."""

    name: str
    base: Path
    """Holds the state and configuration folders."""
    env: dict[str, str] = field(repr=False)
    first: Answer | None = None
    """What scripts/lab said when it made the lab; None where a lab from before was kept."""
    site_path: Path | None = field(default=None)

    @property
    def site(self) -> Path:
        assert self.site_path is not None
        return self.site_path

    @property
    def state(self) -> Path:
        return self.site / ".groundplane"

    @property
    def password_file(self) -> Path:
        """What opens the site's vault."""
        return Path(self.env["XDG_CONFIG_HOME"]) / "groundplane" / "labs" / f"{self.name}.password"

    def script(self, *words: str, timeout: float = 1800) -> Answer:
        return run(ROOT / "scripts" / "lab", "--name", self.name, *words, cwd=ROOT, env=self.env, timeout=timeout)

    def lab(self, *words: str, timeout: float = 600) -> Answer:
        return run(PROGRAM, "lab", *words, "--name", self.name, cwd=ROOT, env=self.env, timeout=timeout)

    def groundplane(self, *words: str, timeout: float = 900) -> Answer:
        return run(PROGRAM, *words, cwd=self.site, env=self.env, timeout=timeout)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command that is left running; its output goes to files, so that it never waits for a reader."""
        with (self.base / "started.out").open("w") as out, (self.base / "started.err").open("w") as err:
            return subprocess.Popen(
                [PROGRAM, *words],
                cwd=self.site,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
            )

    def started_output(self) -> str:
        return (self.base / "started.out").read_text() + (self.base / "started.err").read_text()

    def container(self, host: str) -> str:
        return f"{self.name}-{host}"

    def on(self, host: str, *words: str) -> str:
        """Runs a program on a node past ssh and Groundplane, as somebody behind our back would."""
        done = run("podman", "exec", self.container(host), *words, cwd=ROOT, env=os.environ, timeout=300)
        assert done.code == 0, str(done)
        return done.out

    def node_processes(self) -> frozenset[int]:
        """The first process of each node, as this machine counts them."""
        words = ["podman", "ps", "--quiet", "--filter", f"label=groundplane.lab={self.name}"]
        ids = run(*words, cwd=ROOT, env=os.environ, timeout=60).out.split()
        told = run("podman", "inspect", "--format", "{{.State.Pid}}", *ids, cwd=ROOT, env=os.environ, timeout=60).out
        return frozenset(int(number) for number in told.split())

    def runs(self) -> list[dict[str, Any]]:
        answer = self.groundplane("runs", "--json")
        assert answer.code == 0, str(answer)
        found: list[dict[str, Any]] = answer.json()["runs"]
        return found

    def run_details(self, name: str) -> dict[str, Any]:
        answer = self.groundplane("runs", "show", name, "--json")
        assert answer.code == 0, str(answer)
        details: dict[str, Any] = answer.json()
        return details

    def newest_run(self) -> dict[str, Any]:
        newest = max(self.runs(), key=lambda entry: str(entry["started_at"]))
        return self.run_details(newest["run"])

    def work_of(self, details: dict[str, Any]) -> dict[tuple[str, str], str]:
        """(step, host) to how it ended in that run."""
        return {(entry["step"], entry["host"]): entry["state"] for entry in details["hosts"]}

    def plan(self, *words: str) -> tuple[Answer, dict[str, list[str]]]:
        """A plan as the answer, and step to the hosts that it would run on."""
        answer = self.groundplane("plan", "--json", "--detailed-exitcode", *words, timeout=120)
        assert answer.code in {0, 10}, str(answer)
        steps = {
            step["step"]: [host["host"] for host in step["hosts"] if host["action"] == "run"]
            for step in answer.json()["steps"]
        }
        return answer, {step: hosts for step, hosts in steps.items() if hosts}

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited {seconds} s for: {what}\n{self.started_output()}"
            time.sleep(0.5)

    def wait_until_verified(self, *names: str, seconds: float = 900) -> None:
        """These layers, or all: what was just away may need a while to be well."""
        deadline = time.monotonic() + seconds
        while (answer := self.groundplane("verify", *names, timeout=1800)).code != 0:
            assert time.monotonic() < deadline, f"red for {seconds:.0f} s\n{answer}"
            time.sleep(5)


@dataclass(frozen=True, slots=True)
class Stored:
    """The lab with its cluster; what `apply ceph` and `verify ceph` said."""

    lab: Lab
    applied: Answer
    verified: Answer
    run: str | None
    """The run that made the cluster; None where it stood already."""


def engine_processes(lab: Lab) -> list[int]:
    """Processes on this machine that work on the lab's site: the engine's own and all that it started."""
    needle = str(lab.site).encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        # An ssh master stays for a while by design and works on nothing.
        if (
            needle in words
            and b"ControlPersist" not in words
            and b"[mux]" not in words
            and int(process.name) != os.getpid()
        ):
            found.append(int(process.name))
    return found


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(30)


KEEP = os.environ.get("GP_TEST_KEEP") == "true"
if os.environ.get("GP_TEST_KEEP") not in (None, "", "true", "false"):
    # Taken for a no, it would cost a lab that somebody meant to keep.
    raise pytest.UsageError("GP_TEST_KEEP is true or false: without true the lab of that name is taken down first")


def _homes(name: str, base: Path) -> dict[str, str]:
    """The tests' own homes; with --keep the person's, where the lab of that name is one that they made themselves."""
    person = {
        variable: os.environ.get(variable) or str(Path.home() / default)
        for variable, default in (("XDG_STATE_HOME", ".local/state"), ("XDG_CONFIG_HOME", ".config"))
    }
    if KEEP and (Path(person["XDG_STATE_HOME"]) / "groundplane" / "labs" / name / "lab.json").is_file():
        return person
    return {"XDG_STATE_HOME": str(base / "state"), "XDG_CONFIG_HOME": str(base / "config")}


@contextmanager
def standing_lab(suffix: str, *words: str, timeout: float = 1800) -> Iterator[Lab]:
    """A lab made from nothing by `scripts/lab WORDS` and taken down afterwards; with GP_TEST_KEEP one from before.

    That one is the tests' own, or one that a person made: `scripts/lab --name gptest-cloud` for the whole cloud.
    """
    name = os.environ.get("GP_TEST_LAB", "gptest") + suffix
    base = Path(os.environ.get("GP_TEST_FOLDER") or ROOT / "build" / "e2e")
    base = base.with_name(base.name + suffix)
    base.mkdir(parents=True, exist_ok=True)
    # The cache is the machine's one; state and configuration are not.
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GROUNDPLANE_", "ANSIBLE_"))}
    env = {
        **kept,
        **_homes(name, base),
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "LC_ALL": "C.UTF-8",
    }
    env.pop("SSH_AUTH_SOCK", None)
    made = Lab(name, base, env)
    status = made.lab("status", "--json")
    if not (KEEP and status.code == 0):
        made.lab("down", "--yes")
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        made.first = made.script(*words, timeout=timeout)
        (base / "lab.out").write_text(str(made.first), encoding="utf-8")
        assert made.first.code == 0, str(made.first)
        status = made.lab("status", "--json")
    assert status.code == 0, str(status)
    made.site_path = Path(json.loads(status.out)["site"])
    yield made
    if not KEEP:
        down = made.lab("down", "--yes")
        assert down.code == 0, str(down)


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    if any(item.get_closest_marker("cloud") for item in request.session.items):
        # A machine carries one lab at a time.
        yield request.getfixturevalue("cloud_lab")
        return
    with standing_lab("", "--profile", "ceph", "--to", "bootstrap") as made:
        yield made


@pytest.fixture(scope="session")
def supplied(lab: Lab) -> Lab:
    """The lab with Ceph's image built, locked, served by its registry and pulled by its nodes."""
    built = lab.groundplane("images", "build", timeout=1200)
    assert built.code == 0, str(built)
    applied = lab.groundplane("apply", "supply", "--yes")
    assert applied.code == 0, str(applied)
    return lab


@pytest.fixture(scope="session")
def stored(supplied: Lab) -> Stored:
    """The lab with its cluster."""
    runs = {entry["run"] for entry in supplied.runs()}
    applied = supplied.groundplane("apply", "ceph", "--yes")
    (supplied.base / "ceph.out").write_text(str(applied), encoding="utf-8")
    assert applied.code == 0, str(applied)
    made = [entry["run"] for entry in supplied.runs() if entry["run"] not in runs]
    verified = supplied.groundplane("verify", "ceph")
    return Stored(supplied, applied, verified, made[0] if made else None)


@pytest.fixture(scope="session")
def cloud_lab() -> Iterator[Lab]:
    """A whole cloud, with the people of its customers, for all tests that ask for one."""
    with standing_lab("-cloud", "--profile", "cloud", timeout=FROM_NOTHING) as made:
        yield made


@pytest.fixture(scope="session")
def cloud(cloud_lab: Lab) -> Cloud:
    return Cloud(cloud_lab)


def tell(config: pytest.Config, line: str) -> None:
    """To the person who watches, past what is kept of a test's output."""
    capture = config.pluginmanager.getplugin("capturemanager")
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if capture is not None and reporter is not None:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(line)


@pytest.fixture(scope="session")
def fault_seed(pytestconfig: pytest.Config) -> int:
    """What all that is left to chance in faults comes from; GP_FAULT_SEED repeats it."""
    given = os.environ.get("GP_FAULT_SEED")
    seed = int(given) if given else random.SystemRandom().randrange(1_000_000)
    tell(pytestconfig, f"faults: GP_FAULT_SEED={seed} repeats this")
    return seed


@pytest.fixture
def remember(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """For what is to be shown with a failure."""

    def add(line: str) -> None:
        request.node.add_report_section("call", "faults", line)

    return add


@pytest.fixture
def dice(fault_seed: int, request: pytest.FixtureRequest, remember: Callable[[str], None]) -> random.Random:
    """A test's own, so that it meets the same chance whatever is run besides it."""
    remember(f"GP_FAULT_SEED={fault_seed} repeats this")
    return random.Random(f"{fault_seed} {request.node.name}")  # noqa: S311 - to be repeated, not to be secret


@pytest.fixture
def mended_afterwards(cloud_lab: Lab, cloud: Cloud) -> Iterator[None]:
    """A test that failed leaves work to do; the next one is to begin with a cloud that is as its site says."""
    yield
    if cloud_lab.plan()[1]:
        cloud_lab.wait_for(cloud.answers, "the cloud's API", 900)
        cloud_lab.groundplane("apply", "--yes", timeout=1800)


@pytest.fixture(scope="session")
def faults_table(pytestconfig: pytest.Config) -> Table:
    """A row for each fault that was tried; build/faults.md."""
    return Table(ROOT / "build" / "faults.md", lambda line: tell(pytestconfig, line))
