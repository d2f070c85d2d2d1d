"""groundplane alone: what it says, and that it says something in every state of a folder."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from groundplane.cli.main import groundplane
from groundplane.run.events import RunState, WorkState
from tests.unit.lab.small_lab import small_lab
from tests.unit.overview.conftest import Looked, begin, looked, receipt, site_folder

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

__all__ = ["looked", "site_folder"]


@pytest.fixture(autouse=True)
def places(looked: Looked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("groundplane.content.toolkit_content", lambda: looked.site.content)
    monkeypatch.setenv("GROUNDPLANE_VAULT_PASSWORD_FILE", str(looked.password))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config-home"))
    monkeypatch.delenv("GROUNDPLANE_SITE", raising=False)


def alone(*words: str) -> Result:
    return CliRunner().invoke(groundplane, list(words), catch_exceptions=False)


def in_site(looked: Looked, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.chdir(looked.site.path)
    return alone(*words)


def test_a_fresh_site(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    done = in_site(looked, monkeypatch)
    assert done.exit_code == 0
    assert f"Site test, release 2026.1, {looked.site.path}" in done.output
    assert "never applied" in done.output
    assert "Nothing has been run yet." in done.output
    assert "→ groundplane hosts trust" in done.output


def test_after_a_run_that_failed(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = looked.journal()
    begin(journal, "r-1", {"bootstrap.kernel": WorkState.FAILED}, state=RunState.FAILED)
    journal.save_receipts([receipt("bootstrap.kernel", "node2")])
    journal.close()
    out = in_site(looked, monkeypatch).output
    assert "Last run: r-1 apply failed, " in out
    assert "✘ bootstrap.kernel on node1 at 'Start [it]': no room" in out
    assert "groundplane logs r-1 bootstrap.kernel --host node1" in out


def test_mistakes_name_file_and_line(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    looked.site.replace("site.yml", "domain:", "domian:")
    done = in_site(looked, monkeypatch)
    assert done.exit_code == 0
    assert "site.yml:3: the key 'domian' is unknown" in done.output
    assert "→ groundplane validate" in done.output


def test_a_vault_password_that_is_gone(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked.password is not None
    looked.password.unlink()
    out = in_site(looked, monkeypatch).output
    assert f"Secrets locked: The vault password file {looked.password} is not there" in out
    assert "→ groundplane secrets unlock" in out


def test_a_site_that_was_named(looked: Looked) -> None:
    assert f"→ groundplane -C {looked.site.path} hosts trust" in alone("-C", str(looked.site.path)).output


def test_json_has_the_same(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.loads(in_site(looked, monkeypatch, "--json").output)
    assert data["site"] == {"name": "test", "release": "2026.1", "path": str(looked.site.path)}
    assert data["layers"]["bootstrap"]["steps"] == {"kernel": "never applied"}
    assert data["valid"] is True
    assert data["next"]["command"] == "groundplane hosts trust"


def test_json_of_a_command_goes_behind_it(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    done = in_site(looked, monkeypatch, "--json", "plan")
    assert done.exit_code == 2
    assert "groundplane plan --json" in done.output


def test_no_site_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    done = alone()
    assert done.exit_code == 0
    for words in ("There is no site here", "groundplane init DIR", "groundplane lab up", "_GROUNDPLANE_COMPLETE"):
        assert words in done.output
    assert "Carry out a plan" in done.output
    assert json.loads(alone("--json").output)["next"]["command"] == "groundplane init DIR"


def test_no_site_here_and_a_lab_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = tmp_path / "state-home" / "groundplane" / "labs" / "tiny"
    lab.mkdir(parents=True)
    (lab / "lab.json").write_text(small_lab().model_dump_json())
    monkeypatch.chdir(tmp_path)
    assert f"groundplane -C {lab / 'site'}" in alone().output


def test_a_named_folder_that_is_no_site_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(groundplane, ["-C", str(tmp_path)])
    assert "is not a site" in str(done.exception)


def test_the_completion_that_is_offered_is_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "groundplane"],
        env={"_GROUNDPLANE_COMPLETE": "bash_source", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "complete" in done.stdout


def test_nothing_heavy_is_loaded_where_it_was_worked_out_before(
    looked: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = looked.journal()
    begin(journal, "r-1", {"bootstrap.kernel": WorkState.DONE})
    journal.close()
    in_site(looked, monkeypatch)
    program = (
        "import sys, groundplane.content\n"
        "from pathlib import Path\n"
        f"content = groundplane.content.Content(Path({str(looked.site.content.root)!r}))\n"
        "groundplane.content.toolkit_content = lambda: content\n"
        "from groundplane.cli.main import groundplane\n"
        "groundplane.main([], standalone_mode=False)\n"
        "print([name for name in ('sqlalchemy', 'pydantic', 'ansible_runner', 'openstack') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]", done.stdout
