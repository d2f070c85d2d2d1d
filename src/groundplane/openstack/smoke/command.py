"""The smoke test as a run of its own: the stage, and what it told of its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.checks.parts import Part, check_stage
from groundplane.openstack.smoke.check import smoke

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.checks.engine_checks import CheckCall
    from groundplane.openstack.smoke.course import Made
    from groundplane.openstack.smoke.options import SmokeOptions
    from groundplane.run.stages import Stage
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

LAYER, NAME = "platform", "smoke"


@dataclass(slots=True)
class SmokeStory:
    """What there is to tell afterwards; `made` only where the test went through."""

    parts: list[Part] = field(default_factory=list)
    made: Made | None = None

    def as_data(self) -> dict[str, Any]:
        """For programs: parts with seconds, and the server's id, address and login."""
        made = self.made
        return {
            "kind": "smoke",
            "parts": [part.as_data() for part in self.parts],
            "server": {"id": made.server, "address": made.address, "login": made.login} if made is not None else None,
        }


def smoke_stage(
    site: Site, options: SmokeOptions, *, connection: SshConnection, memory: Path, holder: str
) -> tuple[Stage, SmokeStory]:
    """The test as a stage for `run_stages`; the story is complete when that has returned.

    Args:
        memory: Settings.runtime; `holder` Settings.holder.
    """
    story = SmokeStory()

    def work(call: CheckCall) -> None:
        story.made = smoke(call, options)

    stage = check_stage(LAYER, NAME, work, story.parts, site=site, connection=connection, memory=memory, holder=holder)
    return stage, story
