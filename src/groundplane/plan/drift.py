"""What changed on a host since a step succeeded there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.layers.standing import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

WATCH_LIST = "watch list"
"""The item under which the probe reports the step's own list of watched items."""

MISSING = "missing"

CONTAINER = "container "
"""How the items of containers begin."""

FOLDER = "folder "
"""How the items of folders begin in which nobody but the step puts files; the value names others. They stand on no
watch list: it names files, and whatever else lies beside these is told."""

NOTHING_ELSE = "nothing else"

HANDOVER = "handover "
"""How the items of what other layers handed over begin; then the layer's name, and whose key it is."""

UNASKED = "how it stands"
"""The item that stands beside those of before where nobody could be asked; its value says why."""

_GONE = "no longer watched"
_BETWEEN = "; "


def drift(before: Mapping[str, str], now: Mapping[str, str] | None) -> tuple[str, ...]:
    """One sentence for each watched item that isn't as the step left it: "sysctl vm.swappiness is 60, was 10".

    `now` is None where the host has no watch list of the step any more.
    """
    if not before:
        return tuple(f"{_key(item)} is new" for item in now or () if item.startswith(HANDOVER))
    if now is None:
        return (f"the {WATCH_LIST} is {MISSING}",)
    found = [f"nobody can say how it stands: {now[UNASKED]}"] if UNASKED in now else []
    for item, was in before.items():
        value = now.get(item, _GONE)
        if value == was or item.startswith(FOLDER):
            continue
        if item.startswith(HANDOVER):
            found.append(f"{_key(item)} is {'no longer handed over' if value == _GONE else 'another one'}")
        elif item == WATCH_LIST:
            found.append(f"the {WATCH_LIST} is {MISSING}" if value == MISSING else f"the {WATCH_LIST} was changed")
        elif item.startswith(CONTAINER):
            found.append(_container(item, was, value))
        elif _is_content(value) and _is_content(was):
            found.append(f"{item} was changed: {_content_change(was, value)}")
        else:
            found.append(_changed(item, value, was))
    if found == [f"the {WATCH_LIST} was changed"] or not found:
        found += [_new(item) for item in now if item not in before and not item.startswith(FOLDER)]
    found += [_folder(item, value) for item, value in now.items() if item.startswith(FOLDER) and _is_more(value)]
    return tuple(found)


def _changed(item: str, value: str, was: str) -> str:
    """The sentence; of what is told in parts ("RAM 2048; disk 0") only those that differ."""
    now, before = value.split(_BETWEEN), was.split(_BETWEEN)
    if value in (MISSING, _GONE) and len(before) > 1:
        return f"{item} is {value}"
    new, gone = [part for part in now if part not in before], [part for part in before if part not in now]
    if len(now) == 1 or not new or len(new) != len(gone):
        return f"{item} is {value}, was {was}"
    return f"{item}: {_BETWEEN.join(_part(*pair) for pair in zip(new, gone, strict=True))}"


def _part(value: str, was: str) -> str:
    """For example "RAM in MiB 2048, was 4096"."""
    now, before = value.split(), was.split()
    same = 0
    while same < min(len(now), len(before)) - 1 and now[same] == before[same]:
        same += 1
    return f"{value}, was {' '.join(before[same:])}"


def _new(item: str) -> str:
    if item.startswith(HANDOVER):
        return f"{_key(item)} is new"
    return f"{item} was not looked at before" if item.startswith(PREFIX) else f"{item} is new on the watch list"


def _key(item: str) -> str:
    layer, _, owner = item.removeprefix(HANDOVER).partition(" ")
    return f"the key of {owner} from {layer}"


def _container(item: str, was: str, now: str) -> str:
    """Its value is "STATE IMAGE"; an image's name is long, so it is told where it is what changed."""
    (state_before, _, image_before), (state, _, image) = was.partition(" "), now.partition(" ")
    if now == _GONE:
        return f"{item} is {now}, was {state_before}"
    if image and image_before and image != image_before:
        return f"{item} has the image {image}, had {image_before}"
    return f"{item} is {state}, was {state_before}"


def _is_more(value: str) -> bool:
    """Whether a folder holds more than it should; that its files are gone is told of these."""
    return value not in (NOTHING_ELSE, MISSING) and not value.startswith("unreadable")


def _folder(item: str, now: str) -> str:
    return f"{item.removeprefix(FOLDER)} holds {now} besides what was written there"


def _is_content(value: str) -> bool:
    return " content:" in value


def _content_change(was: str, now: str) -> str:
    """A file's value is "MODE OWNER:GROUP content:DIGEST": tells which of the three are others."""
    names = ("mode", "owner", "content")
    changes = []
    for name, before, after in zip(names, was.split(" "), now.split(" "), strict=False):
        if before != after:
            changes.append(name if name == "content" else f"{name} is {after}, was {before}")
    return ", ".join(changes)
