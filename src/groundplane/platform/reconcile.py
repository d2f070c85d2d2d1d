"""Brings what is declared into the cloud, one thing after another, and says how it stands.

Each kind of objects says of every declared one what is wanted, how to look it up, how to make and how to change it.
What was made here carries a mark (see `marks`): nothing else is ever changed or removed. An object that somebody else
made and that is as declared is left as it is; one that differs is refused, unless the site says `adopt: true`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from groundplane.counting import counted
from groundplane.errors import CancelledError, FailedError
from groundplane.openstack.api import telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from groundplane.layers.actions import ActionCall

MISSING = "missing"
_DIGEST = re.compile(r"\b(sha(?:256|512):[0-9a-f]{16})[0-9a-f]+")
"""A digest's beginning tells two of them apart."""


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
        after: the name of a thing without which this one can't be.
    """

    name: str
    wanted: Mapping[str, Any]
    look: Callable[[], Found | None]
    make: Callable[[], None]
    change: Callable[[Found, Sequence[str]], None]
    adopt: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class Leftover:
    """An object that was made here and is no longer declared; `remove` is None where nobody may: `hint` says why."""

    name: str
    remove: Callable[[], None] | None
    hint: str = "see platform_prune"


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


def departures(kind: Kind) -> list[str]:
    """A sentence for each declared object that isn't as declared."""
    found = []
    for thing in kind.things():
        seen = thing.look()
        if seen is None:
            found.append(f"the {thing.name} is {MISSING}")
        elif names := differing(thing, seen):
            what = "; ".join(difference(name, seen.have.get(name), thing.wanted[name]) for name in names)
            found.append(f"the {thing.name} isn't as declared: {what}")
    return found


def in_words(thing: Thing, seen: Found) -> str:
    """What is declared of it, with the values of now."""
    parts: list[str] = []
    for name, wanted in thing.wanted.items():
        have = seen.have.get(name)
        if isinstance(wanted, dict) and isinstance(have, dict):
            parts += [f"{name} {key} {value_in_words(have.get(key))}" for key in _keys(wanted, have)]
        else:
            parts.append(f"{name} {value_in_words(have)}")
    return "; ".join(parts) or "there"


def _keys(wanted: Mapping[str, Any], have: Mapping[str, Any]) -> list[str]:
    return sorted({*wanted, *have})


def difference(name: str, have: Any, wanted: Any) -> str:
    """What differs and how, for people; of a mapping only the keys that do."""
    if isinstance(wanted, dict) and isinstance(have, dict):
        keys = [key for key in _keys(wanted, have) if have.get(key) != wanted.get(key)]
        return "; ".join(difference(f"{name} {key}", have.get(key), wanted.get(key)) for key in keys)
    return f"{name} {value_in_words(have)} → {value_in_words(wanted)}"


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
    return _DIGEST.sub(r"\1…", str(value))


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
    failed: set[str] = set()
    for thing in kind.things():
        _stop_if_asked(call)
        if thing.after in failed or not _each(call, thing, trouble):
            failed.add(thing.name)
        if thing.after in failed:
            _skip(call, thing)
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


def _skip(call: ActionCall, thing: Thing) -> None:
    task = _task(thing.name)
    call.begin(task)
    call.report(task, status="skipped", reason=f"the {thing.after} isn't as declared")


def _task(name: str) -> str:
    return name[0].upper() + name[1:]


def _each(call: ActionCall, thing: Thing, trouble: list[FailedError]) -> bool:
    """Whether it went well."""
    task = _task(thing.name)
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
        return False
    return True


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
    what = "; ".join(difference(name, seen.have.get(name), thing.wanted[name]) for name in names)
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
    task = _task(leftover.name)
    call.begin(task)
    if leftover.remove is None:
        call.report(task, status="skipped", reason=f"no longer declared; left alone ({leftover.hint})")
        return
    try:
        if not call.check:
            with telling(f"The {leftover.name} can't be removed"):
                leftover.remove()
        call.report(task, status="changed", reason="no longer declared: removed")
    except FailedError as error:
        trouble.append(error)
        call.report(task, status="failed", reason=error.why or error.what)
