"""The names of what a smoke test makes: by them a later one finds what a killed one left."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

PREFIX = "groundplane-smoke-"
_TIME = "%Y%m%dt%H%M%Sz"
OLD = timedelta(hours=2)
"""No smoke test takes so long: a project that is older was left by one that was killed."""


def new_name(now: datetime) -> str:
    """For a project and all that is made in it; it sorts by time."""
    return f"{PREFIX}{now.astimezone(UTC).strftime(_TIME)}-{secrets.token_hex(3)}"


def made_at(name: str) -> datetime | None:
    """When a name was made; None where it isn't one of ours."""
    if not name.startswith(PREFIX):
        return None
    try:
        return datetime.strptime(name.removeprefix(PREFIX).partition("-")[0], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def description(holder: str, command: str = "openstack smoke") -> str:
    """What stands beside the project, for whoever wonders; `command` made it."""
    return f"{_whose(holder)} it may be removed: groundplane {command} --clean"


def kept_description(holder: str) -> str:
    """The same where somebody wants to look at it: it stays until --clean."""
    return f"Kept: {description(holder)}"


def is_left_over(name: str, said: str, *, holder: str, now: datetime) -> bool:
    """Whether nobody works with it any more: it is old, or the same person on the same machine made it.

    One site's smoke tests are kept apart by its lock, so that what this holder made before is done with. What was kept
    on purpose isn't left over.
    """
    at = made_at(name)
    if said.startswith("Kept: "):
        return False
    return at is not None and (said.startswith(_whose(holder)) or now - at > OLD)


def _whose(holder: str) -> str:
    return f"A smoke test by {holder};"
