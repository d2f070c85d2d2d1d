"""Where receipts are kept, as the planner sees it; the journal implements it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from groundplane.plan.model import Attempt, Receipt

Key = tuple[str, str]
"""Step id and host."""


class ReceiptStore(Protocol):
    """Receipts and unfinished attempts of one site."""

    def receipts(self) -> Mapping[Key, Receipt]:
        """The latest receipt of each step on each host."""
        ...

    def unfinished(self) -> Mapping[Key, Attempt]:
        """Attempts that are newer than the receipt and did not succeed."""
        ...

    def save_receipts(self, receipts: Iterable[Receipt]) -> None:
        """Keeps these as the latest ones; all or none."""
        ...
