from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from groundplane.cli.tables import Table, facts, moment, state
from groundplane.colours import BAD, state_style

NAME = "compute01.rack1.berlin.example.org"


def terminal(width: int, *, colour: bool = False, **more: object) -> Console:
    system = "standard" if colour else None
    return Console(file=StringIO(), force_terminal=True, width=width, color_system=system, highlight=False, **more)  # type: ignore[arg-type]


def shown(table: Table, width: int) -> list[str]:
    out = terminal(width)
    table.show(out)
    assert isinstance(out.file, StringIO)
    return [line.rstrip() for line in out.file.getvalue().splitlines()]


def hosts(remark: str = "") -> Table:
    table = Table("host", "state", "zone", "servers", "", whole=("host",), right=("servers",), spare=("zone",))
    table.add(f"[bold]{NAME}[/]", state("up"), "a zone with some words", "3", remark)
    return table


def test_with_room_a_row_is_a_line() -> None:
    assert shown(hosts("by me"), 200) == [
        "host                                state  zone                    servers",
        f"{NAME}  up     a zone with some words        3  by me",
    ]


def test_where_there_is_less_words_are_wrapped_and_remarks_get_lines_of_their_own() -> None:
    lines = shown(hosts("a disk is being replaced by me"), 72)
    assert lines[1].split() == [NAME, "up", "a", "zone", "with", "some", "3"]
    assert lines[2].strip() == "words"
    assert lines[3] == "  a disk is being replaced by me"


def test_what_can_be_spared_is_left_out_and_that_is_said() -> None:
    lines = shown(hosts(), 60)
    assert lines[0].split() == ["host", "state", "servers"]
    assert lines[1] == f"{NAME}  up           3"
    assert "".join(lines[2:]).startswith("Left out, as there is no room: zone.")


def test_a_path_is_broken_between_its_folders() -> None:
    table = Table("variable", "from", whole=("variable",))
    table.add("kolla_base_distro", "/opt/groundplane/environments/openstack/defaults.yml:172 (the toolkit)")
    assert shown(table, 46)[1:] == [
        "kolla_base_distro  /opt/groundplane/",
        "                   environments/openstack/",
        "                   defaults.yml:172 (the",
        "                   toolkit)",
    ]


def test_an_empty_column_is_not_missed() -> None:
    table = Table("host", "zone", "state", whole=("host",), spare=("zone",))
    table.add(NAME, "", state("up"))
    assert shown(table, 42) == [f"host{' ' * 32}state", f"{NAME}  up"]


def test_nothing_is_ever_lost() -> None:
    told = "".join("".join(shown(hosts(), 30)).split())
    for part in (NAME[:10], "org", "up", "3"):
        assert part in told
    assert "…" not in told


def test_in_a_pipe_lines_are_whole_and_have_no_blanks_at_their_ends(capsys: pytest.CaptureFixture[str]) -> None:
    hosts().show()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line == line.rstrip() for line in lines)


def test_in_a_pipe_one_long_value_pushes_nothing_far_away(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("variable", "value", "from")
    table.add("a", "x" * 300, "site.yml:1")
    table.add("b", "[bold]y[/]", "site.yml:2")
    table.show()
    _, long, short = capsys.readouterr().out.splitlines()
    assert long == f"a         {'x' * 300}  site.yml:1"
    assert short == f"b         y{' ' * 61}site.yml:2"


def test_a_remark_that_nobody_made_takes_no_room() -> None:
    assert shown(hosts(), 200)[0].endswith("servers")


def test_an_address_in_brackets_is_no_markup() -> None:
    from rich.markup import escape  # noqa: PLC0415

    table = Table("address")
    table.add(escape("[fd00:10::77]"))
    assert shown(table, 80)[1] == "[fd00:10::77]"


def test_wrong_columns_are_the_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="there is no column 'hosts'"):
        Table("host", whole=("hosts",))
    with pytest.raises(ValueError, match="2 cells for 1 columns"):
        Table("host").add("a", "b")


def test_facts_are_names_with_values() -> None:
    out = terminal(40)
    facts([("release", "2026.1"), ("here", "a container, as no Python of this machine suits")], out)
    assert isinstance(out.file, StringIO)
    assert [line.rstrip() for line in out.file.getvalue().splitlines()] == [
        "release  2026.1",
        "here     a container, as no Python of",
        "         this machine suits",
    ]


def test_states_have_their_colours() -> None:
    assert state("held_back") == "[yellow]held back[/]"
    assert state("down, out") == f"[{BAD}]down, out[/]"
    assert state("odd [one]") == r"odd \[one]"
    assert state_style("nobody knows") == ""


def test_no_color_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = terminal(80, colour=True)
    hosts().show(out)
    assert isinstance(out.file, StringIO)
    assert "\x1b[32m" not in out.file.getvalue()


def test_times_are_the_readers() -> None:
    at = datetime(2026, 11, 21, 17, 30, 59, tzinfo=UTC)
    assert moment(at) == f"{at.astimezone():%Y-%m-%d %H:%M}"
