"""What a colour means, wherever something is shown: the same everywhere, and never the only thing that says it."""

from __future__ import annotations

GOOD = "green"
"""As it should be: up to date, done, running, ready."""
ATTENTION = "yellow"
"""Not as it should be, and nothing is lost: changed, drifted, interrupted, cancelled, locked, held back."""
BAD = "bold red"
"""Broken: failed, down, unreachable, missing."""
NEW = "cyan"
"""Under way, or to come for the first time."""
QUIET = "dim"
"""Nothing to see yet, and what is said by the way."""
KEY = "bold"
"""What a line is about: a host, a step, a name."""

_STATES = {
    GOOD: ("up to date", "done", "running", "ready", "up", "as locked"),
    ATTENTION: (
        "changed",
        "drifted",
        "unproven",
        "interrupted",
        "cancelled",
        "held back",
        "locked",
        "locked out",
        "disabled",
        "destroyed",
        "not trusted yet",
        "to build",
    ),
    BAD: ("failed", "unreachable", "down", "missing", "refused", "nowhere", "gone", "not signed"),
    NEW: ("at work", "new", "never applied"),
    QUIET: ("waiting",),
}
_STYLES = {state: style for style, states in _STATES.items() for state in states}


def state_style(state: str) -> str:
    """The style of a state by its name, '_' being a blank; a state of several words counts by its first part.

    Empty for a name that isn't known.
    """
    name = state.replace("_", " ")
    return _STYLES.get(name) or _STYLES.get(name.partition(",")[0], "")
