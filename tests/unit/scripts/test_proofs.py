"""A role's scenario is left out only where nothing that it depends on is another than when it passed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.command import ROOT, run
from tests.unit.scripts.loading import load_script

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ROLES = {
    "time": "- name: Set the clock\n  ansible.builtin.command: date\n",
    "docker": "- name: Install it\n  ansible.builtin.apt: {name: git}\n",
    "registry": "- role: docker\n",
    "images": "- ansible.builtin.include_role:\n    name: registry\n",
    "ceph": "dependencies: [{role: time}]\n",
}


@pytest.fixture(scope="module")
def proofs() -> Any:
    return load_script("proofs")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for role, text in ROLES.items():
        scenario = tmp_path / "roles" / role / "molecule/default/molecule.yml"
        scenario.parent.mkdir(parents=True)
        scenario.write_text("---\nplatforms:\n  - name: own\n" if role == "ceph" else "---\nscenario: {}\n")
        (tmp_path / "roles" / role / "tasks.yml").write_text(text)
    for file in ("molecule/prepare.yml", "requirements/dev.txt", "images/ceph/finish", "docs/ceph.md"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(file)
    return tmp_path


@pytest.mark.parametrize(
    ("role", "found"),
    [
        ("docker", ["docker"]),
        ("registry", ["docker", "registry"]),
        ("images", ["docker", "images", "registry"]),
        ("ceph", ["ceph", "time"]),
    ],
)
def test_roles_that_a_role_needs_are_found_through_others(proofs: Any, tree: Path, role: str, found: list[str]) -> None:
    assert list(proofs.roles_of(tree, role)) == found


def test_of_every_scenario_here_what_it_includes_is_found(proofs: Any) -> None:
    needed = {
        "access": "watch",
        "ceph": "time",
        "images": "docker",
        "keycloak": "certificates",
        "registry": "certificates",
    }
    for role, other in needed.items():
        assert other in proofs.roles_of(ROOT, role), role


@pytest.mark.parametrize(
    ("file", "roles"),
    [
        ("roles/docker/tasks.yml", {"docker", "registry", "images"}),
        ("roles/time/tasks.yml", {"time", "ceph"}),
        ("roles/registry/files/unit", {"registry", "images"}),
        ("molecule/prepare.yml", set(ROLES)),
        ("requirements/dev.txt", set(ROLES)),
        ("images/ceph/finish", {"ceph"}),
        ("docs/ceph.md", set()),
        ("molecule/README.md", set()),
    ],
)
def test_a_change_has_those_tested_anew_that_it_may_touch(proofs: Any, tree: Path, file: str, roles: set[str]) -> None:
    before = {role: proofs.digest_of(tree, role) for role in ROLES}
    (tree / file).parent.mkdir(exist_ok=True)
    (tree / file).write_text("another")
    assert {role for role in ROLES if proofs.digest_of(tree, role) != before[role]} == roles


def test_a_file_that_may_be_run_is_another_one(proofs: Any, tree: Path) -> None:
    before = proofs.digest_of(tree, "docker")
    (tree / "roles/docker/tasks.yml").chmod(0o755)
    assert proofs.digest_of(tree, "docker") != before


def test_what_passed_counts_for_the_same_files_and_for_some_days(proofs: Any, tmp_path: Path) -> None:
    kept = tmp_path / "passed"
    assert proofs.passed_on(kept, "time", "a", NOW) is None
    proofs.keep(kept, "time", "a", NOW)
    assert proofs.passed_on(kept, "time", "a", NOW + timedelta(days=6)) == NOW
    assert proofs.passed_on(kept, "time", "b", NOW) is None
    assert proofs.passed_on(kept, "docker", "a", NOW) is None
    assert proofs.passed_on(kept, "time", "a", NOW + timedelta(days=7)) is None
    assert proofs.passed_on(kept, "time", "a", NOW - timedelta(days=1)) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"digest": "a"}', '{"digest": "a", "when": "soon"}'])
def test_a_proof_that_nobody_can_read_is_none(proofs: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "time.json").write_text(text)
    assert proofs.passed_on(tmp_path, "time", "a", NOW) is None


def test_as_scripts_test_calls_it(tmp_path: Path) -> None:
    def call(*words: str) -> tuple[int, str]:
        script: list[str | Path] = [ROOT / "scripts" / "proofs.py", "--kept", tmp_path / "passed", *words]
        done = run(sys.executable, *script, cwd=tmp_path, env={}, timeout=30)
        return done.code, done.out.strip()

    _, digest = call("digest", "time")
    assert call("passed", "time", digest) == (1, "")
    assert call("keep", "time", digest) == (0, "")
    assert call("passed", "time", digest) == (0, f"{datetime.now(UTC):%Y-%m-%d}")
