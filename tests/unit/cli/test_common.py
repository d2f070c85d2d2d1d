from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.shell_completion import BashComplete

from groundplane.cli.common import console, open_site, parse_extra, short_path, short_place
from groundplane.cli.main import groundplane
from groundplane.errors import InputError, Place

if TYPE_CHECKING:
    from .conftest import Commands


def complete(commands: Commands, words: list[str], incomplete: str) -> list[str]:
    shell = BashComplete(groundplane, {}, "groundplane", "_GROUNDPLANE_COMPLETE")
    found = shell.get_completions(["--site", str(commands.site.path), *words], incomplete)
    return [item.value for item in found]


def test_completion_of_hosts_and_variables(commands: Commands) -> None:
    assert complete(commands, ["inventory", "--host"], "node") == ["node1", "node2", "node3"]
    assert complete(commands, ["explain", "kernel_swappiness"], "node1") == ["node1"]
    assert complete(commands, ["explain"], "kernel_") == ["kernel_swappiness"]


def test_completion_without_a_site_says_nothing(commands: Commands, tmp_path: Path) -> None:
    shell = BashComplete(groundplane, {}, "groundplane", "_GROUNDPLANE_COMPLETE")
    assert shell.get_completions(["--site", str(tmp_path), "explain"], "k") == []


def test_extra_variables_are_yaml() -> None:
    assert parse_extra(("a=1", "b=[x, y]", "c=", "d=x=y")) == {"a": 1, "b": ["x", "y"], "c": "", "d": "x=y"}
    with pytest.raises(click.BadParameter):
        parse_extra(("a-b=1",))


def test_places_are_short_below_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert short_place(Place(tmp_path / "a" / "b.yml", 3)) == "a/b.yml:3"
    assert short_path(Path("/elsewhere/x")) == "/elsewhere/x"
    assert short_place(None) == ""


def test_a_pipe_gets_plain_unwrapped_lines(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("[bold]" + "x" * 300 + "[/]")
    assert capsys.readouterr().out == "x" * 300 + "\n"


def test_secrets_are_opened_where_they_are_needed(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    from groundplane.site.secrets.store import write_plain  # noqa: PLC0415

    password = commands.site.write("../password", "correct horse\n")
    monkeypatch.setenv("GROUNDPLANE_VAULT_PASSWORD_FILE", str(password))
    write_plain(commands.site.path, "token: planted-secret\n", b"correct horse")
    site = open_site(str(commands.site.path), need_secrets=True)
    value = site.variables.value("token", "node1")
    assert value is not None
    assert value.secret
    assert open_site(str(commands.site.path)).variables.value("token", "node1") is None
    password.write_text("wrong\n")
    with pytest.raises(InputError, match="does not open"):
        open_site(str(commands.site.path), need_secrets=True)


@pytest.mark.parametrize(
    ("words", "typed", "offered"),
    [
        (["hosts", "trust"], "node2", "node2"),
        (["plan"], "bootstrap.k", "bootstrap.kernel"),
        (["status"], "boot", "bootstrap"),
        (["logs"], "la", "last"),
        (["cancel"], "la", "last"),
        (["runtime", "show", "--release"], "1999", "1999.1"),
        (["schema"], "rea", "realm"),
    ],
)
def test_names_are_completed_where_they_are_typed(
    commands: Commands, words: list[str], typed: str, offered: str
) -> None:
    from groundplane.run.journal.store import open_journal  # noqa: PLC0415

    open_journal(commands.site.path / ".groundplane", "test").close()
    commands.site.toolkit("releases/1999.1.yml", "{}\n")
    assert offered in complete(commands, words, typed)


def test_completion_makes_no_journal(commands: Commands) -> None:
    assert complete(commands, ["logs"], "") == []
    assert not (commands.site.path / ".groundplane").exists()
