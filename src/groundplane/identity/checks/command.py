"""The login test as a run of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from groundplane.checks.parts import Part, check_stage
from groundplane.identity.checks.check import smoke

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.run.stages import Stage
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

LAYER, NAME = "identity", "logins"


def smoke_stage(
    site: Site, *, only_clean: bool, connection: SshConnection, memory: Path, holder: str
) -> tuple[Stage, list[Part]]:
    """The test as a stage for `run_stages`; its parts are complete when that has returned.

    Args:
        memory: Settings.runtime; `holder` Settings.holder.
    """
    parts: list[Part] = []
    work = partial(smoke, only_clean=only_clean)
    stage = check_stage(LAYER, NAME, work, parts, site=site, connection=connection, memory=memory, holder=holder)
    return stage, parts
