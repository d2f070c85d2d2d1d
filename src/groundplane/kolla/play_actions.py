"""Leaves out of Kolla's plays what another action than the one at hand is meant for.

site.yml holds the work of all actions: what an upgrade alone does is skipped in a deployment, task by task on every
host, after Ansible has worked out its variables. Only conditions that name nothing but the action are judged.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TASKS = ("pre_tasks", "tasks", "post_tasks")
_CONDITION = re.compile(r"\s*kolla_action\s*(==|!=|not in|in)\s*(\[[^\[\]]*\]|'[^']*'|\"[^\"]*\")\s*")


def plays_of_action(plays: Iterable[Mapping[str, Any]], action: str) -> list[Mapping[str, Any]]:
    """The plays that have work for this action, without the tasks and roles that have none; the rest as it was."""
    found: list[Mapping[str, Any]] = []
    for play in plays:
        kept = {
            key: [entry for entry in play[key] if not _is_ruled_out(entry, action)]
            for key in (*TASKS, "roles")
            if key in play
        }
        if not kept or any(kept.values()):
            found.append({**play, **kept})
    return found


def _is_ruled_out(entry: Any, action: str) -> bool:
    written = entry.get("when") if isinstance(entry, dict) else None
    conditions = written if isinstance(written, list) else [written]
    return any(isinstance(condition, str) and _is_false(condition, action) for condition in conditions)


def _is_false(condition: str, action: str) -> bool:
    match = _CONDITION.fullmatch(condition)
    if match is None:
        return False
    operator, value = match[1], ast.literal_eval(match[2])
    holds = action == value if isinstance(value, str) else action in value
    return holds if operator in ("!=", "not in") else not holds
