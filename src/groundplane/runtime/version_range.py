"""Ranges of versions, as release files and kolla-ansible write them: >=3.12,<3.15."""

from __future__ import annotations

import operator
import re

from groundplane.errors import InputError

_COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_PARTS = 4


def fits(version: str, wanted: str) -> bool:
    """Whether a version such as 3.12 or 12.6.2 is in the range; an empty one holds any, a bare number itself alone.

    Raises:
        InputError: the range can't be read.
    """
    have = _numbers(version)
    for clause in filter(None, (part.strip() for part in wanted.split(","))):
        found = re.fullmatch(r"(>=|<=|==|!=|>|<)?\s*([\d.]+)", clause)
        if found is None:
            raise InputError(f"'{wanted}' is not a range of versions", cure="Write it like >=3.12,<3.15.")
        if not _COMPARE[found[1] or "=="](have, _numbers(found[2])):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """Padded, so that 12 and 12.0.0 are the same."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    return tuple(numbers + [0] * (_PARTS - len(numbers)))
