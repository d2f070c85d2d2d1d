"""One manager of a new image is tried before all daemons get it, and taken back where it isn't fit.

A manager of a bad image takes the orchestrator away, and with it the means of going back. So one standby is redeployed
with the new image while another, old one is at work: whether the new one's modules load is seen in what it reports to
the monitors (`ceph mgr dump`: can_run, error_string). Then it is put in charge, and has to answer as the orchestrator;
where it doesn't, it is failed (`ceph mgr fail`), an old one takes over, and the new one is redeployed with the old
image.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_session import CephError
    from ansible.module_utils.ceph_waiting import running_images, same_image
except ImportError:
    from ceph_session import CephError
    from ceph_waiting import running_images, same_image

if TYPE_CHECKING:
    from collections.abc import Callable

    from ceph_lasting import LastingSession

PAUSE_SECONDS = 1.0
START_SECONDS = 120
"""Until a redeployed manager stands by; the image is there already."""
TAKEOVER_SECONDS = 60
CHARGE_SECONDS = 120
"""Until the orchestrator answers from a manager that has just taken over."""
STEADY_SECONDS = 8.0
"""How long it must go on answering: a module whose serve() fails is told to the monitors within a few seconds."""
MODULE_CHECKS = ("MGR_MODULE_ERROR", "MGR_MODULE_DEPENDENCY")


class TrialFailedError(Exception):
    """The new image's manager isn't fit; the message says what was seen, and what was done about it."""


class Trial:
    """Tries a manager; `changes` are sentences about what was done."""

    def __init__(
        self,
        session: LastingSession,
        image: str,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.session = session
        self.image = image
        self.changes: list[str] = []
        self._now = now
        self._sleep = sleep

    def run(self) -> None:
        """Leaves a manager of the new image in charge. Does nothing that a killed trial has done already.

        Raises:
            TrialFailedError: and all managers run the old image again.
            CephError: the cluster doesn't answer, or there is no standby.
        """
        managers = self._managers()
        active, standbys = managers.active, sorted(managers.standbys)
        images = running_images(self.session, [f"mgr.{name}" for name in [active, *standbys]])
        new = [name for name in [active, *standbys] if self._is_new(images.get(f"mgr.{name}", ""))]
        old = [name for name in [active, *standbys] if name not in new]
        if not old:
            return
        before = next(images[f"mgr.{name}"] for name in old if images.get(f"mgr.{name}"))
        if active in new:
            self._keep_charge(active, before, failing_before=set())
            return
        if not standbys:
            raise CephError("No manager stands by, so a new one can't be tried")
        failing_before = self._failing_checks()
        unfit_before = _unfit(managers.modules[active], self._needed())
        if new:
            chosen = new[0]
        else:
            chosen = standbys[0]
            self._redeploy(chosen, self.image)
        trouble = self._loading_trouble(chosen, set(unfit_before))
        if trouble:
            self._take_back(chosen, before)
            raise TrialFailedError(self._sentence(chosen, trouble))
        self._put_in_charge(chosen)
        self._keep_charge(chosen, before, failing_before=failing_before)

    def _keep_charge(self, name: str, before: str, *, failing_before: set[str]) -> None:
        trouble = self._charge_trouble(name, failing_before)
        if not trouble:
            self.changes.append(f"mgr.{name} of the new image is in charge, and the orchestrator answers from it")
            return
        self._hand_over(name)
        self._take_back(name, before)
        raise TrialFailedError(self._sentence(name, trouble))

    def _sentence(self, name: str, trouble: str) -> str:
        return f"The new image's manager isn't fit: mgr.{name} {trouble}. {self.changes[-1]}"

    def _is_new(self, image: str) -> bool:
        return same_image(image, self.image)

    def _managers(self) -> _Managers:
        return _Managers(self.session.call("mgr dump"))

    def _needed(self) -> set[str]:
        """Modules that a manager has to be able to run: those that are on, and the orchestrator's."""
        listed = self.session.call("mgr module ls")
        return {*listed.get("always_on_modules", []), *listed.get("enabled_modules", [])}

    def _failing_checks(self) -> set[str]:
        """Lines about failed modules of the health report."""
        checks = self.session.call("health", detail="detail").get("checks", {})
        return {
            str(line.get("message", "")) for code in MODULE_CHECKS for line in checks.get(code, {}).get("detail", [])
        }

    def _redeploy(self, name: str, image: str) -> None:
        self.session.text("orch daemon redeploy", target="mgr", name=f"mgr.{name}", image=image)

    def _loading_trouble(self, name: str, unfit_before: set[str]) -> str:
        """What keeps it from being a standby with all its modules; empty where nothing does."""
        unfit: dict[str, str] = {}

        def ready() -> bool:
            nonlocal unfit
            managers = self._managers()
            if name not in managers.standbys and name != managers.active:
                return False
            if not self._is_new(running_images(self.session, [f"mgr.{name}"]).get(f"mgr.{name}", "")):
                return False
            unfit = _unfit(managers.modules[name], self._needed())
            return True

        if not self._until(ready, START_SECONDS):
            return f"didn't come up within {START_SECONDS} seconds"
        worse = {module: reason for module, reason in unfit.items() if module not in unfit_before}
        if worse:
            return "can't run " + "; ".join(
                f"its module {module} ({reason.strip().splitlines()[-1] if reason.strip() else 'no reason given'})"
                for module, reason in sorted(worse.items())
            )
        return ""

    def _put_in_charge(self, name: str) -> None:
        """Fails the active manager until this one is active: the monitors choose the one that stands by longest.

        Twice round: one that restarts by itself meanwhile comes last again.
        """
        for _ in range(2 * (1 + len(self._managers().standbys))):
            if self._managers().name == name:
                return
            self._fail(self._managers().name)
        if self._managers().name != name:
            raise CephError(f"mgr.{name} wasn't put in charge by the monitors")

    def _hand_over(self, name: str) -> None:
        if self._managers().name == name:
            self._fail(name)

    def _fail(self, name: str) -> None:
        self.session.text("mgr fail", who=name)
        # Not "available": one whose modules fail never gets there, and that is for the caller to see.
        if not self._until(lambda: self._managers().name not in ("", name), TAKEOVER_SECONDS):
            raise CephError(f"No other manager took over from mgr.{name} within {TAKEOVER_SECONDS} seconds")
        self._until(lambda: name in self._managers().standbys, TAKEOVER_SECONDS)

    def _charge_trouble(self, name: str, failing_before: set[str]) -> str:
        """What keeps it from being the orchestrator; empty where it answers, and goes on answering."""
        said = ""
        since: float | None = None
        failing: list[str] = []

        def answers() -> bool:
            nonlocal said, since, failing
            failing = sorted(self._failing_checks() - failing_before)
            if failing:
                # They don't mend themselves.
                return True
            said = self._says(name)
            if said:
                since = None
                return False
            since = self._now() if since is None else since
            return self._now() - since >= STEADY_SECONDS

        answered = self._until(answers, CHARGE_SECONDS)
        if failing:
            return f"has failing modules ({'; '.join(failing)})"
        return "" if answered else said or "doesn't go on answering"

    def _says(self, name: str) -> str:
        managers = self._managers()
        if managers.active != name:
            return "isn't at work" if managers.name == name else "lost its place to another one"
        try:
            status = self.session.call("orch status", target="mgr", attempts=1, seconds=15, patience=0)
            hosts = self.session.call("orch host ls", target="mgr", attempts=1, seconds=15, patience=0)
        except CephError as error:
            return f"doesn't answer as the orchestrator ({error})"
        return "" if status.get("available") and hosts else "has an orchestrator that isn't available"

    def _take_back(self, name: str, image: str) -> None:
        """The old image again, and no trace of the trial in the configuration and among the crash reports."""
        # The old manager that has just taken over may still be loading its modules.
        self._until(self._orchestrates, CHARGE_SECONDS)
        self._redeploy(name, image)
        back = self._until(
            lambda: (
                name in self._managers().standbys
                and same_image(running_images(self.session, [f"mgr.{name}"]).get(f"mgr.{name}", ""), image)
            ),
            START_SECONDS,
        )
        self.session.text("config rm", who=f"mgr.{name}", name="container_image")
        for crash in self.session.call("crash ls-new", target="mgr"):
            if crash.get("entity_name") == f"mgr.{name}":
                self.session.text("crash archive", target="mgr", id=crash["crash_id"])
        # Otherwise the orchestrator's last look at the host keeps a health warning for up to ten minutes.
        self.session.call("orch ps", target="mgr", refresh=True)
        if not back:
            self.changes.append(f"It was to be taken back to the old image, and doesn't stand by yet: mgr.{name}")
        else:
            self.changes.append("It was taken back: it stands by with the old image, and no other daemon was touched")

    def _orchestrates(self) -> bool:
        try:
            return bool(
                self.session.call("orch status", target="mgr", attempts=1, seconds=15, patience=0).get("available")
            )
        except CephError:
            return False

    def _until(self, true: Callable[[], bool], seconds: float) -> bool:
        started = self._now()
        while True:
            if true():
                return True
            if self._now() - started >= seconds:
                return False
            self._sleep(PAUSE_SECONDS)


class _Managers:
    """`ceph mgr dump`: who is active (`name` also where it isn't available yet), who stands by, whose modules load."""

    def __init__(self, dump: dict) -> None:
        self.name = dump.get("active_name", "")
        self.active = self.name if dump.get("available") else ""
        entries = {standby["name"]: standby for standby in dump.get("standbys", [])}
        self.standbys = set(entries)
        self.modules = {name: entry.get("available_modules", []) for name, entry in entries.items()}
        self.modules[self.name] = dump.get("available_modules", [])


def _unfit(modules: list, needed: set[str]) -> dict[str, str]:
    """Needed modules that a manager can't run, with its own reason."""
    found = {module["name"]: module for module in modules}
    unfit = {name: "it isn't in the image" for name in needed if name not in found}
    for name in needed & set(found):
        if not found[name].get("can_run"):
            unfit[name] = str(found[name].get("error_string", ""))
    return unfit
