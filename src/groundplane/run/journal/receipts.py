"""Receipts and unfinished attempts, to and from the journal's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from groundplane.plan.model import Attempt, Fingerprint, ReasonKind, Receipt
from groundplane.run.events import WorkState
from groundplane.run.journal.models import ReceiptRow, RunHostRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from groundplane.plan.receipts import Key

_OUTCOMES = {
    WorkState.FAILED: ReasonKind.FAILED_LAST_TIME,
    WorkState.UNREACHABLE: ReasonKind.FAILED_LAST_TIME,
    WorkState.INTERRUPTED: ReasonKind.INTERRUPTED,
    WorkState.CANCELLED: ReasonKind.INTERRUPTED,
}


class Receipts:
    """Of one site."""

    def __init__(self, site: str) -> None:
        self._site = site

    def latest(self, session: Session) -> dict[Key, Receipt]:
        rows = session.scalars(select(ReceiptRow).where(ReceiptRow.site == self._site))
        return {
            (row.step, row.host): Receipt(
                step=row.step,
                host=row.host,
                run=row.run,
                applied_at=row.applied_at,
                fingerprint=Fingerprint.model_validate(row.fingerprint),
                state=row.state,
            )
            for row in rows
        }

    def unfinished(self, session: Session) -> dict[Key, Attempt]:
        """The newest attempt where it is newer than the receipt and didn't succeed. What never began is no attempt."""
        newer = (
            select(ReceiptRow.run)
            .where(
                ReceiptRow.site == self._site,
                ReceiptRow.step == RunHostRow.step,
                ReceiptRow.host == RunHostRow.host,
                ReceiptRow.applied_at >= RunHostRow.started_at,
            )
            .exists()
        )
        wanted = (
            select(RunHostRow)
            .join(RunRow, RunRow.id == RunHostRow.run)
            .where(
                RunRow.site == self._site,
                RunRow.command == "apply",
                RunRow.dry.is_(False),
                RunHostRow.state.in_([state.value for state in _OUTCOMES]),
                RunHostRow.started_at.is_not(None),
                ~newer,
            )
            .order_by(RunHostRow.started_at)
        )
        return {
            (row.step, row.host): Attempt(
                step=row.step,
                host=row.host,
                run=row.run,
                outcome=_OUTCOMES[WorkState(row.state)],
                summary=row.reason,
            )
            for row in session.scalars(wanted)
        }

    def save(self, session: Session, receipts: Iterable[Receipt]) -> None:
        for receipt in receipts:
            session.merge(
                ReceiptRow(
                    site=self._site,
                    step=receipt.step,
                    host=receipt.host,
                    run=receipt.run,
                    applied_at=receipt.applied_at,
                    fingerprint=receipt.fingerprint.model_dump(),
                    state=receipt.state,
                )
            )
