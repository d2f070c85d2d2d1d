"""Builds side by side share one cache of packages, and none of it stays in an image."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from groundplane.cli.settings import settings
from groundplane.content import toolkit_content
from groundplane.lab.podman import host_limit_words
from groundplane.machine.base_image import ensure_base_image
from groundplane.machine.podman import host_podman
from groundplane.supply.build_tools import build_mounts
from groundplane.supply.mirrors import find_mirrors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.images, pytest.mark.timeout(600)]
DOCKERFILE = """ARG BASE
FROM ${BASE}
RUN apt-get --error-on=any update && apt-get -y install --no-install-recommends less python3-venv && apt-get clean
RUN extrepo enable nothing && modprobe nothing && systemctl start nothing
RUN python3 -m venv --without-pip /venv && PATH=/venv/bin:$PATH /usr/local/sbin/pip-install --upgrade 'six==1.17.*'
"""
LOOK = """
test -x /usr/bin/less
/venv/bin/python -c 'import six'
ls /venv/lib/python3*/site-packages/__pycache__/six.*.pyc
find /usr/local/sbin /var/lib/apt/lists /var/cache/apt/archives /var/log -type f ! -size 0
"""


@pytest.fixture
def names() -> Iterator[list[str]]:
    made = [f"localhost/groundplane-test-tools-{number}:latest" for number in (1, 2)]
    yield made
    for name in made:
        subprocess.run(host_podman().words("rmi", "--force", name), check=False, capture_output=True)


def test_two_builds_from_an_empty_cache(tmp_path: Path, names: list[str]) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "tools").symlink_to(settings().cache / "tools")
    base = ensure_base_image("trixie", cache=settings().cache)
    mounts = build_mounts(toolkit_content(), find_mirrors(), cache=cache)
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE)
    podman = host_podman()

    def build(name: str) -> subprocess.CompletedProcess[str]:
        words = ["build", "--layers=false", "--network", "host", "--pull=never", "--build-arg", f"BASE={base}"]
        for mount in mounts:
            words += ["--volume", f"{mount.source}:{mount.target}:{'rw' if mount.writable else 'ro'}"]
        words += [*host_limit_words(), "--tag", name, str(context)]
        return subprocess.run(podman.words(*words), check=False, capture_output=True, text=True)

    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(build, names):
            assert done.returncode == 0, done.stdout + done.stderr
    shared = cache / "images" / "shared" / "apt" / "trixie"
    assert list((shared / "packages").glob("less_*.deb"))
    assert not list(shared.glob("work.*"))
    for name in names:
        words = podman.words("run", "--rm", "--pull", "never", "--network", "none", *host_limit_words(), name)
        seen = subprocess.run([*words, "sh", "-ec", LOOK], check=True, capture_output=True, text=True).stdout.split()
        assert [line for line in seen if not line.endswith((".pyc", "/lock"))] == []
