"""A receipt store in memory, and a run that always succeeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.plan.model import Attempt, Plan, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from groundplane.plan.receipts import Key


@dataclass
class MemoryStore:
    """Implements `ReceiptStore`."""

    kept: dict[Key, Receipt] = field(default_factory=dict)
    attempts: dict[Key, Attempt] = field(default_factory=dict)

    def receipts(self) -> dict[Key, Receipt]:
        return self.kept

    def unfinished(self) -> dict[Key, Attempt]:
        return self.attempts

    def save_receipts(self, receipts: Iterable[Receipt]) -> None:
        for receipt in receipts:
            self.kept[receipt.step, receipt.host] = receipt
            self.attempts.pop((receipt.step, receipt.host), None)

    def succeed(self, plan: Plan, state: dict[str, str] | None = None) -> None:
        """Everything that the plan says has run and left this state."""
        self.save_receipts(
            Receipt(
                step=step.step,
                host=host.host,
                run="r1",
                applied_at=datetime.now(UTC),
                fingerprint=host.fingerprint,
                state={} if state is None else state,
            )
            for step in plan.steps
            for host in step.hosts
            if host.host in step.hosts_to_run()
        )
