"""What a closed network's hosts will ask apt for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from groundplane.content import toolkit_content
from groundplane.supply.bundle.wanted_packages import role_packages, wanted_packages

if TYPE_CHECKING:
    from pathlib import Path

ROLES = toolkit_content().roles


def make_role(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name / "main.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_names_are_found_wherever_a_role_keeps_them(tmp_path: Path) -> None:
    role = make_role(
        tmp_path / "role",
        tasks=(
            "- ansible.builtin.apt: {name: alone}\n"
            "- block:\n    - ansible.builtin.apt:\n        name: [listed, '{{ role_listed }}']\n"
            "- ansible.builtin.apt: {name: '{{ role_base + role_chosen }}'}\n"
            "- ansible.builtin.apt: {name: gone, state: absent}\n"
        ),
        defaults="role_base: [base-one, base-two]\nrole_listed: [deep]\nrole_absent: [never]\n",
        vars="role_chosen: \"{{ ['a1', 'a2'] if x == 'y' else role_base + ['b1'] }}\"\nother: !unsafe '{{.Id}}'\n",
    )
    assert role_packages(role) == {"alone", "listed", "deep", "base-one", "base-two", "a1", "a2", "b1"}


def test_a_sites_own_packages_count(tmp_path: Path) -> None:
    role = make_role(
        tmp_path / "role",
        tasks="- ansible.builtin.apt: {name: '{{ (packages_base + packages_extra) | reject(packages_absent) }}'}\n",
        defaults="packages_base: [one]\npackages_extra: []\npackages_absent: []\n",
    )
    assert role_packages(role, {"packages_extra": [["two"], ["three"]]}) == {"one", "two", "three"}


def test_variables_that_name_each_other_come_to_an_end(tmp_path: Path) -> None:
    role = make_role(
        tmp_path / "role", tasks="- ansible.builtin.apt: {name: '{{ a }}'}\n", defaults="a: '{{ b }}'\nb: '{{ a }}'\n"
    )
    assert role_packages(role) == set()


def test_every_package_that_our_roles_install_is_among_them() -> None:
    wanted = set(wanted_packages(ROLES, "trixie"))
    assert {
        "docker.io",
        "docker-cli",
        "chrony",
        "nftables",
        "python3-apt",
        "auditd",
        "locales",
        "intel-microcode",
    } <= wanted
    assert {"podman", "skopeo", "python3-venv", "openssh-client"} <= wanted
    for file in ROLES.glob("*/tasks/*.yml"):
        text = file.read_text(encoding="utf-8")
        for name in re.findall(r"ansible\.builtin\.apt:\n\s+name: ([a-z0-9][a-z0-9.+-]+)\n", text):
            assert name in wanted, file


def test_a_package_that_a_suite_lacks_is_left_out() -> None:
    assert "docker-cli" not in wanted_packages(ROLES, "bookworm")
    assert "docker.io" in wanted_packages(ROLES, "bookworm")
