"""What a person should know of something that runs: how bad it is, what it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing; `code` is the name that what runs has for it itself, such as one of Ceph's health checks."""

    severity: Severity
    what: str
    cure: str = ""
    code: str = ""
    details: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "what": self.what,
            "details": list(self.details),
            "cure": self.cure,
        }
