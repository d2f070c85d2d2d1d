"""Brings what other layers hand over to a step's playbook: as files in memory, for as long as the playbook runs."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, GroundplaneError, InputError
from groundplane.layers import handovers
from groundplane.plan.besides import handover_items
from groundplane.run.actions import one_line
from groundplane.run.events import WorkState
from groundplane.run.outcome import HostOutcome, PlaybookOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundplane.layers.model import Step
    from groundplane.run.redaction import Redactor
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

    Play = Callable[[Mapping[str, Mapping[str, str]]], PlaybookOutcome]
    """Runs the playbook with these variables."""

VARIABLE = "groundplane_handover"
"""For the playbook: layer to folder."""


class HandingOver:
    """Of one run; safe to call from several threads.

    Args:
        folder: the run's own, in memory; playbooks see it wherever they run.
    """

    def __init__(self, site: Site, connection: SshConnection, *, folder: Path, redactor: Redactor) -> None:
        self._site = site
        self._connection = connection
        self._folder = folder / "handovers"
        self._redactor = redactor

    def __call__(
        self, step: Step, hosts: Sequence[str], *, say: Callable[[str], None], play: Play
    ) -> tuple[PlaybookOutcome, Mapping[str, str]]:
        """Fetches and writes what the step gets, plays, and removes it.

        Returns how it ended (failed on all hosts where something can't be had: nothing was played then), and what the
        next plan compares.

        Raises:
            FailedError: as `play` does.
        """
        if not step.handovers:
            return play({}), {}
        folder = self._folder / step.id
        started = time.monotonic()
        try:
            try:
                variables, items = self._fetch(step, folder, say)
            except GroundplaneError as error:
                return self._failed(error, hosts, say, time.monotonic() - started), {}
            return play(variables), items
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _fetch(
        self, step: Step, folder: Path, say: Callable[[str], None]
    ) -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, str]]:
        folders: dict[str, str] = {}
        items: dict[str, str] = {}
        for handover in step.handovers:
            handed = handovers.fetch(self._site, self._connection, handover)
            # Before anything of it can show.
            self._redactor.add(handed.keys.values())
            if handed.missing:
                raise InputError(
                    f"{handover.layer} has no key to hand over for {', '.join(handed.missing)}",
                    why="the site names them, and nobody has made them yet",
                    cure=f"groundplane apply {' '.join(sorted(set(handed.missing.values())))} --force",
                )
            items |= handover_items(self._site, handover.layer, handed)
            place = folder / handover.layer
            try:
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
                for name, text in handed.files.items():
                    (place / name).touch(mode=0o600)
                    (place / name).write_text(text, encoding="utf-8")
            except OSError as error:
                raise FailedError(
                    f"What {handover.layer} hands over to {step.id} can't be written",
                    why=str(error),
                    cure=f"Is there room in {self._folder.parent}? df -h {self._folder.parent}",
                ) from error
            folders[handover.layer] = str(place)
            say(f"Handed over by {handover.layer} for {handover.service}: {', '.join(handed.keys) or 'no key'}")
        return {VARIABLE: folders}, items

    def _failed(
        self, error: GroundplaneError, hosts: Sequence[str], say: Callable[[str], None], seconds: float
    ) -> PlaybookOutcome:
        for line in (error.what, error.why, error.cure):
            if line:
                say(line)
        ended = HostOutcome(
            state=WorkState.FAILED, failed=1, task="Handover", reason=self._redactor.text(one_line(error))
        )
        return PlaybookOutcome(
            hosts=dict.fromkeys(hosts, ended), seconds=seconds, error=self._redactor.text(error.what), exit_code=1
        )
