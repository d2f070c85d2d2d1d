"""Brings what is declared into the cloud, one thing after another, and says how it stands.

Each kind of objects says of every declared one what is wanted, how to look it up, how to make and how to change it.
What was made here carries a mark (see `marks`): nothing else is ever changed or removed. An object that somebody else
made and that is as declared is left as it is; one that differs is refused, unless the site says `adopt: true`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from groundplane.counting import counted
from groundplane.errors import CancelledError, FailedError
from groundplane.openstack.api import telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from groundplane.layers.actions import ActionCall

MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it is in the cloud.

    Attributes:
        have: the same names as in `Thing.wanted`, with the values of now.
        ours: it carries this site's mark.
    """

    id: str
    have: Mapping[str, Any]
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Thing:
    """One declared object.

    Attributes:
        name: for people, with its kind: "flavor SCS-1V-4".
        wanted: names for people to the values that are declared; plain data.
        look: the object as it is; None where it isn't there. Asked again after `make` and `change` of things before.
        change: gets what is there, and the names that differ.
        unseen: names in `wanted` that plans don't compare, because reading them takes too long.
    """

    name: str
    wanted: Mapping[str, Any]
    look: Callable[[], Found | None]
    make: Callable[[], None]
    change: Callable[[Found, Sequence[str]], None]
    adopt: bool = False
    unseen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Leftover:
    """An object that was made here and is no longer declared; `remove` is None where nobody may remove it."""

    name: str
    remove: Callable[[], None] | None


class Kind(Protocol):
    """What one step of the layer reconciles."""

    def things(self) -> Iterable[Thing]:
        """In the order in which they are made."""

    def leftovers(self) -> Iterable[Leftover]:
        """What was made here and is no longer declared, in the order in which it can be removed."""


def describe(kind: Kind) -> dict[str, str]:
    """Item to value, for people: how each declared object stands right now."""
    found: dict[str, str] = {}
    for thing in kind.things():
        seen = thing.look()
        found[thing.name] = MISSING if seen is None else in_words(thing, seen)
    return found


def in_words(thing: Thing, seen: Found) -> str:
    """What is declared of it, with the values of now."""
    names = [name for name in thing.wanted if name not in thing.unseen]
    return "; ".join(f"{name} {value_in_words(seen.have.get(name))}" for name in names) or "there"


def value_in_words(value: Any) -> str:
    """A value on one line."""
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}={value_in_words(each)}" for key, each in sorted(value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(value_in_words(each) for each in value)
    return str(value)


def differing(thing: Thing, seen: Found) -> list[str]:
    """The names whose values aren't as declared."""
    return [name for name, value in thing.wanted.items() if seen.have.get(name) != value]


def reconcile(call: ActionCall, kind: Kind) -> None:
    """Makes and changes what differs; tells each as a piece of work.

    Raises:
        CancelledError: asked to stop; what had begun is whole.
        FailedError: the cloud refuses something, or an object of somebody else's is in the way; all that could be done
            was done.
    """
    trouble: list[FailedError] = []
    for thing in kind.things():
        _stop_if_asked(call)
        _each(call, thing, trouble)
    for leftover in kind.leftovers():
        _stop_if_asked(call)
        _left(call, leftover, trouble)
    if trouble:
        raise FailedError(
            trouble[0].what if len(trouble) == 1 else f"{counted(len(trouble), 'object')} could not be brought about",
            why="; ".join(dict.fromkeys(f"{one.what}: {one.why}" if len(trouble) > 1 else one.why for one in trouble)),
            cure=trouble[0].cure,
        )


def _stop_if_asked(call: ActionCall) -> None:
    if call.stopped():
        raise CancelledError("stopped before everything was looked at")


def _each(call: ActionCall, thing: Thing, trouble: list[FailedError]) -> None:
    task = thing.name[0].upper() + thing.name[1:]
    started = time.monotonic()
    call.begin(task)

    def tell(status: str, reason: str = "") -> None:
        call.report(task, status=status, seconds=time.monotonic() - started, reason=reason)

    try:
        with telling(f"The {thing.name} can't be brought about"):
            tell(*_bring_about(thing, check=call.check))
    except FailedError as error:
        trouble.append(error)
        tell("failed", error.why or error.what)


def _bring_about(thing: Thing, *, check: bool) -> tuple[str, str]:
    """Makes or changes the object where that is needed; the status and the reason that are told."""
    seen = thing.look()
    if seen is None:
        if not check:
            thing.make()
        return "changed", "would be made" if check else "made"
    names = differing(thing, seen)
    if not names:
        return "ok", ""
    what = "; ".join(
        f"{name} {value_in_words(seen.have.get(name))} → {value_in_words(thing.wanted[name])}" for name in names
    )
    if not seen.ours and not thing.adopt:
        raise FailedError(
            f"The {thing.name} was not made by this site, and it isn't as declared",
            why=what,
            cure="Say adopt: true in its entry to take it over, or give one of them another name.",
        )
    if not check:
        thing.change(seen, names)
    return "changed", what


def _left(call: ActionCall, leftover: Leftover, trouble: list[FailedError]) -> None:
    task = leftover.name[0].upper() + leftover.name[1:]
    call.begin(task)
    if leftover.remove is None:
        call.report(task, status="skipped", reason="no longer declared; left alone (see platform_prune)")
        return
    try:
        if not call.check:
            with telling(f"The {leftover.name} can't be removed"):
                leftover.remove()
        call.report(task, status="changed", reason="no longer declared: removed")
    except FailedError as error:
        trouble.append(error)
        call.report(task, status="failed", reason=error.why or error.what)


def chain(*parts: Iterable[Thing]) -> Iterator[Thing]:
    """One kind after another; each is asked for when it's its turn, so that it sees what was made before."""
    for part in parts:
        yield from part
