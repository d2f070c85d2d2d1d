"""The small site of tests/unit/site, with a secret and a journal beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from groundplane.overview.gather import overview_of
from groundplane.overview.judgement import judge
from groundplane.plan.model import Fingerprint, Receipt
from groundplane.run.events import RunState, WorkState
from groundplane.run.journal.models import RunHostRow, RunRow, RunStepRow
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.verified import verify_plan
from groundplane.site.secrets.store import write_plain

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.overview.model import Overview

__all__ = ["Looked", "looked", "site_folder"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = b"planted-password"
KEY = "ab" * 32


def begin(
    journal: Journal,
    run: str,
    states: Mapping[str, WorkState],
    *,
    state: RunState = RunState.DONE,
    command: str = "apply",
    at: datetime = NOW,
    plan: str = "",
) -> None:
    """A run whose steps, each on node1, ended like this. A verification is one of whole layers, unless `plan` says
    otherwise."""
    journal.begin_run(
        RunRow(
            id=run,
            site="test",
            command=command,
            holder="me@here",
            state=state,
            started_at=at,
            finished_at=None if state is RunState.RUNNING else at + timedelta(seconds=90),
            dry=command == "verify",
            plan=plan or (verify_plan({step.partition(".")[0] for step in states}) if command == "verify" else ""),
        ),
        [
            RunStepRow(run=run, step=step, number=number, needs=[], state=found, started_at=at, finished_at=at)
            for number, (step, found) in enumerate(states.items())
        ],
        [
            RunHostRow(
                run=run,
                step=step,
                host="node1",
                state=found,
                task="Start [it]",
                reason="no room",
                started_at=None if found in (WorkState.WAITING, WorkState.HELD_BACK) else at,
            )
            for step, found in states.items()
        ],
    )


def receipt(step: str, host: str = "node1", *, digest: str = "d", at: datetime = NOW, run: str = "r-1") -> Receipt:
    return Receipt(step=step, host=host, run=run, applied_at=at, fingerprint=Fingerprint(digest=digest), state={})


@dataclass
class Looked:
    """A site's folder, and what is seen there."""

    site: SiteFolder
    password: Path | None
    home: Path

    @property
    def state(self) -> Path:
        return self.site.path / ".groundplane"

    def journal(self) -> Journal:
        return open_journal(self.state, "test")

    def digests(self) -> Mapping[str, str]:
        """Host to the digest of what the site's only step reads there."""
        return judge(self.site.path, self.site.content, {"groundplane_fingerprint_key": KEY}).steps["bootstrap.kernel"]

    def at(self) -> Overview:
        """What is seen now."""
        return overview_of(
            self.site.path,
            self.site.content,
            override=self.password,
            runtime=self.home,
            clouds=self.home / "clouds.yaml",
        )


@pytest.fixture
def looked(site_folder: SiteFolder, tmp_path: Path) -> Looked:
    site_folder.toolkit("playbooks/bootstrap/kernel.yml", "- hosts: all\n")
    write_plain(site_folder.path, f"groundplane_fingerprint_key: {KEY}\n", PASSWORD)
    password = tmp_path / "password"
    password.write_bytes(PASSWORD)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return Looked(site_folder, password, home)
