"""What docs/quickstart.md says to type where no lab is needed; tests/e2e/test_quickstart.py types the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.command import ROOT, clean_environment
from tests.quickstart import AWAY, CLONE, NO_HOST, TESTED, in_a_shell, script, sections, typed

if TYPE_CHECKING:
    from pathlib import Path


def test_every_section_is_typed_by_a_test() -> None:
    assert set(sections()) == TESTED


def test_a_clone_has_the_command_that_comes_next(tmp_path: Path) -> None:
    # The lab itself is made by the tests' fixtures, from nothing and by the same command.
    *clone, lab = typed(script(CLONE))
    assert lab == "./scripts/lab"
    text = "\n".join(clone).replace("REPOSITORY", str(ROOT))
    answer = in_a_shell(f"{text}\ntest -x {lab}", folder=tmp_path, env=clean_environment(tmp_path))
    assert answer.code == 0, str(answer)


def test_what_is_taken_away_is_the_lab_alone() -> None:
    # Tests end with it, too: tests/e2e/conftest.py.
    assert list(typed(script(AWAY))) == ["groundplane lab down --yes"]


def test_a_site_without_hosts(tmp_path: Path) -> None:
    answer = in_a_shell(script(NO_HOST), folder=tmp_path, env=clean_environment(tmp_path))
    assert answer.code == 0, str(answer)
    site = tmp_path / "mycloud"
    assert (site / "secrets.yml").read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")
    assert (tmp_path / "mycloud.password").stat().st_mode & 0o077 == 0
    assert "inventory/group_vars/all.yml" in answer.out, "explain says where"
    whole, limited = re.split(r"(?=^\+ groundplane plan)", answer.err, flags=re.MULTILINE)[1:]
    assert "--limit control" in limited
    assert "--no-probe" in whole
    for word in ("bootstrap.kernel", "openstack.keystone", "identity.keycloak", "control1"):
        assert word in answer.out, str(answer)
