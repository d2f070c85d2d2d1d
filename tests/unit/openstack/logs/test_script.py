"""Lines of log files and containers, with their times."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from groundplane.openstack.logs import script

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 21, 13, 6, 15, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-21 13:06:15.000 7 INFO nova.compute.manager [-] began",
        "2026-11-21T13:06:15.000Z|00001|vlog|INFO|opened",
        "2026-11-21 15:06:15.000+02:00 [info] <0.1.0> started",
        "2026-11-21 13:06:15.000+0000: 24546: error : virNetSocket",
        "2026-11-21 13:06:15 35 [Warning] Aborted connection",
        '172.31.1.11 - - [21/Nov/2026:15:06:15 +0200] "GET /v3 HTTP/1.1" 200',
        "[pid: 1093|app: 0] 172.31.1.11 () {22 vars} [Sat Nov 21 13:06:15 2026] POST /v3/auth/tokens => 201",
        "2026-11-21T13:06:15.000000000Z + exec nova-compute",
    ],
)
def test_times_of_all_kinds(line: str) -> None:
    assert script.time_of(line) == AT


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "2026-99-99 13:06:15 x", ""])
def test_lines_without_a_time(line: str) -> None:
    assert script.time_of(line) is None


def test_a_line_without_a_time_belongs_to_the_one_before_it() -> None:
    lines = ["2026-11-21 13:06:15.000 7 ERROR nova", "Traceback", "GET /healthcheck => 200", "2026-11-21 13:06:16 x"]
    assert script.timed(lines, "nova-api", 0.0) == [
        [AT, "nova-api", lines[0]],
        [AT, "nova-api", "Traceback"],
        [AT + 1, "nova-api", lines[3]],
    ]


@pytest.mark.parametrize(
    "line",
    [
        "[pid: 1] 172.31.1.11 () {22 vars} [Sat Nov 21 13:21:39 2026] GET /healthcheck => generated 0 bytes",
        '172.31.1.11 - - [21/Nov/2026:15:06:15 +0200] "OPTIONS / HTTP/1.0" 200',
        "[uwsgi-http key: node1 client_port: 2277] hr_read(): Connection reset by peer [plugins/http/http.c]",
    ],
)
def test_health_checks_are_noise(line: str) -> None:
    assert script.timed([line], "keystone-uwsgi", 0.0) == []


def test_the_last_lines_of_a_file_and_of_the_one_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "nova-api.log"
    path.write_text("2026-11-21 13:06:16 two\n2026-11-21 13:06:17 three\n")
    (tmp_path / "nova-api.log.1").write_text("2026-11-21 13:06:15 one\n")
    assert [line for _, _, line in script.of_file(str(path), None, 10)] == [
        "2026-11-21 13:06:15 one",
        "2026-11-21 13:06:16 two",
        "2026-11-21 13:06:17 three",
    ]
    assert len(script.of_file(str(path), None, 2)) == 2
    assert len(script.of_file(str(path), AT, 10)) == 3
    assert script.of_file(str(tmp_path / "none.log"), None, 10) == []


def test_a_big_file_is_read_from_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "BLOCK", 64)
    path = tmp_path / "nova-api.log"
    path.write_text("".join(f"2026-11-21 13:06:{second:02} line {second}\n" for second in range(15, 45)))
    lines, more = script.last_lines(str(path), None, 3)
    assert lines[-3:] == [f"2026-11-21 13:06:{second} line {second}" for second in (42, 43, 44)]
    assert more
    assert len(lines) < 30
    lines, _ = script.last_lines(str(path), AT + 20, 100)
    assert lines[-1].endswith("line 44")
    assert any("line 35" in line for line in lines)


def test_what_an_engine_prints() -> None:
    assert script.printed("haproxy", "2026-11-21T13:06:15.000000000Z [WARNING] backend is UP") == [
        AT,
        "haproxy",
        "[WARNING] backend is UP",
    ]
    assert script.printed("haproxy", "Error response from daemon") is None


def test_new_lines_of_a_file_that_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "nova-api.log"
    path.write_text("2026-11-21 13:06:15 old\n")
    tail = script.Tail(str(path))
    assert tail.new_lines() == []
    with path.open("a") as file:
        file.write("2026-11-21 13:06:16 new\nhalf a ")
    assert [line for _, _, line in tail.new_lines()] == ["2026-11-21 13:06:16 new"]
    with path.open("a") as file:
        file.write("line\n")
    assert [line for _, _, line in tail.new_lines()] == ["half a line"]
    path.rename(tmp_path / "nova-api.log.1")
    path.write_text("2026-11-21 13:06:18 fresh\n")
    assert [line for _, _, line in tail.new_lines()] == ["2026-11-21 13:06:18 fresh"]


def test_all_of_it_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nova").mkdir()
    (tmp_path / "nova" / "nova-api.log").write_text("2026-11-21 13:06:15 api\n2026-11-21 13:06:18 api\n")
    monkeypatch.setattr(script, "engine_here", lambda: "docker")
    monkeypatch.setattr(script, "folder_of", lambda _engine: str(tmp_path))
    monkeypatch.setattr(script, "of_container", lambda *_asked: [[AT + 1, "nova_api", "printed"]])
    settings = {"containers": {"nova_api": ["nova/nova-api.log"]}, "since": AT + 1, "most": 10}
    lines, cut, engine = script.gather(settings)
    assert [line[2] for line in lines] == ["printed", "2026-11-21 13:06:18 api"]
    assert (cut, engine) == (False, "docker")
    assert script.gather({**settings, "most": 1})[:2] == ([[AT + 3, "nova-api", "2026-11-21 13:06:18 api"]], True)
