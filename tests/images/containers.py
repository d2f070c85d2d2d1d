"""Containers of built images, alone: no network, no host beside them, gone when the test is."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from groundplane.cli.settings import settings
from groundplane.lab.podman import host_limit_words
from groundplane.machine.podman import host_podman
from groundplane.supply.records import all_records
from groundplane.supply.store import open_store
from tests.command import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from groundplane.supply.model import ImageRecord

RELEASE = os.environ.get("GP_TEST_RELEASE", "2026.1")
CACHE = settings().cache
CONFIG_FOLDER = "/var/lib/kolla/config_files"


def newest_record(name: str) -> ImageRecord:
    """What was built last under this name; not built is a failure, never a reason to skip."""
    found = [record for record in all_records(CACHE) if record.name == name and record.release == RELEASE]
    if not found:
        pytest.fail(
            f"The image '{name}' of release {RELEASE} isn't built. In a site with that release and source: build:\n"
            f"  groundplane images build {name}",
            pytrace=False,
        )
    return found[-1]


def built_image(name: str) -> str:
    """The image's name in podman's storage, taken from the store where podman lost it."""
    record = newest_record(name)
    podman = host_podman()
    local = f"localhost/groundplane/images/{name}:{record.tag}"
    if not podman.exists("image", local):
        with open_store(cache=CACHE, podman=podman) as store:
            return store.fetch(name, record.digest, tag=record.tag)
    return local


@dataclass(slots=True)
class Container:
    """One that runs."""

    name: str
    machine: Machine

    def exec(self, *words: str, user: str | None = None, timeout: float = 60) -> Answer:
        options = ["--user", user] if user else []
        return self.machine.podman("exec", *options, self.name, *words, timeout=timeout)

    def said(self, *words: str, user: str | None = None, timeout: float = 60) -> str:
        """Standard output of a program that has to succeed."""
        done = self.exec(*words, user=user, timeout=timeout)
        assert done.code == 0, f"{done}\n--- the container's log\n{self.logs()}"
        return done.out

    def logs(self) -> str:
        done = self.machine.podman("logs", "--tail", "60", self.name)
        return done.out + done.err

    def until(self, question: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Waits for something that takes its time; a container that ends meanwhile fails at once."""
        end = time.monotonic() + seconds
        while not question():
            running = self.machine.podman("inspect", "--format", "{{.State.Running}}", self.name).out.strip()
            assert running == "true", f"{self.name} ended before: {what}\n{self.logs()}"
            assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}\n{self.logs()}"
            time.sleep(0.5)


@dataclass(slots=True)
class Machine:
    """podman, and what one test made with it."""

    folder: Path
    containers: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    def podman(self, *words: str, timeout: float = 120) -> Answer:
        line = tuple(host_podman().words(*words))
        began = time.perf_counter()
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Answer(line, done.returncode, done.stdout, done.stderr, time.perf_counter() - began)

    def run(self, image: str, *words: str, options: Sequence[str] = (), timeout: float = 120) -> Answer:
        """A container that ends by itself; `options` are podman's."""
        return self.podman(*self._start_words("--rm", options=options), built_image(image), *words, timeout=timeout)

    def said(self, image: str, *words: str, options: Sequence[str] = ()) -> str:
        """Both outputs of a program of the image, past its entrypoint; it has to succeed."""
        done = self.run(image, *words[1:], options=["--entrypoint", words[0], *options])
        assert done.code == 0, str(done)
        return done.out + done.err

    def start(self, image: str, *words: str, options: Sequence[str] = ()) -> Container:
        done = self.podman(*self._start_words("--detach", options=options), built_image(image), *words)
        assert done.code == 0, str(done)
        return Container(self.containers[-1], self)

    def volume(self) -> str:
        name = f"gptest-{uuid.uuid4().hex[:12]}"
        done = self.podman("volume", "create", name)
        assert done.code == 0, str(done)
        self.volumes.append(name)
        return name

    def kolla_options(
        self, command: str, *, files: Sequence[tuple[str, str | None, str, str, str]] = (), **environment: str
    ) -> list[str]:
        """What kolla_start reads, as kolla-ansible would give it.

        Args:
            command: what is to run.
            files: name, content (None leaves it out), where it goes, owner, mode.
        """
        folder = self.folder / uuid.uuid4().hex[:8]
        folder.mkdir()
        config = {
            "command": command,
            "config_files": [
                {"source": f"{CONFIG_FOLDER}/{name}", "dest": target, "owner": owner, "perm": mode}
                for name, _, target, owner, mode in files
            ],
        }
        (folder / "config.json").write_text(json.dumps(config))
        for name, content, *_ in files:
            if content is not None:
                (folder / name).write_text(content)
        settings = {"KOLLA_CONFIG_STRATEGY": "COPY_ALWAYS", **environment}
        variables = [word for key, value in settings.items() for word in ("--env", f"{key}={value}")]
        return ["--volume", f"{folder}:{CONFIG_FOLDER}:ro", *variables]

    def close(self) -> None:
        if self.containers:
            self.podman("rm", "--force", "--volumes", "--ignore", "--time", "1", *self.containers)
        if self.volumes:
            self.podman("volume", "rm", "--force", *self.volumes)

    def _start_words(self, kind: str, *, options: Sequence[str]) -> list[str]:
        name = f"gptest-{uuid.uuid4().hex[:12]}"
        self.containers.append(name)
        network = [] if any(word.startswith("--network") for word in options) else ["--network", "none"]
        return ["run", kind, "--pull", "never", "--name", name, *host_limit_words(), *network, *options]
