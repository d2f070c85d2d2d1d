from __future__ import annotations

import errno
import json
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from rich.console import Console

from groundplane.cli import main as main_module
from groundplane.cli.show_error import error_as_json, show_error, system_error, usage_error
from groundplane.errors import InputError, LockedError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    Called = Callable[..., tuple[int, str, str]]

PROBLEM = Problem("the key 'netwroks' is unknown", "Did you mean 'networks'?", Place(Path("/site/site.yml"), 3))


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    """Calls as a shell does: exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["groundplane", *words])
        with pytest.raises(SystemExit) as caught:
            main_module.main()
        told = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, told.out, told.err

    return call


def test_what_where_why_and_what_next() -> None:
    out = Console(file=StringIO(), force_terminal=True, width=50, color_system=None, highlight=False)
    error = InputError("The site can't be read", why="it is broken", cure="Mend it.", problems=(PROBLEM,))
    show_error(error, out)
    assert isinstance(out.file, StringIO)
    assert out.file.getvalue().splitlines() == [
        "Error: The site can't be read",
        "  why: it is broken",
        "  /site/site.yml:3: the key 'netwroks' is unknown",
        "    → Did you mean 'networks'?",
        "  → Mend it.",
    ]


def test_programs_get_the_same() -> None:
    data = json.loads(error_as_json(InputError("Broken", why="so", cure="mend", problems=(PROBLEM,))))
    assert (data["kind"], data["exit_code"], data["what"], data["why"], data["cure"]) == (
        "error",
        2,
        "Broken",
        "so",
        "mend",
    )
    assert data["problems"][0]["line"] == 3
    assert json.loads(error_as_json(LockedError("Locked", place=Place(Path("/x"), 1))))["exit_code"] == 3


def test_wrong_words_are_told_as_all_errors_are(called: Called) -> None:
    code, out, err = called("plan", "--forse")
    assert (code, out) == (2, "")
    assert err == "Error: There is no option --forse\n  → Did you mean --force? groundplane plan --help says more.\n"
    assert called("plan", "-C", "x")[2] == (
        "Error: There is no option -C\n"
        "  → It belongs before the command: groundplane -C FOLDER plan. groundplane plan --help says more.\n"
    )
    assert called("plna")[2] == (
        "Error: There is no command 'plna'. Did you mean 'plan'?\n  → groundplane --help says more.\n"
    )


def test_json_ends_with_the_error(called: Called, tmp_path: Path) -> None:
    code, out, err = called("--site", str(tmp_path), "runs", "--json")
    assert code == 2
    assert "is not a site" in err
    assert json.loads(out.splitlines()[-1])["exit_code"] == 2


def test_a_group_alone_shows_its_help(called: Called) -> None:
    code, out, err = called("ceph", "osd")
    assert (code, out) == (2, "")
    assert err.startswith("Usage: groundplane ceph osd")
    assert "Error" not in err


def test_what_the_system_refuses_is_no_traceback(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/x")

    monkeypatch.setattr(main_module.groundplane, "main", full)
    code, _, err = called("runs")
    assert code == 1
    assert "/var/lib/x: No space left on device" in err
    assert "Traceback" not in err
    assert system_error(OSError("odd")).what == "odd"


def test_an_error_without_a_context_has_no_command() -> None:
    assert usage_error(click.ClickException("Odd.")).what == "Odd"


def test_a_locale_without_arrows_gets_question_marks(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = TextIOWrapper(BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", narrow)
    assert called("lab", "list")[0] == 0
    narrow.write("→")
    assert isinstance(narrow.buffer, BytesIO)
    assert narrow.buffer.getvalue().endswith(b"?")
