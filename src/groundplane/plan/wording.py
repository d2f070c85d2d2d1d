"""A plan in words: hosts in few words, reasons as sentences, changed variables with the place that sets them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from groundplane.plan.model import ReasonKind
from groundplane.plan.realm_inputs import PREFIX, in_words, without_new
from groundplane.plan.references import IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundplane.plan.model import Reason
    from groundplane.site.site import Site

MOST_DETAILS = 4
MOST_NAMES = 4
MOST_LEFT_OUT = 2
LONGEST_VALUE = 40
_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$")
_SOUNDS_SECRET = re.compile(r"passw|secret|token|private|credential|key$", re.IGNORECASE)

_BESIDES = dict.fromkeys(("groups", "group_names"), "the inventory's groups") | {
    "groups of the host": "the host's groups"
}
_KINDS = {
    ReasonKind.NEVER_APPLIED: "never applied",
    ReasonKind.FAILED_LAST_TIME: "failed last time",
    ReasonKind.INTERRUPTED: "interrupted last time",
    ReasonKind.INPUTS_CHANGED: "configuration changed",
    ReasonKind.CONTENT_CHANGED: "files changed",
    ReasonKind.RELEASE_CHANGED: "release changed",
    ReasonKind.LACKING: "images to build",
    ReasonKind.DRIFT: "drift",
    ReasonKind.UNPROVEN: "its result could not be read on the host",
    ReasonKind.FORCED: "asked for",
}


def hosts_in_words(hosts: Sequence[str], of: Sequence[str] = ()) -> str:
    """For example "node1, node2", "compute[1:40], node7 (41 hosts)"; "all 4 hosts" or "all but node1" among `of`."""
    if len(of) > 1 and len(hosts) == len(of):
        return f"all {len(of)} hosts"
    if len(hosts) <= MOST_NAMES:
        return ", ".join(hosts)
    present = frozenset(hosts)
    left_out = [host for host in of if host not in present]
    if 0 < len(left_out) <= MOST_LEFT_OUT:
        return f"all but {', '.join(left_out)} ({len(hosts)} hosts)"
    ranges = host_ranges(hosts)
    shown = ", ".join(ranges[:MOST_NAMES]) + (", …" if len(ranges) > MOST_NAMES else "")
    return f"{shown} ({len(hosts)} hosts)"


def host_ranges(hosts: Iterable[str]) -> list[str]:
    """Names with numbers in a row as Ansible's ranges: node1, node2, node3 to node[1:3]."""
    runs: list[tuple[str, str, str, str]] = []
    result: list[str] = []
    for host in hosts:
        found = _NUMBERED.match(host)
        if found is None:
            _close(runs, result)
            result.append(host)
            continue
        head, number, tail = found.groups()
        if runs:
            first, last = runs[0][2], runs[-1][2]
            goes_on = (head, tail) == (runs[0][0], runs[0][1]) and int(number) == int(last) + 1
            if not (goes_on and _same_width(first, number)):
                _close(runs, result)
        runs.append((head, tail, number, host))
    _close(runs, result)
    return result


def _same_width(first: str, number: str) -> bool:
    return not (first.startswith("0") or number.startswith("0")) or len(first) == len(number)


def _close(runs: list[tuple[str, str, str, str]], result: list[str]) -> None:
    """Two in a row are as short by their names as by a range."""
    if len(runs) > 2:  # noqa: PLR2004
        head, tail, first, _ = runs[0]
        result.append(f"{head}[{first}:{runs[-1][2]}]{tail}")
    else:
        result.extend(host for *_, host in runs)
    runs.clear()


def reason_in_words(reason: Reason, hosts: Sequence[str], site: Site | None = None) -> tuple[str, tuple[str, ...]]:
    """A reason's kind, and its details. With `site`, changed variables show their new value and where it's set."""
    details = without_new(reason.details)
    if reason.kind is ReasonKind.INPUTS_CHANGED and site is not None:
        details = tuple(variable_in_words(site, name, hosts) for name in details)
    if len(details) > MOST_DETAILS + 1:
        details = (*details[:MOST_DETAILS], f"and {len(details) - MOST_DETAILS} more")
    return _KINDS[reason.kind], details


def variable_in_words(site: Site, name: str, hosts: Sequence[str]) -> str:
    """A changed variable: its value now and the place that sets it; of a secret only that it changed."""
    # One of groundplane_images is told as an image of Kolla's is.
    name = name.replace(f"{IMAGES}.", "image ")
    if name in _BESIDES or name.startswith("hostvars.") or " " in name:
        return _besides_variables(site, name)
    values = [site.variables.value(name, host) for host in hosts]
    first = values[0]
    if first is None:
        return f"{name} (not set by the site any more, or a role's default)"
    if any(value is not None and value.secret for value in values):
        return f"{name} (secret)"
    place = first.place
    where = place.file.relative_to(site.path) if place.file.is_relative_to(site.path) else place.file.name
    at = f"{where}:{place.line}" if place.line is not None else str(where)
    if any(value is None or (value.value, value.place) != (first.value, first.place) for value in values):
        return f"{name} (differs by host)"
    text = json.dumps(first.value, ensure_ascii=False, default=str)
    if len(text) > LONGEST_VALUE or "__ansible_vault" in text or _SOUNDS_SECRET.search(name):
        return f"{name} ({at})"
    return f"{name} = {text} ({at})"


def _besides_variables(site: Site, name: str) -> str:
    """An input that is no variable of the host's own. Those of Kolla's services have a blank (plan.kolla_inputs)."""
    kind, _, rest = name.partition(" ")
    if name.startswith(PREFIX):
        return in_words(site, name)
    if kind == "group":
        return f"the hosts of the group {rest}, or their addresses"
    if kind != "overlay":
        return _BESIDES.get(name) or (f"{name[9:]} of another host" if name.startswith("hostvars.") else name)
    # Only a plan with such a reason carries the weight.
    from groundplane.kolla.overlays import overlay_value  # noqa: PLC0415

    value = overlay_value(site, name)
    if value is None:
        return f"{rest} (not there any more)"
    whole = " [" not in rest
    if whole or len(value) > LONGEST_VALUE or "\n" in value or _SOUNDS_SECRET.search(rest):
        return rest
    return f"{rest} = {value}"
