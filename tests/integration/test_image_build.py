"""Tiny images built by the real podman into a real store: what is built when, and what a kill leaves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.machine.podman import Podman, host_podman
from groundplane.supply.build import ImageState, builder
from groundplane.supply.records import log_path, read_record, sbom_path
from groundplane.supply.store import StoreFiles, collect_garbage, open_store, store_root
from tests.command import ROOT
from tests.integration.image_builds import build

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(shutil.which("podman") is None or os.geteuid() != 0, reason="builds images as root"),
    pytest.mark.timeout(300),
]

PREFIX = "gpbuildtest"
BASE: dict[str, Any] = {"name": f"{PREFIX}-base", "parent": None, "run": "RUN echo base > /base"}
LEFT: dict[str, Any] = {"name": f"{PREFIX}-left", "parent": BASE["name"], "run": "RUN echo left > /left"}
RIGHT: dict[str, Any] = {"name": f"{PREFIX}-right", "parent": BASE["name"], "run": "RUN echo right > /right"}
ALL = [BASE, LEFT, RIGHT]


def changed(described: dict[str, Any], run: str) -> dict[str, Any]:
    return {**described, "run": run}


def run_podman(*words: str) -> str:
    return host_podman().run(*words)


def our_images() -> list[str]:
    found = host_podman().list_images(f"localhost/groundplane/*/{PREFIX}-*")
    return [name for entry in found for name in entry["Names"] if f"/{PREFIX}-" in name]


def working_containers() -> str:
    names = run_podman("ps", "--all", "--external", "--format", "{{.Names}}").split()
    return " ".join(name for name in names if name.startswith(PREFIX))


@pytest.fixture(scope="module", autouse=True)
def _clean() -> Iterator[None]:
    yield
    names = our_images()
    if names:
        run_podman("rmi", "--force", *names)


@dataclass
class Machine:
    """A cache of its own; podman's storage is this machine's."""

    cache: Path
    folder: Path

    def states(self, *described: dict[str, Any]) -> dict[str, str]:
        result = build(self.cache, described)
        return {image.name.removeprefix(f"{PREFIX}-"): image.state.value for image in result.images}

    def start(self, *described: dict[str, Any]) -> subprocess.Popen[str]:
        file = self.folder / "recipes.json"
        file.write_text(json.dumps(described))
        words = [sys.executable, "-m", "tests.integration.image_builds", str(self.cache), str(file)]
        return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def wait_for(self, process: subprocess.Popen[str], *lines: str) -> None:
        """Until it has said all of these, in whatever order."""
        assert process.stdout is not None
        missing = set(lines)
        for said in process.stdout:
            missing.discard(said.strip())
            if not missing:
                return
        pytest.fail(f"never said: {missing}")

    def work(self) -> list[Path]:
        return list((self.cache / "images/work").iterdir())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name in our_images():
        run_podman("rmi", "--force", name)
    return Machine(tmp_path / "cache", tmp_path)


def test_images_are_built_once_and_rebuilt_where_something_changed(machine: Machine) -> None:
    start = time.monotonic()
    assert machine.states(*ALL) == {"base": "built", "left": "built", "right": "built"}
    took = time.monotonic() - start
    start = time.monotonic()
    assert machine.states(*ALL) == {"base": "up_to_date", "left": "up_to_date", "right": "up_to_date"}
    # Compared with each other, because something else may be at work on the machine.
    assert time.monotonic() - start < took / 2
    other_left = changed(LEFT, "RUN echo other > /left")
    assert machine.states(BASE, other_left, RIGHT) == {"base": "up_to_date", "left": "built", "right": "up_to_date"}
    other_base = changed(BASE, "RUN echo other > /base")
    assert machine.states(other_base, LEFT, RIGHT) == {"base": "built", "left": "built", "right": "built"}
    assert machine.work() == []


def test_an_image_leaves_a_record_a_bill_of_materials_and_shares_its_parents_layers(machine: Machine) -> None:
    result = build(machine.cache, ALL)
    records = result.records
    left, base = records[LEFT["name"]], records[BASE["name"]]
    assert read_record(machine.cache, left.name, left.tag) == left
    assert any(package.name == "bash" for package in left.debian)
    assert json.loads(sbom_path(machine.cache, left.name, left.tag).read_text())["bomFormat"] == "CycloneDX"
    assert "STEP 2/" in log_path(machine.cache, left.name, left.tag).read_text()
    files = StoreFiles(store_root(machine.cache))
    layers = {}
    for record in (left, base):
        manifest = files.json_blob(record.digest)
        assert manifest is not None
        layers[record.name] = [layer["digest"] for layer in manifest["layers"]]
        # Debian 12's Docker unpacks nothing newer.
        assert all(layer["mediaType"].endswith("tar+gzip") for layer in manifest["layers"])
        assert manifest["config"]["digest"] == record.image_id
    assert layers[left.name][:-1] == layers[base.name]


def test_a_store_emptied_by_hand_is_filled_again_without_building(machine: Machine) -> None:
    machine.states(*ALL)
    before = {path: path.stat().st_mtime_ns for path in (machine.cache / "images/logs").iterdir()}
    shutil.rmtree(store_root(machine.cache))
    assert machine.states(*ALL) == {"base": "built", "left": "built", "right": "built"}
    assert {path: path.stat().st_mtime_ns for path in (machine.cache / "images/logs").iterdir()} == before


def test_a_parent_that_podman_lost_comes_back_from_the_store(machine: Machine) -> None:
    machine.states(*ALL)
    run_podman("rmi", "--force", *our_images())
    assert machine.states(BASE, changed(LEFT, "RUN echo new > /left"), RIGHT)["left"] == "built"
    assert [name for name in our_images() if BASE["name"] in name]


def test_a_failed_image_holds_back_its_children_and_says_why(machine: Machine) -> None:
    broken = changed(LEFT, "RUN echo working on it\nRUN echo the compiler is missing >&2; exit 3")
    child = {"name": f"{PREFIX}-child", "parent": LEFT["name"], "run": "RUN true"}
    result = build(machine.cache, [BASE, broken, child, RIGHT])
    assert [image.state.value for image in result.images] == ["built", "failed", "held_back", "built"]
    with pytest.raises(FailedError) as caught:
        result.raise_unless_done()
    assert "step 3 of" in caught.value.why
    assert "the compiler is missing" in caught.value.why
    assert "working on it" not in caught.value.why
    assert str(machine.cache / "images/logs") in caught.value.cure
    assert working_containers() == ""
    assert not [name for name in our_images() if f"{PREFIX}-left" in name]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_build_leaves_nothing_and_the_next_goes_on(machine: Machine, how: signal.Signals) -> None:
    process = machine.start(BASE, changed(LEFT, "RUN sleep 97"), RIGHT)
    machine.wait_for(process, f"image_step {LEFT['name']} 2", f"image_stored {BASE['name']}")
    process.send_signal(how)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 4
    assert "The build was stopped" in said
    assert working_containers() == ""
    assert machine.work() == []
    assert subprocess.run(["pgrep", "-fx", "sleep 97"], check=False, capture_output=True).stdout == b""
    assert not [name for name in our_images() if f"{PREFIX}-left" in name]
    assert machine.states(*ALL)["base"] == "up_to_date"


def test_a_killed_build_ends_with_its_command_and_the_next_clears_up(machine: Machine) -> None:
    process = machine.start(BASE, changed(LEFT, "RUN sleep 98"), RIGHT)
    machine.wait_for(process, f"image_step {LEFT['name']} 2", f"image_stored {BASE['name']}")
    process.kill()
    process.communicate()
    end = time.monotonic() + 5
    while subprocess.run(["pgrep", "-fx", "sleep 98"], check=False, capture_output=True).stdout:
        assert time.monotonic() < end, "the build goes on although its command is dead"
        time.sleep(0.1)
    assert working_containers() != ""
    assert len(machine.work()) == 1
    time.sleep(5)
    assert machine.states(*ALL)["base"] == "up_to_date"
    assert working_containers() == ""
    assert machine.work() == []


def test_two_commands_at_once_build_an_image_once(machine: Machine) -> None:
    slow = changed(LEFT, "RUN sleep 2; date +%N > /when")
    one, two = machine.start(BASE, slow), machine.start(BASE, slow, RIGHT)
    for process in (one, two):
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    records = list((machine.cache / "images/records").iterdir())
    assert len(records) == 3


def test_what_is_removed_from_the_store_frees_its_layers(machine: Machine) -> None:
    result = build(machine.cache, [BASE, changed(LEFT, "RUN head -c 3000000 /dev/urandom > /left"), RIGHT])
    left = result.records[LEFT["name"]]
    with open_store(cache=machine.cache, podman=host_podman()) as store:
        store.remove(left.name, left.digest)
    assert collect_garbage(cache=machine.cache, podman=host_podman()) > 2_900_000
    files = StoreFiles(store_root(machine.cache))
    assert not files.has_digest(left.name, left.digest)
    assert files.has_digest(BASE["name"], result.records[BASE["name"]].digest)
    assert machine.states(*ALL)["right"] == "up_to_date"


@dataclass(frozen=True, slots=True)
class SmallPodman(Podman):
    """podman with a storage of its own."""

    storage: Path = Path()

    def words(self, *words: str) -> list[str]:
        first, *rest = Podman.words(self, *words)
        return [first, "--root", str(self.storage / "root"), "--runroot", str(self.storage / "run"), *rest]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    # podman wants its folder's name to be short.
    folder = Path(tempfile.mkdtemp(prefix="gp-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600m", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--recursive", "--lazy", str(folder)], check=True)
        folder.rmdir()


def test_a_disk_that_fills_up_during_a_build_is_named(
    machine: Machine, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from groundplane.machine.base_image import base_image_name  # noqa: PLC0415

    podman = SmallPodman(host_podman().runtime, small_disk)
    tar = machine.folder / "base.tar"
    run_podman("save", "--quiet", "--output", str(tar), base_image_name("trixie"))
    podman.run("load", "--quiet", "--input", str(tar), timeout=120)
    monkeypatch.setattr(builder, "check_space", lambda *_args, **_more: None)
    result = build(machine.cache, [changed(BASE, "RUN head -c 900000000 /dev/zero > /big"), LEFT], podman=podman)
    assert [image.state for image in result.images] == [ImageState.FAILED, ImageState.HELD_BACK]
    with pytest.raises(FailedError, match="base was not built") as caught:
        result.raise_unless_done()
    assert "the disk is full" in caught.value.why
    assert "No space left on device" in caught.value.why
    assert "images prune" in caught.value.cure


def test_a_store_that_fills_up_is_named(small_disk: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "check_space", lambda *_args, **_more: None)
    with (small_disk / "ballast").open("wb") as ballast:
        ballast.truncate(0)
        os.posix_fallocate(ballast.fileno(), 0, 580_000_000)
    cache = small_disk / "cache"
    result = build(cache, [changed(BASE, "RUN head -c 90000000 /dev/urandom > /big")])
    assert [image.state for image in result.images] == [ImageState.FAILED]
    with pytest.raises(FailedError) as caught:
        result.raise_unless_done()
    assert "the disk is full" in caught.value.why
    (small_disk / "ballast").unlink()
    assert build(cache, [changed(BASE, "RUN head -c 90000000 /dev/urandom > /big")]).of(ImageState.BUILT)


def test_a_log_that_finds_no_room_ends_its_build(
    small_disk: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "check_space", lambda *_args, **_more: None)
    with (small_disk / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, 625_000_000)
    result = build(small_disk / "cache", [changed(BASE, "RUN yes | head -c 20000000")])
    with pytest.raises(FailedError) as caught:
        result.raise_unless_done()
    assert "the disk is full" in caught.value.why
    assert working_containers() == ""
