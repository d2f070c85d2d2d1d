"""Pictures of a terminal: what was written to it, as it stood there at the end."""

from __future__ import annotations

import io
import os
import re
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from rich.live import Live
from rich.text import Text

from groundplane.run.redaction import Redactor
from groundplane.site.secrets.vault_format import encrypt
from tests.unit.scripts.loading import load_script

if TYPE_CHECKING:
    from pathlib import Path

SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def pictures() -> Any:
    return load_script("terminal_pictures")


def after(pictures: Any, *written: str, columns: int = 20) -> Any:
    screen = pictures.Screen(columns)
    for text in written:
        screen.write(text)
    return screen


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("one\r\ntwo\r\n\r\n", ["one", "two"]),
        ("  10 %\r 100 %\r\n", [" 100 %"]),
        ("one\r\ntwo\x1b[1A\r\x1b[2Kthree\x1b[1B\r\x1b[Kfour", ["three", "four"]),
        ("one\r\ntwo\r\nthree\x1b[2A\r\x1b[Jend", ["end"]),
        ("\x1b[?25lhidden\x1b[?25h \x1b]8;;https://x.test\x1b\\link\x1b]8;;\x1b\\", ["hidden link"]),
        ("a" * 25, ["a" * 20, "a" * 5]),
        ("a" * 20 + "\r\nb", ["a" * 20, "b"]),
        ("\u6f22\u5b57|", ["\u6f22\u5b57|"]),
        ("a\tb", ["a       b"]),
    ],
)
def test_what_stands_there_at_the_end(pictures: Any, written: str, lines: list[str]) -> None:
    assert after(pictures, written).text() == lines


def test_colours_stay_with_their_words(pictures: Any) -> None:
    screen = after(pictures, "\x1b[1;31mFAILED\x1b[0m here\r\n\x1b[2mdim\x1b[0m")
    assert screen.ansi() == ["\x1b[1;31mFAILED\x1b[0m here", "\x1b[2mdim\x1b[0m"]


def test_of_rich_s_progress_only_its_last_state_is_left(pictures: Any) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=40, height=20, legacy_windows=False)
    with Live(console=console, auto_refresh=False) as live:
        for done in range(3):
            live.update(Text(f"step {done}\nof 2"), refresh=True)
        live.console.print("above")
    console.print("[green]done[/]")
    assert after(pictures, out.getvalue().replace("\n", "\r\n"), columns=40).text() == [
        "above",
        "step 2",
        "of 2",
        "done",
    ]


def test_a_picture_has_the_command_and_its_colours_and_loads_nothing(pictures: Any) -> None:
    svg = pictures.draw(["groundplane", "plan"], ["\x1b[31mdrift\x1b[0m of <node2>"], title="A plan")
    root = ET.fromstring(svg)  # noqa: S314 - our own
    said = ["".join(element.itertext()).replace(SPACE, " ") for element in root.iter() if element.tag.endswith("text")]
    assert {"A plan", "groundplane plan"} <= {one.strip() for one in said}, said
    assert "drift of <node2>" in " ".join(one.strip() for one in said)
    red = re.search(r'class="[^"]*-(r\d+)"[^>]*>drift<', svg)
    plain = re.search(r'class="[^"]*-(r\d+)"[^>]*>&#160;of', svg)
    assert red is not None
    assert plain is not None
    assert red[1] != plain[1]
    assert "@font-face" not in svg
    assert not re.findall(r"(?:src|href|url)\W+https?:", svg)


def test_a_command_runs_in_a_real_terminal(pictures: Any, tmp_path: Path) -> None:
    ask = "import os, sys; print(sys.stdout.isatty(), os.get_terminal_size().columns); sys.exit(3)"
    code, written = pictures.run_in_terminal([sys.executable, "-c", ask], folder=tmp_path, env=os.environ)
    assert (code, written.split()) == (3, ["True", "100"])


def test_a_secret_is_never_shown(pictures: Any) -> None:
    redactor = Redactor({"correct horse battery"})
    pictures.check(["nothing here"], redactor, ["/home/ada"])
    for lines in (["is correct horse battery"], ["is correct ho", "rse battery"]):
        with pytest.raises(pictures.PictureError, match="secret"):
            pictures.check(lines, redactor, [])


def test_a_folder_of_the_machine_is_never_shown(pictures: Any) -> None:
    for lines in (["site /home/ada/site"], ["site /home/", "ada/site"]):
        with pytest.raises(pictures.PictureError, match="/home/ada"):
            pictures.check(lines, Redactor(()), ["/home/ada"])


SECRET = "correct horse battery"


@pytest.fixture
def studio(pictures: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A lab's site with a secret in it; the lab itself isn't there."""
    site, password = tmp_path / "state" / "site", tmp_path / "password"
    site.mkdir(parents=True)
    password.write_text("open sesame\n")
    (site / "secrets.yml").write_bytes(encrypt(f"some_password: {SECRET}\n".encode(), b"open sesame"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    work = tmp_path / "work"
    work.mkdir()
    made = pictures.Studio("mylab", work)
    monkeypatch.setattr(pictures.Studio, "of_lab", lambda _: pictures.Stage(site, password))
    return made


def typed(pictures: Any, program: str, **more: Any) -> Any:
    return pictures.Picture("A picture", (sys.executable, "-c", program), **more)


def test_the_lab_s_folder_is_shown_as_where_it_is_by_default(pictures: Any, studio: Any) -> None:
    svg = studio.take(typed(pictures, "import os; print(os.getcwd())"))
    assert ">~/.local/state/site<" in svg


def test_remarks_stay_below_each_other_where_a_folder_is_shortened(pictures: Any) -> None:
    written = "cd /home/anna/lab/site  \x1b[2m# the folder\ngroundplane             \x1b[2m# all of /home/anna\n"
    shown = pictures.shorten(written, "/home/anna", "~").replace("\x1b[2m", "")
    assert shown == "cd ~/lab/site           # the folder\ngroundplane             # all of ~\n"


def test_a_picture_of_a_secret_isn_t_taken(pictures: Any, studio: Any) -> None:
    with pytest.raises(pictures.PictureError, match="secret"):
        studio.take(typed(pictures, f"print({SECRET!r})"))


def test_a_command_that_ends_otherwise_than_it_should_is_told(pictures: Any, studio: Any) -> None:
    failing = "import sys; print('no such host'); sys.exit(1)"
    with pytest.raises(pictures.PictureError, match=r"(?s)exit code 1.*no such host"):
        studio.take(typed(pictures, failing))
    assert ">no&#160;such&#160;host<" in studio.take(typed(pictures, failing, code=1))


def test_what_is_changed_for_a_picture_is_changed_in_a_copy(pictures: Any, studio: Any, tmp_path: Path) -> None:
    shown = studio.take(
        typed(pictures, "print(open('inventory/host_vars/node1.yml').read())", where=pictures.Where.CHANGED)
    )
    assert "somaxconn" in shown
    assert sorted(path.name for path in (tmp_path / "state" / "site").rglob("*")) == ["secrets.yml"]


def test_only_the_end_of_a_long_screen_is_drawn(pictures: Any, studio: Any) -> None:
    svg = studio.take(typed(pictures, "for i in range(50): print(f'line-{i}')", last=3))
    assert [number for number in range(50) if f">line-{number}<" in svg] == [47, 48, 49]
    assert ">…<" in svg
