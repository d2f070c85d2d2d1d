"""Whether a saved plan still says what a fresh one would say, and if not, what moved on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pydantic import ValidationError

from groundplane.errors import InputError, Place
from groundplane.files import write_atomically
from groundplane.plan.model import Fingerprint, HostAction, Plan, PlannedHost
from groundplane.plan.planner import changes

if TYPE_CHECKING:
    from pathlib import Path

_MOST_NAMED = 5
_MOST_TOLD = 8


def write_plan(plan: Plan, path: Path) -> None:
    """Saves a plan for `apply FILE`. It holds names, digests and reasons; no values and no secrets."""
    write_atomically(path, plan.model_dump_json(indent=1) + "\n")


def read_plan(path: Path) -> Plan:
    """Reads a saved plan.

    Raises:
        InputError: the file can't be read or isn't a plan of this version.
    """
    try:
        return Plan.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"The plan {path} can't be read", why=error.strerror or "", place=Place(path)) from error
    except ValidationError as error:
        raise InputError(
            f"{path} is not a plan",
            why=error.errors()[0]["msg"],
            cure="groundplane plan --output FILE writes one.",
            place=Place(path),
        ) from error


def explain_stale(old: Plan, new: Plan) -> list[str]:
    """One sentence for each thing that moved on; empty where the old plan still holds.

    `new` has to be made with the old one's selection, limit and way of probing.
    """
    if old.site != new.site:
        return [f"the plan is for the site {old.site}, and this one is {new.site}"]
    if old.release != new.release:
        return [f"the release was {old.release} and is {new.release}"]
    if old.site_digest == new.site_digest:
        return []
    before, now = _by_place(old), _by_place(new)
    moved: dict[str, list[str]] = defaultdict(list)
    for step, host in [*before, *(key for key in now if key not in before)]:
        sentence = _moved(before.get((step, host)), now.get((step, host)))
        if sentence:
            moved[f"{step}: {sentence}"].append(host)
    return [f"{what} ({_few(hosts)})" for what, hosts in moved.items()]


def refuse_stale(old: Plan, new: Plan) -> None:
    """Lets a saved plan pass only where it would come out the same today.

    Raises:
        InputError: the site or the hosts have moved on; `why` says how.
    """
    moved = explain_stale(old, new)
    if moved:
        more = f"; and {len(moved) - _MOST_TOLD} more" if len(moved) > _MOST_TOLD else ""
        raise InputError(
            "The plan has gone stale: the site or the hosts have moved on since it was made",
            why="; ".join(moved[:_MOST_TOLD]) + more,
            cure="groundplane plan --output FILE makes a fresh one.",
        )


def _by_place(plan: Plan) -> dict[tuple[str, str], PlannedHost]:
    return {(step.step, host.host): host for step in plan.steps for host in step.hosts}


def _moved(before: PlannedHost | None, now: PlannedHost | None) -> str:
    if before is None:
        return "wasn't in the plan" if now is not None and now.action is HostAction.RUN else ""
    if now is None:
        return "is no longer in the plan"
    if before.fingerprint.digest != now.fingerprint.digest:
        return f"{_inputs(before.fingerprint, now.fingerprint)} changed since"
    if before.action is not now.action:
        return f"was to be {_ACTIONS[before.action]}, would now be {_ACTIONS[now.action]}"
    if before.reasons != now.reasons:
        told = set(before.reasons)
        new = [reason for reason in now.reasons if reason not in told]
        details = [detail for reason in new for detail in reason.details] or [reason.kind.value for reason in new]
        return f"the host has moved on: {_few(details)}" if details else "a reason for it is gone"
    return ""


_ACTIONS = {
    HostAction.RUN: "run",
    HostAction.UP_TO_DATE: "left alone, up to date",
    HostAction.UNREACHABLE: "left out, unreachable",
}


def _inputs(before: Fingerprint, now: Fingerprint) -> str:
    return _few([detail for reason in changes(before, now) for detail in reason.details])


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
