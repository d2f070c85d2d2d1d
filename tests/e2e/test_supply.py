"""An image on its way: built from packages, locked and signed, pushed, pulled ahead, and run on a host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from tests.e2e.conftest import Lab

pytestmark = pytest.mark.lab

IMAGES = """
images:
  layers: [identity]
"""
STEPS = ("supply.registry", "supply.images", "supply.pull")


@pytest.fixture(scope="module")
def supplied(lab: Lab) -> Lab:
    """The lab's site with the supply layer and the identity layer's image, applied."""
    site_file = lab.site / "site.yml"
    text = site_file.read_text(encoding="utf-8")
    if "supply" not in yaml.safe_load(text)["layers"]:
        site_file.write_text(text.replace("layers: [bootstrap]", "layers: [bootstrap, supply]") + IMAGES)
        made = lab.groundplane("secrets", "init")
        assert made.code == 0, str(made)
        assert (lab.site / "inventory" / "images_signers").is_file()
    built = lab.groundplane("images", "build", timeout=900)
    assert built.code == 0, str(built)
    applied = lab.groundplane("apply", "--yes")
    assert applied.code == 0, str(applied)
    return lab


def locked(lab: Lab) -> dict[str, str]:
    """Image to its digest, as images.lock has it."""
    images = yaml.safe_load((lab.site / "images.lock").read_text(encoding="utf-8"))["images"]
    return {name: entry["digest"] for name, entry in images.items()}


def test_hosts_hold_what_the_lock_says_and_nothing_else(supplied: Lab) -> None:
    verified = supplied.groundplane("images", "verify", "--hosts", "--deep")
    assert verified.code == 0, str(verified)
    checked = supplied.groundplane("verify", "supply")
    assert checked.code == 0, str(checked)
    digest = locked(supplied)["keycloak"]
    held = supplied.on("node1", "docker", "images", "--digests", "--format", "{{.Repository}}@{{.Digest}}").split()
    assert [name for name in held if name.endswith(f"/keycloak@{digest}")] == held
    assert supplied.on("manager", "docker", "images", "--quiet") == ""


def test_a_pulled_image_runs(supplied: Lab) -> None:
    name = supplied.on("node2", "docker", "images", "--digests", "--format", "{{.Repository}}@{{.Digest}}").split()[0]
    said = supplied.on("node2", "docker", "run", "--rm", "--network", "none", name, "--version")
    assert "Keycloak" in said


def test_nothing_is_left_to_do(supplied: Lab) -> None:
    plan, steps = supplied.plan("supply")
    assert steps == {}, str(plan)
    again = supplied.groundplane("images", "build", "--json")
    assert again.code == 0, str(again)
    assert again.seconds < 10
    assert [json.loads(line) for line in again.out.splitlines()][-1]["built"] == 0


def test_a_host_that_lost_its_image_gets_it_back_and_no_other_host_is_touched(supplied: Lab) -> None:
    image = supplied.on("node3", "docker", "images", "--quiet").split()[0]
    supplied.on("node3", "docker", "rmi", "--force", image)
    _plan, steps = supplied.plan("supply")
    assert steps == {"supply.pull": ["node3"]}
    verified = supplied.groundplane("images", "verify", "--hosts")
    assert verified.code == 1, str(verified)
    assert "node3" in verified.out
    assert "keycloak" in verified.out
    repaired = supplied.groundplane("apply", "supply", "--yes")
    assert repaired.code == 0, str(repaired)
    assert supplied.groundplane("images", "verify", "--hosts").code == 0


def test_a_lock_that_somebody_touched_stops_what_reads_it(supplied: Lab) -> None:
    lock = supplied.site / "images.lock"
    text = lock.read_text(encoding="utf-8")
    digest = locked(supplied)["keycloak"]
    try:
        lock.write_text(text.replace(digest, "sha256:" + "0" * 64), encoding="utf-8")
        refused = supplied.groundplane("apply", "supply", "--yes")
        assert refused.code == 2, str(refused)
        assert "images.lock" in refused.err
    finally:
        lock.write_text(text, encoding="utf-8")
