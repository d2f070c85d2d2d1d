"""How things are brought about one after another, and how they are told."""

from __future__ import annotations

from typing import Any

import pytest

from groundplane.errors import FailedError
from groundplane.platform.reconcile import Found, Leftover, Thing, departures, describe, difference, value_in_words

from .conftest import Desk  # noqa: TC001


class Things:
    """A kind that a test gives."""

    def __init__(self, things: list[Thing], leftovers: tuple[Leftover, ...] = ()) -> None:
        self._things = things
        self._leftovers = leftovers

    def things(self) -> list[Thing]:
        return self._things

    def leftovers(self) -> tuple[Leftover, ...]:
        return self._leftovers


def thing(name: str, found: Found | None, *, after: str = "", made: list[str] | None = None, **wanted: Any) -> Thing:
    def make() -> None:
        if made is None:
            raise FailedError(f"{name} is refused", why="no quota", cure="Ask for more.")
        made.append(name)

    def change(_: Found, names: Any) -> None:
        assert made is not None
        made.append(f"{name}: {', '.join(names)}")

    return Thing(name=name, wanted=wanted, look=lambda: found, make=make, change=change, after=after)


def test_a_failure_keeps_nothing_else_from_being_done_but_what_hangs_on_it(desk: Desk) -> None:
    made: list[str] = []
    kind = Things(
        [
            thing("network a", None),
            thing("subnet a", None, after="network a", made=made),
            thing("port a", None, after="subnet a", made=made),
            thing("network b", None, made=made),
        ]
    )
    desk.declare()
    with pytest.raises(FailedError, match="network a is refused") as caught:
        desk.apply(lambda _: kind)
    assert (caught.value.why, caught.value.cure) == ("no quota", "Ask for more.")
    assert made == ["network b"]
    assert desk.told == [
        "Network a: failed (no quota)",
        "Subnet a: skipped (the network a isn't as declared)",
        "Port a: skipped (the subnet a isn't as declared)",
        "Network b: changed (made)",
    ]


def test_only_what_differs_is_changed_and_told(desk: Desk) -> None:
    made: list[str] = []
    found = Found("1", {"size": 1, "tags": {"a": "1", "b": "2"}})
    kind = Things([thing("disk", found, made=made, size=1, tags={"a": "1", "b": "3"})])
    desk.declare()
    assert desk.apply(lambda _: kind) == ["Disk: changed (tags b 2 → 3)"]
    assert made == ["disk: tags"]
    assert departures(kind) == ["the disk isn't as declared: tags b 2 → 3"]


def test_a_leftover_that_cant_be_removed_is_a_failure_of_its_own(desk: Desk) -> None:
    def refuse() -> None:
        raise FailedError("in use", why="a server has it")

    kind = Things([], (Leftover("flavor a", refuse), Leftover("flavor b", None)))
    desk.declare()
    with pytest.raises(FailedError, match="in use"):
        desk.apply(lambda _: kind)
    assert desk.told == [
        "Flavor a: failed (a server has it)",
        "Flavor b: skipped (no longer declared; left alone (see platform_prune))",
    ]


def test_what_a_plan_compares() -> None:
    found = Found("1", {"on": True, "list": [], "map": {"x": "1", "other": "2"}, "more": 9})
    kind = Things([thing("a", found, on=True, list=[], map={"x": "1", "y": "2"}), thing("b", None)])
    assert describe(kind) == {
        "a": "on yes; list none; map other 2; map x 1; map y none",
        "b": "missing",
    }
    assert departures(kind) == ["the a isn't as declared: map other 2 → none; map y none → 2", "the b is missing"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none"),
        ("", "none"),
        (0, "0"),
        (False, "no"),
        (["a", "b"], "a, b"),
        ({"b": 1, "a": True}, "a=yes, b=1"),
        (f"sha256:{'a' * 64}", "sha256:aaaaaaaaaaaaaaaa…"),
    ],
)
def test_values_on_one_line(value: object, words: str) -> None:
    assert value_in_words(value) == words


def test_a_value_that_is_of_another_kind_now() -> None:
    assert difference("size", None, {"a": "1"}) == "size none → a=1"
