"""Wheels are really built, by a compiler that nothing keeps; what fails is named; what was killed goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from groundplane.cli.settings import settings
from groundplane.content import Content, toolkit_content
from groundplane.errors import FailedError
from groundplane.machine.podman import host_podman
from groundplane.runtime.releases import load_release
from groundplane.supply.kolla.wheels import ensure_wheels
from groundplane.supply.mirrors import find_mirrors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundplane.supply.model import BuildMount

pytestmark = [pytest.mark.images, pytest.mark.timeout(600)]
SETUPTOOLS = "setuptools===81.0.0"
COMPILER = ("gcc", "libc6-dev", "python3-dev", "python3-pip")
MAKE = """
import sys
from pathlib import Path
from tests.integration.test_wheels import make
make(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of its own that shares the downloads of packages with the machine's."""
    folder, real = tmp_path / "cache", settings().cache
    (folder / "images").mkdir(parents=True)
    (real / "images" / "shared").mkdir(parents=True, exist_ok=True)
    (folder / "tools").symlink_to(real / "tools")
    (folder / "images" / "shared").symlink_to(real / "images" / "shared")
    return folder


def content(tmp_path: Path, constraints: Sequence[str], packages: Sequence[str] = COMPILER) -> Content:
    root = tmp_path / "content"
    for folder in ("releases", "images/wheels", "images/tools"):
        shutil.copytree(toolkit_content().root / folder, root / folder, dirs_exist_ok=True)
    (root / "releases" / "2026.1-constraints.txt").write_text("\n".join((SETUPTOOLS, *constraints)) + "\n")
    (root / "images" / "wheels" / "packages").write_text("\n".join(packages) + "\n")
    return Content(root)


def make(root: Path, cache: Path) -> BuildMount:
    found = Content(root)
    release = load_release("2026.1", found)
    return ensure_wheels(release, found, cache=cache, podman=host_podman(), mirrors=find_mirrors())


def containers() -> list[str]:
    found = host_podman().json("ps", "--all", "--format", "json", "--filter", "name=groundplane-wheels-") or []
    return [container["Names"][0] for container in found]


def test_what_the_index_has_only_as_source_becomes_a_wheel(tmp_path: Path, cache: Path) -> None:
    # logutils has no wheel, six has one, simplejson has one for this very Python.
    made = content(tmp_path, ["logutils===0.3.5", "six===1.17.0", "simplejson===3.20.2"])
    mount = make(made.root, cache)
    wheels = [path.name for path in mount.source.glob("*.whl")]
    assert wheels == ["logutils-0.3.5-py3-none-any.whl"]
    with zipfile.ZipFile(mount.source / wheels[0]) as wheel:
        assert "logutils/__init__.py" in wheel.namelist()
    assert make(made.root, cache) == mount


def test_a_header_that_is_missing_names_the_package_and_keeps_the_others(tmp_path: Path, cache: Path) -> None:
    made = content(tmp_path, ["logutils===0.3.5", "python-ldap===3.4.5"])
    with pytest.raises(FailedError, match=r"The wheel of python-ldap 3\.4\.5 could not be built") as caught:
        make(made.root, cache)
    assert "lber.h" in caught.value.why or "ldap" in caught.value.why
    assert list(cache.glob("images/wheels/built-*/logutils-*.whl"))
    assert not list(cache.glob("images/wheels/*/wheels.json"))


def test_an_interrupted_build_leaves_no_container_and_no_set(tmp_path: Path, cache: Path) -> None:
    made = content(tmp_path, ["logutils===0.3.5"])
    before = set(containers())
    words = [sys.executable, "-c", MAKE, str(made.root), str(cache)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)) as build:
        end = time.monotonic() + 60
        while not set(containers()) - before and time.monotonic() < end:
            time.sleep(0.2)
        build.send_signal(signal.SIGINT)
        build.wait(timeout=60)
    assert build.returncode != 0
    assert not set(containers()) - before
    assert not list(cache.glob("images/wheels/*/wheels.json"))
    assert make(made.root, cache).source.is_dir()
