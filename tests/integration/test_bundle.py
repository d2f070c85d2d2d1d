"""A bundle made for real, carried into a node without any network, and an image run from it there."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.cli.settings import settings
from groundplane.lab.node_image import ensure_node_image
from groundplane.lab.podman import LEGACY_CGROUP_WORDS
from groundplane.machine.podman import Podman, has_cgroup_v2, host_podman
from groundplane.supply.store.container import limit_words
from tests.command import ROOT, run
from tests.integration.conftest import SiteFolder, make_site
from tests.unit.supply.bundle.made import flip_bit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.command import Answer

pytestmark = [
    pytest.mark.skipif(shutil.which("podman") is None or os.geteuid() != 0, reason="runs containers as root"),
    pytest.mark.timeout(900),
]
SECONDS = 600.0
IMAGE = "keycloak"


@dataclass(frozen=True, slots=True)
class Carried:
    """A site, and its bundles on the way."""

    site: SiteFolder
    folder: Path
    tags: dict[str, str]

    def groundplane(self, *words: str | Path) -> Answer:
        return self.site.groundplane("bundle", *map(str, words), timeout=SECONDS)

    def make(self, name: str, word: str, *options: str | Path) -> Path:
        """A bundle with an image that prints the word."""
        program = (sys.executable, "-m", "tests.integration.bundled_image", IMAGE, word)
        env = {**self.site.env, "PYTHONPATH": str(ROOT)}
        locked = run(*program, cwd=self.site.path, env=env, timeout=SECONDS)
        assert locked.code == 0, str(locked)
        self.tags[word] = locked.out.strip()
        made = self.groundplane("create", self.folder / name, *options)
        assert made.code == 0, str(made)
        return self.folder / name


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Carried:
    base = tmp_path_factory.mktemp("bundle")
    site = make_site(base, "production")

    def choose(data: dict[str, object]) -> None:
        data["layers"] = ["bootstrap", "supply"]
        data["images"] = {"layers": ["identity"]}

    site.edit("site.yml", choose)
    assert site.groundplane("secrets", "init").code == 0
    # The store is the test's own; what was downloaded before isn't downloaded again.
    cache = Path(site.env["XDG_CACHE_HOME"]) / "groundplane"
    cache.mkdir(parents=True)
    for name in ("bundle", "tools", "uv"):
        shared = settings().cache / name
        shared.mkdir(parents=True, exist_ok=True)
        (cache / name).symlink_to(shared)
    folder = base / "media"
    folder.mkdir()
    shutil.copy(site.path / "inventory/images_signers", folder / "signers")
    return Carried(site, folder, {})


@pytest.fixture(scope="module")
def old(carried: Carried) -> Path:
    return carried.make("old", "first")


@dataclass(frozen=True, slots=True)
class Node:
    """A machine that has nothing but its loopback, and the folder of bundles."""

    podman: Podman
    name: str

    def run(self, script: str) -> str:
        return self.podman.run("exec", self.name, "bash", "-ec", script, timeout=SECONDS)


@pytest.fixture(scope="module")
def node(carried: Carried) -> Iterator[Node]:
    podman, name = host_podman(), f"gpbundle-{uuid.uuid4().hex[:8]}"
    image = ensure_node_image("trixie", cache=settings().cache)
    podman.run(
        *("run", "--detach", "--privileged", "--systemd=always", "--name", name, "--network", "none", *limit_words()),
        *("--volume", f"{name}:/var/lib/containers", "--volume", f"{carried.folder}:/media:ro", image, "/sbin/init"),
        *(() if has_cgroup_v2() else LEGACY_CGROUP_WORDS),
    )
    try:
        yield Node(podman, name)
    finally:
        podman.run("rm", "--force", "--time", "5", name, timeout=60)
        podman.run("volume", "rm", name)


def test_a_flipped_bit_is_found_and_the_image_named(carried: Carried, old: Path) -> None:
    whole = carried.groundplane("verify", old)
    assert whole.code == 0, str(whole)
    assert whole.seconds < 30
    broken = carried.folder / "broken"
    shutil.copytree(old, broken)
    biggest = max((broken / "images/blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    flip_bit(biggest, 1000)
    for command in ("verify", "load"):
        found = carried.groundplane(command, broken)
        assert found.code == 1, str(found)
        assert biggest.name in found.err
        assert "of the image tool-runtime" in found.err
        assert "nothing of it was used" in found.err
    shutil.rmtree(broken)


def test_a_machine_without_any_network_carries_on_from_the_bundle(carried: Carried, old: Path, node: Node) -> None:
    assert [line.split()[0] for line in node.run("ip -br link").splitlines()] == ["lo"]
    refused = carried.folder / "nobody"
    refused.write_text("", encoding="utf-8")
    assert "somebody who isn't in" in node.run(f"! sh /media/{old.name}/install --signers /media/nobody 2>&1")
    installed = node.run(f"sh /media/{old.name}/install --signers /media/signers 2>&1")
    assert "The bundle is whole" in installed
    assert "Loaded: release 2026.1" in installed
    assert "2.20" in node.run("groundplane runtime build --release 2026.1")
    assert "200" in node.run(
        "python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:8470/debian/dists/trixie/InRelease\").status)'"
    )
    # chrony isn't among what the installer itself installs.
    node.run("mv /etc/apt/sources.list.d/debian.sources /root && apt-get -qq update && apt-get -qq -y install chrony")
    tag = carried.tags["first"]
    node.run(f"groundplane bundle load /media/{old.name} --signers /media/signers --into podman --images-only")
    assert node.run(_run(tag)).strip() == "first"


def test_what_changed_since_travels_alone_and_is_loaded_upon_it(carried: Carried, old: Path, node: Node) -> None:
    new = carried.make("new.tar", "second", "--since", old)
    assert new.stat().st_size < sum(file.stat().st_size for file in old.rglob("*") if file.is_file()) / 5
    checked = carried.groundplane("verify", new, "--base", old)
    assert checked.code == 0, str(checked)
    node.run(f"groundplane bundle load /media/{new.name} --signers /media/signers")
    node.run(f"groundplane bundle load /media/{new.name} --signers /media/signers --into podman --images-only")
    assert node.run(_run(carried.tags["second"])).strip() == "second"


def _run(tag: str) -> str:
    """Nested containers need a cgroup namespace where the kernel has cgroup v1."""
    runtime = host_podman().runtime
    words = ["podman", *(["--runtime", runtime] if runtime else []), "run", "--rm", "--network", "none"]
    words += ["--cgroupns", "private", *limit_words(), f"localhost/groundplane/images/{IMAGE}:{tag}"]
    return " ".join(words)
