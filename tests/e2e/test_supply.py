"""An image on its way: built from packages, locked and signed, pushed, pulled ahead, and run on a host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.command import quick

if TYPE_CHECKING:
    from tests.e2e.conftest import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def supplied(supplied: Lab) -> Lab:
    """The lab's site with the identity layer's image, too."""
    site_file = supplied.site / "site.yml"
    text = site_file.read_text(encoding="utf-8")
    if "identity" not in yaml.safe_load(text)["images"]["layers"]:
        site_file.write_text(text.replace("  layers: [ceph]", "  layers: [ceph, identity]"), encoding="utf-8")
    built = supplied.groundplane("images", "build", timeout=900)
    assert built.code == 0, str(built)
    applied = supplied.groundplane("apply", "supply", "--yes")
    assert applied.code == 0, str(applied)
    return supplied


def locked(lab: Lab) -> dict[str, str]:
    """Image to its digest, as images.lock has it."""
    images = yaml.safe_load((lab.site / "images.lock").read_text(encoding="utf-8"))["images"]
    return {name: entry["digest"] for name, entry in images.items()}


def held(lab: Lab, host: str) -> dict[str, str]:
    """IMAGE@DIGEST to the whole reference, of all that the host's Docker has."""
    names = lab.on(host, "docker", "images", "--digests", "--format", "{{.Repository}}@{{.Digest}}").split()
    return {name.rpartition("/")[2]: name for name in names}


def keycloak(lab: Lab) -> str:
    return f"keycloak@{locked(lab)['keycloak']}"


def test_hosts_hold_what_the_lock_says_and_nothing_else(supplied: Lab) -> None:
    verified = supplied.groundplane("images", "verify", "--hosts", "--deep")
    assert verified.code == 0, str(verified)
    checked = supplied.groundplane("verify", "supply")
    assert checked.code == 0, str(checked)
    assert set(held(supplied, "node1")) == {f"{name}@{digest}" for name, digest in locked(supplied).items()}
    assert supplied.on("manager", "docker", "images", "--quiet") == ""


def test_a_pulled_image_runs(supplied: Lab) -> None:
    name = held(supplied, "node2")[keycloak(supplied)]
    said = supplied.on("node2", "docker", "run", "--rm", "--network", "none", name, "--version")
    assert "Keycloak" in said


@pytest.mark.path
def test_nothing_is_left_to_do(supplied: Lab) -> None:
    plan, steps = supplied.plan("supply")
    assert steps == {}, str(plan)
    again = supplied.groundplane("images", "build", "--json")
    assert again.code == 0, str(again)
    quick(again, 10)
    assert [json.loads(line) for line in again.out.splitlines()][-1]["built"] == 0


def test_a_host_that_lost_its_image_gets_it_back_and_no_other_host_is_touched(supplied: Lab) -> None:
    image = held(supplied, "node3")[keycloak(supplied)]
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


@pytest.mark.path
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
