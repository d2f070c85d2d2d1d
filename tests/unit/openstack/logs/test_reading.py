"""Lines of many hosts in one order, free of secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from groundplane.errors import InputError
from groundplane.kolla.containers import KollaContainer
from groundplane.openstack.logs import reading
from groundplane.openstack.logs.reading import LogLine, follow_logs, places, read_logs, read_since, understood
from groundplane.run.redaction import Redactor
from groundplane.ssh.asking import HostAnswer

NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
WHERE = {"node1": ["nova_api"], "node2": ["nova_compute"]}
REDACTOR = Redactor({"pa55word"})
SITE = cast("Any", None)


def said(*lines: list[Any], **more: Any) -> dict[str, Any]:
    return {"lines": list(lines), "cut": False, "engine": "docker", **more}


@pytest.mark.parametrize(("text", "seconds"), [("10m", 600), ("2h", 7200), ("1d", 86400), ("90s", 90)])
def test_since_some_time(text: str, seconds: int) -> None:
    assert NOW.timestamp() - read_since(text, NOW) == seconds


def test_since_a_date() -> None:
    assert read_since("2026-11-21T12:30:00Z", NOW) == NOW.timestamp() - 1800


@pytest.mark.parametrize(("text", "what"), [("soon", "is no time"), ("2026-11-22T00:00:00Z", "lies ahead")])
def test_what_is_no_time(text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_since(text, NOW)


def test_secrets_are_blanked_out() -> None:
    token = "gAAAAA" + "x" * 60
    lines = understood("node1", said([1.0, "nova-api", f"rabbit:pa55word@node1 {token} AQ{'b' * 38}=="]), REDACTOR)
    assert lines == [LogLine(1.0, "node1", "nova-api", "rabbit:********@node1 ******** ********")]


def test_lines_are_plain_and_a_colour_hides_no_secret() -> None:
    (line,) = understood("node1", said([1.0, "a", "\x1b[31mpa55\x1b[1mword\x1b[0m \x1b]0;title\x07"]), REDACTOR)
    assert line.text == "******** "


def test_places() -> None:
    wanted = (KollaContainer("nova_api", "nova", ("node1",)), KollaContainer("nova_compute", "nova-cell", ("node2",)))
    assert places(wanted, ["node1", "node2", "node3"]) == WHERE


def test_hosts_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "node1": HostAnswer("node1", reachable=True, data=said([1.0, "a", "one"], [3.0, "a", "three"], cut=True)),
        "node2": HostAnswer("node2", reachable=True, data=said([2.0, "b", "two"])),
        "node3": HostAnswer("node3", reachable=False, error="no answer"),
    }
    asked: dict[str, bytes] = {}

    def ask(_site: Any, hosts: Any, _connection: Any, *, marker: str, script: Any) -> dict[str, HostAnswer]:
        assert marker == "groundplane_logs"
        asked.update({host: script(host) for host in hosts})
        return answers

    monkeypatch.setattr(reading, "ask_hosts", ask)
    found = read_logs(SITE, WHERE, SITE, REDACTOR, since=0.5)
    assert [line.text for line in found.lines] == ["one", "two", "three"]
    assert (found.unread, found.cut) == ({"node3": "no answer"}, ("node1",))
    assert b"nova_compute" in asked["node2"]
    assert [line.text for line in read_logs(SITE, WHERE, SITE, REDACTOR, most=2).lines] == ["two", "three"]


def test_following_begins_in_order_and_goes_on_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    def stream(_site: Any, _hosts: Any, _connection: Any, *, on_answer: Any, on_end: Any, **_more: Any) -> None:
        on_answer("node1", said([1.0, "a", "one"], [3.0, "a", "three"]))
        on_answer("node1", said([3.5, "a", "three and a half"]))
        on_answer("node2", said([2.0, "b", "two"]))
        on_answer("node2", said([4.0, "b", "four"]))
        on_end("node1", "no answer")

    monkeypatch.setattr(reading, "stream_hosts", stream)
    shown: list[str] = []
    lost: list[tuple[str, str]] = []
    follow_logs(
        SITE,
        WHERE,
        SITE,
        REDACTOR,
        show=lambda line: shown.append(line.text),
        lost=lambda host, why: lost.append((host, why)),
    )
    assert shown == ["one", "two", "three", "three and a half", "four"]
    assert lost == [("node1", "no answer")]


def test_the_question_is_a_program_of_its_own() -> None:
    text = reading._question("print(tell({}))", ["nova_api"], 5.0, 7)
    compile(text, "question", "exec")
    assert b'"most": 7' in text
