"""What the files say, and when it has to be worked out anew."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from groundplane.layers.loading import load_graph
from groundplane.overview.judgement import FILE, Judgement, files_key, judge, keep, kept
from groundplane.overview.model import Problem
from groundplane.plan.fingerprint import Fingerprinter

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.overview.conftest import Looked

SECRETS = {"groundplane_fingerprint_key": "ab" * 32}


def test_digests_are_the_planners(looked: Looked) -> None:
    found = judge(looked.site.path, looked.site.content, SECRETS)
    site = looked.site.load(secrets=SECRETS)
    fingerprinter = Fingerprinter(site, load_graph(site))
    assert found.problems == ()
    assert (found.name, found.release, found.layers, found.compared) == ("test", "2026.1", ("bootstrap",), True)
    assert found.steps == {
        "bootstrap.kernel": {
            host: fingerprinter.of_host(host, ["bootstrap.kernel"])["bootstrap.kernel"].digest
            for host in ("node1", "node2", "node3")
        }
    }


def test_without_secrets_nothing_is_compared(looked: Looked) -> None:
    found = judge(looked.site.path, looked.site.content, None)
    assert found.steps == {"bootstrap.kernel": {"node1": "", "node2": "", "node3": ""}}
    assert not found.compared
    assert "secrets are closed" in found.not_compared


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("site.yml", "name: [", "YAML"),
        ("site.yml", "", "is empty"),
        ("site.yml", "- a\n- b\n", ""),
        ("site.yml", "name: test\nlayers: [bootstrap, 3]\nrelease: '1999.9'\n", ""),
        ("site.yml", "\x00\x01", ""),
        ("inventory/hosts.yml", "all: [", "YAML"),
        ("inventory/hosts.yml", "all: {children: {control: {hosts: {node1: {host_number: 700}}}}}", ""),
        ("layers.yml", "layers: {bootstrap: 3}", ""),
        ("environments/bootstrap/configuration.yml", "kernel_mode: [", ""),
    ],
)
def test_whatever_is_broken_is_told(looked: Looked, name: str, text: str, told: str) -> None:
    looked.site.write(name, text)
    found = judge(looked.site.path, looked.site.content, SECRETS)
    assert found.problems, found
    assert any(told in problem.what and problem.file for problem in found.problems), found.problems


def test_a_site_file_with_mistakes_still_has_a_name(looked: Looked) -> None:
    looked.site.replace("site.yml", 'release: "2026.1"', "release: nonsense")
    found = judge(looked.site.path, looked.site.content, None)
    assert (found.name, found.release) == ("test", "nonsense")


def test_hosts_whose_keys_are_not_pinned(looked: Looked) -> None:
    assert judge(looked.site.path, looked.site.content, None).unpinned == ("node1", "node2", "node3")
    key = "AAAAC3NzaC1lZDI1NTE5AAAAIJ4OWMTdTgVkMOmfMRr2oXqL1VOFhb0nQvGkF9i9y6fT"
    looked.site.write("inventory/known_hosts", f"172.31.0.12 ssh-ed25519 {key}\n")
    assert judge(looked.site.path, looked.site.content, None).unpinned == ("node1", "node3")


def test_where_the_password_comes_from(looked: Looked) -> None:
    def place() -> str:
        return judge(looked.site.path, looked.site.content, None).password

    assert place() == "agent"
    looked.site.write("site.yml", (looked.site.path / "site.yml").read_text() + "vault: {password_file: here}\n")
    assert place() == f"file:{looked.site.path / 'here'}"
    looked.site.replace("site.yml", "password_file: here", "password_command: [pass, cloud]")
    assert place() == "command:pass"


def test_kept_and_found_again(tmp_path: Path) -> None:
    found = Judgement(
        "test", "2026.1", ("a",), (Problem("bad", "mend", "/x", 3),), {"a.one": {"node1": "d"}}, unpinned=("node1",)
    )
    keep(tmp_path / "none", "k", found)
    assert not (tmp_path / "none").exists()
    keep(tmp_path, "k", found)
    assert kept(tmp_path, "k") == found
    assert kept(tmp_path, "other") is None
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"format": 1, "key": "k"}', '{"format": 99, "key": "k"}'])
def test_what_is_damaged_counts_as_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert kept(tmp_path, "k") is None


def test_fields_of_another_version_count_as_nothing(tmp_path: Path) -> None:
    keep(tmp_path, "k", Judgement("test"))
    data = json.loads((tmp_path / FILE).read_text())
    data["judgement"]["of_tomorrow"] = 1
    (tmp_path / FILE).write_text(json.dumps(data))
    assert kept(tmp_path, "k") is None


def test_every_file_counts_and_state_does_not(looked: Looked) -> None:
    def key() -> str:
        return files_key(looked.site.path, looked.site.content)

    before = key()
    looked.site.write(".groundplane/journal.sqlite", "x")
    looked.site.write(".git/index", "x")
    assert key() == before
    seen = {before}
    looked.site.write("environments/bootstrap/configuration.yml", "kernel_mode: harsh\n")
    seen.add(key())
    looked.site.toolkit("roles/kernel/tasks/main.yml", "- debug:\n")
    seen.add(key())
    # As long as before, and another time.
    os.utime(looked.site.path / "site.yml", ns=(1, 1))
    seen.add(key())
    (looked.site.path / "dangling").symlink_to("nowhere")
    (looked.site.path / "circle").symlink_to(looked.site.path)
    shared = looked.home / "shared"
    shared.mkdir()
    (looked.site.path / "environments" / "shared").symlink_to(shared)
    (shared / "configuration.yml").write_text("a: 1\n")
    seen.add(key())
    assert len(seen) == 5
