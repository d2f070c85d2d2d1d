from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import InputError
from groundplane.machine.podman import Podman
from groundplane.runtime import container, venv
from groundplane.runtime.choose import ensure_runtime
from groundplane.runtime.container import ContainerRuntime
from groundplane.runtime.installer import find_installer, requirements_file, runtime_digest
from groundplane.runtime.model import Mount, RuntimeFacts
from groundplane.runtime.releases import load_release, release_names
from groundplane.runtime.venv import VenvRuntime, find_python

if TYPE_CHECKING:
    from pathlib import Path

FACTS = RuntimeFacts("container", "localhost/groundplane/runtime:x", "2.20.10", "3.13", None, "/usr/local/bin/c")


def test_every_release_is_whole() -> None:
    content = toolkit_content()
    names = release_names(content)
    assert "2026.1" in names
    for name in names:
        release = load_release(name, content)
        lock = requirements_file(release, content).read_text()
        assert release.name == name
        assert f"ansible-core=={release.runtime.ansible_core} " in lock
        assert "--hash=sha256:" in lock
        assert "index-url" not in lock
        assert "find-links" not in lock


def test_an_unknown_release_is_told_with_those_there_are() -> None:
    with pytest.raises(InputError) as caught:
        load_release("1999.1", toolkit_content())
    assert "2026.1" in caught.value.cure


def test_a_lock_that_doesnt_fit_its_release_is_refused(tmp_path: Path) -> None:
    release = load_release("2026.1", toolkit_content())
    (tmp_path / "releases").mkdir()
    lock = tmp_path / "releases" / release.runtime.requirements
    with pytest.raises(InputError, match="not there"):
        requirements_file(release, Content(tmp_path))
    lock.write_text("ansible-core==2.18.0 \\\n    --hash=sha256:x\n")
    with pytest.raises(InputError, match=r"wants ansible-core .*, its lock has 2\.18\.0"):
        requirements_file(release, Content(tmp_path))


def test_the_digest_moves_with_everything_that_goes_in(tmp_path: Path) -> None:
    release = load_release("2026.1", toolkit_content())
    lock = tmp_path / "lock"
    lock.write_text("a==1")
    digests = {runtime_digest(release, lock), runtime_digest(release, lock, "client")}
    lock.write_text("a==2")
    digests.add(runtime_digest(release, lock))
    assert len(digests) == 3


def test_the_installer_of_the_cache_comes_first_and_its_absence_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(InputError, match="uv"):
        find_installer(tmp_path)
    kept = tmp_path / "tools" / "uv-abc" / "bin" / "uv"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert find_installer(tmp_path) == str(kept)


def test_a_python_that_only_pretends_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("python3.13", "#!/bin/sh\nexit 127\n"), ("python3.12", "#!/bin/sh\necho 3.12\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(venv, "CANDIDATES", ("python3.13", "python3.12"))
    assert find_python(">=3.12") == (str(tmp_path / "python3.12"), "3.12")
    assert find_python(">=3.14") is None


def test_a_container_where_no_python_suits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runtime = ContainerRuntime(FACTS, Podman())
    monkeypatch.setattr("groundplane.runtime.choose.find_python", lambda _wanted: None)
    monkeypatch.setattr(container, "ensure_container_runtime", lambda *_args, **_more: runtime)
    release = load_release("2026.1", toolkit_content())
    assert ensure_runtime(release, toolkit_content(), cache=tmp_path) is runtime
    with pytest.raises(InputError, match="No Python"):
        ensure_runtime(release, toolkit_content(), cache=tmp_path, kind="venv")


def test_a_container_sees_only_its_mounts_under_their_own_paths(tmp_path: Path) -> None:
    mounts = [Mount(tmp_path / "site"), Mount(tmp_path / "site" / ".groundplane", writable=True), Mount(tmp_path)]
    launch = ContainerRuntime(FACTS, Podman("runc")).launch(
        ["ansible-playbook", "x.yml"],
        name="r-1-l.one",
        environment={"HOME": "/home", "PATH": "/host/only"},
        mounts=mounts,
        folder=tmp_path,
    )
    words = list(launch.words)
    volumes = [words[number + 1] for number, word in enumerate(words) if word == "--volume"]
    inner = tmp_path / "site" / ".groundplane"
    assert volumes == [f"{tmp_path}:{tmp_path}:ro", f"{inner}:{inner}:rw"]
    assert words[-3:] == [FACTS.name, "ansible-playbook", "x.yml"]
    assert "HOME=/home" in words
    assert not any("/host/only" in word for word in words), "the image has a PATH of its own"
    assert list(launch.stop[-2:]) == ["kill", "groundplane-r-1-l.one"]
    assert ("--preserve-fds" in words) is (os.geteuid() == 0)


def test_a_venv_comes_first_on_the_path(tmp_path: Path) -> None:
    launch = VenvRuntime(FACTS, tmp_path).launch(
        ["ansible-playbook", "x.yml"], name="n", environment={"PATH": "/usr/bin"}, mounts=[], folder=tmp_path
    )
    assert launch.words == (f"{tmp_path}/bin/ansible-playbook", "x.yml")
    assert launch.environment["PATH"] == f"{tmp_path}/bin:/usr/bin"
    assert launch.stop == ()


def test_what_a_container_is_built_with_lies_beside_the_module() -> None:
    assert "FROM" in (container.HERE / "image" / "Containerfile").read_text(encoding="utf-8")
    assert (container.HERE / "vault_client.py").is_file()
