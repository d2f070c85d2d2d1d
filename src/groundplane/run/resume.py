"""Going on with a run that didn't reach its end: what is left of its plan, and nothing that was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.plan.image_inputs import differs_by_images_alone
from groundplane.plan.model import HostAction, Plan, PlannedHost, PlannedStep, ReasonKind
from groundplane.run.events import RunState

if TYPE_CHECKING:
    from groundplane.run.journal.models import RunRow
    from groundplane.run.journal.store import Journal

_UNFINISHED = (RunState.INTERRUPTED, RunState.CANCELLED, RunState.FAILED)


def run_to_resume(journal: Journal, run: str | None) -> RunRow:
    """The run named, else the latest one of apply.

    Raises:
        InputError: there is none, or it has nothing left to do.
    """
    if run is not None:
        found = journal.run(run)
    else:
        latest = [row for row in journal.runs() if row.command == "apply" and not row.dry]
        if not latest:
            raise InputError("There is no run to resume", cure="groundplane apply starts one.")
        found = latest[0]
    if found.command != "apply" or found.dry or found.state not in _UNFINISHED:
        what = "only looked" if found.dry else f"is {found.state}"
        cure = "groundplane apply does whatever there is to do."
        if found.command != "apply" and not found.dry:
            what, cure = f"wasn't 'apply' but '{found.command}'", f"Call groundplane {found.command} again."
        raise InputError(f"Run {found.id} can't be resumed: it {what}", cure=cure)
    return found


def left_of(old: Plan, now: Plan, journal: Journal, run: str) -> Plan:
    """What is left of a run's plan.

    A step on a host is left out when a receipt of that run, or a later one with the same inputs, says that it is done.
    The rest has to want the same as it did then.

    Args:
        old: the run's own plan.
        now: a plan of today over the same selection and limit, for today's fingerprints and reachability.

    Raises:
        InputError: inputs have moved on since, naming them; or nothing is left.
    """
    built = any(
        reason.kind is ReasonKind.LACKING for step in old.steps for host in step.hosts for reason in host.reasons
    )
    today = {(step.step, host.host): host for step in now.steps for host in step.hosts}
    receipts = journal.receipts()
    moved: list[str] = []
    steps: list[PlannedStep] = []
    for step in old.steps:
        hosts: list[PlannedHost] = []
        for host in step.hosts:
            key = (step.step, host.host)
            if host.action is HostAction.UP_TO_DATE:
                continue
            receipt = receipts.get(key)
            current = today.get(key)
            # Images that the run has built since have digests now, and steps after that have receipts with these.
            wanted = host.fingerprint
            if built and current is not None and differs_by_images_alone(wanted, current.fingerprint):
                wanted = current.fingerprint
            same = receipt is not None and receipt.fingerprint.digest in {host.fingerprint.digest, wanted.digest}
            if receipt is not None and same and (receipt.run == run or receipt.applied_at > old.created_at):
                continue
            if current is None:
                moved.append(f"{step.step} no longer runs on {host.host}")
            elif current.fingerprint.digest != wanted.digest:
                moved.append(f"{step.step} on {host.host}: {_difference(host, current)}")
            else:
                # A host that was away then may be back, and the other way round.
                action = HostAction.UNREACHABLE if current.action is HostAction.UNREACHABLE else HostAction.RUN
                hosts.append(host.model_copy(update={"action": action, "fingerprint": wanted}))
        if hosts:
            steps.append(step.model_copy(update={"hosts": tuple(hosts)}))
    if moved:
        raise InputError(
            f"Run {run} can't be resumed: the site has moved on since",
            why="; ".join(moved[:5]) + (f"; and {len(moved) - 5} more" if len(moved) > 5 else ""),  # noqa: PLR2004
            cure="Give it the -e that the run had, if it had any; or: groundplane apply makes a fresh plan, "
            "which doesn't do again what was done.",
        )
    return old.model_copy(
        update={
            "steps": tuple(steps),
            "created_at": now.created_at,
            "unreachable": now.unreachable,
            "probed": now.probed,
        }
    )


def _difference(then: PlannedHost, now: PlannedHost) -> str:
    names = [
        name
        for before, after in (
            (then.fingerprint.inputs, now.fingerprint.inputs),
            (then.fingerprint.content, now.fingerprint.content),
        )
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    return f"{', '.join(names[:4])}{' …' if len(names) > 4 else ''} changed" if names else "the release changed"  # noqa: PLR2004
