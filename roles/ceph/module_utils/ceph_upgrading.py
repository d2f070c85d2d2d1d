"""The orchestrator's upgrade (`ceph orch upgrade`), some types of daemons at a time, started and followed to its end.

What has been done already is seen in the cluster, so that starting again after any kind of end goes on where it was.
See https://docs.ceph.com/en/reef/cephadm/upgrade/#staggered-upgrade.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_session import CephError
    from ansible.module_utils.ceph_waiting import REPORTING, running_images, same_image
except ImportError:
    from ceph_session import CephError
    from ceph_waiting import REPORTING, running_images, same_image

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ceph_lasting import LastingSession

PAUSE_SECONDS = 2.0
REFRESH_SECONDS = 20.0
LOOKS = 6
TYPES_SAID = re.compile(r"type\(s\) ([\w,-]+)")
"""In `which` of `ceph orch upgrade status`."""


class UpgradeStoppedError(Exception):
    """The upgrade doesn't go on by itself; the message says why."""


class Follower:
    """Brings daemons of some types to an image; `changes` are sentences about what was done."""

    def __init__(
        self,
        session: LastingSession,
        types: Sequence[str],
        image: str,
        *,
        stall_seconds: float = 900,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.types = list(types)
        self.image = image
        self.changes: list[str] = []
        self._session = session
        self._stall = stall_seconds
        self._now = now
        self._sleep = sleep
        self._refreshed = now()

    def outdated(self, types: Sequence[str] = ()) -> list[str]:
        """Daemons of these types that don't run the image, or don't run at all, by name."""
        names = [entry["daemon_name"] for entry in self._listed() if entry["daemon_type"] in (types or self.types)]
        images = running_images(self._session, names)
        return sorted(name for name in names if not same_image(images.get(name, ""), self.image))

    def run(self) -> None:
        """Starts what isn't under way, and follows it until every daemon of the types runs the image.

        Raises:
            UpgradeStoppedError: paused, stopped, failed, or no progress for `stall_seconds` (then it is paused).
            CephError: the cluster or the orchestrator doesn't answer any more.
        """
        status = self._status()
        self._mind_target(status)
        before = left = self.outdated()
        if status["in_progress"]:
            if status.get("is_paused"):
                self._tell("resume")
            # It may be for other types: those of the stage at which the last run was cut off.
            types = TYPES_SAID.search(str(status.get("which") or ""))
            self._follow()
            self._finished(types.group(1).split(",") if types else self.types)
            left = self._settled(self.types)
        if left:
            self._tell("start", image=self.image, daemon_types=",".join(self.types))
            self._follow()
            self._finished(self.types)
        self.changes += [f"{name} runs the new image" for name in before]

    def _finished(self, types: Sequence[str]) -> None:
        if left := self._settled(types):
            raise UpgradeStoppedError(
                f"The upgrade ended, and {_some(left)} still run another image: it was stopped, or they don't start"
            )

    def _follow(self) -> None:
        """Until the orchestrator has no upgrade in progress any more."""
        seen: tuple[object, ...] = ()
        since = self._now()
        while True:
            status = self._status()
            if not status["in_progress"]:
                return
            self._mind_target(status)
            if status.get("is_paused"):
                raise UpgradeStoppedError(self._why_paused(status))
            left = self.outdated()
            state = (tuple(left), status.get("message"))
            if state != seen:
                seen, since = state, self._now()
            elif self._now() - since > self._stall:
                self._tell("pause")
                raise UpgradeStoppedError(
                    f"Nothing went on for {self._stall / 60:.0f} minutes, so the upgrade was paused; {_some(left)} are "
                    f"left{self._why_waiting()}"
                )
            self._sleep(PAUSE_SECONDS)

    def _settled(self, types: Sequence[str]) -> list[str]:
        """Who is left. Where nobody reports to the monitors, the orchestrator has to look at all hosts again first."""
        left = self.outdated(types)
        for _ in range(LOOKS if self._listed_only(left) else 0):
            self._refreshed = -REFRESH_SECONDS
            left = self.outdated(types)
            if not left:
                break
            self._sleep(PAUSE_SECONDS)
        return left

    @staticmethod
    def _listed_only(names: Sequence[str]) -> bool:
        return any(name.split(".", 1)[0] not in REPORTING for name in names)

    def _mind_target(self, status: dict) -> None:
        target = str(status.get("target_image") or "")
        if status["in_progress"] and not same_image(target, self.image):
            raise UpgradeStoppedError(f"Another upgrade is under way, to {target}")

    def _why_paused(self, status: dict) -> str:
        checks = self._session.call("health", detail="detail").get("checks", {})
        reasons = [
            f"{code}: " + "; ".join(str(line.get("message", "")).strip() for line in check.get("detail", []))
            for code, check in sorted(checks.items())
            if code.startswith("UPGRADE_")
        ]
        if reasons:
            return f"The orchestrator paused the upgrade: {'; '.join(reasons)}"
        message = str(status.get("message") or "")
        return f"The orchestrator paused the upgrade: {message}" if "rror" in message else "Somebody paused the upgrade"

    def _why_waiting(self) -> str:
        checks = self._session.call("health").get("checks", {})
        said = [f"{code}: {check.get('summary', {}).get('message', '')}" for code, check in sorted(checks.items())]
        return f" ({'; '.join(said)})" if said else ""

    def _listed(self) -> list[dict]:
        refresh = self._now() - self._refreshed >= REFRESH_SECONDS
        asked = {"refresh": True} if refresh else {}
        found = self._session.call("orch ps", target="mgr", seconds=20, **asked)
        self._refreshed = self._now() if refresh else self._refreshed
        return found

    def _status(self) -> dict:
        status = self._session.call("orch upgrade status", target="mgr", seconds=20)
        if not isinstance(status, dict):
            raise CephError(f"ceph orch upgrade status: {status}")
        return status

    def _tell(self, word: str, **arguments: object) -> None:
        self._session.text(f"orch upgrade {word}", target="mgr", seconds=120, **arguments)


def _some(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
