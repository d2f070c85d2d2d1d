"""The layer platform's check: every declared object is there, and is as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import CancelledError
from groundplane.platform.actions import BY_STEP
from groundplane.platform.cloud import cloud
from groundplane.platform.reconcile import departures
from groundplane.platform.rest import Rest

if TYPE_CHECKING:
    from groundplane.checks.engine_checks import CheckCall

TASKS = {
    "projects": "Domains, projects, quotas, groups and users",
    "flavors": "Flavors",
    "images": "Images",
    "volume_types": "Kinds of volumes",
    "networks": "Networks, subnets and routers",
    "security": "What new security groups begin with",
    "services": "Services of the catalogue",
}
"""Step to the task that people read."""


def check(call: CheckCall) -> None:
    """Compares the cloud with what the site declares; changes nothing.

    Raises:
        InputError: the site's options are wrong, or nobody can tell where the cloud is entered.
        FailedError: the cloud can't be asked.
        CancelledError: stopped.
    """
    for step, action in BY_STEP.items():
        if call.steps and step not in call.steps:
            continue
        if call.stopped():
            raise CancelledError("stopped before everything was compared")
        with call.task(TASKS[step]) as task, cloud(call.site) as connection:
            for what in departures(action.kind(call.site, Rest(connection), None)):
                task.wrong(None, what)
