"""Ranges of Python versions, as release files write them: >=3.12,<3.15."""

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


def fits(version: str, wanted: str) -> bool:
    """Whether MAJOR.MINOR is in the range.

    Raises:
        InputError: the range can't be read.
    """
    have = _parts(version)
    for clause in wanted.split(","):
        found = re.fullmatch(r"\s*(>=|<=|==|!=|>|<)\s*(\d+)\.(\d+)\s*", clause)
        if found is None:
            raise InputError(
                f"'{wanted}' is not a range of Python versions", cure="Write it like >=3.12,<3.15 in the release file."
            )
        if not _COMPARE[found.group(1)](have, (int(found.group(2)), int(found.group(3)))):
            return False
    return True


def _parts(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
