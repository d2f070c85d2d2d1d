"""What `onboard` and `offboard` share: what they wrote is applied, or taken back where nobody wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.identity.customer_files import Changes
    from groundplane.plan.model import Plan

CUSTOMER_STEPS = ("identity.realms", "identity.customers")
"""All that a customer's file is an input of."""


def apply_customers(obj: str | None, changes: Changes, *, yes: bool, as_json: bool) -> None:
    """Checks the site as it is now, plans and asks; what was changed stays as soon as somebody agrees.

    Raises:
        InputError: the site's files are wrong, the layer isn't deployed yet, or nobody is there to say yes.
        CancelledError: the plan was declined.
        FailedError: a step failed; the files stay, and applying goes on.
    """
    apply_steps(obj, CUSTOMER_STEPS, changes, yes=yes, as_json=as_json)
    # Nothing was to be done: it is as the files say.
    changes.keep()


def apply_steps(obj: str | None, steps: Sequence[str], changes: Changes, *, yes: bool, as_json: bool) -> None:
    """As `apply_customers`, for these steps alone."""
    from groundplane.cli.apply import apply_request  # noqa: PLC0415
    from groundplane.errors import InputError, LockedError  # noqa: PLC0415
    from groundplane.run.preparation import Request  # noqa: PLC0415

    def judge(plan: Plan) -> None:
        _refuse_more(plan, steps)

    request = Request(names=tuple(steps))
    try:
        apply_request(obj, request, yes=yes, as_json=as_json, judge=judge, on_begin=changes.keep)
    except (LockedError, InputError):
        # Agreed to, and yet nothing began: somebody else works on the site, or has done so since it was planned.
        changes.kept = False
        raise


def _refuse_more(plan: Plan, steps: Sequence[str]) -> None:
    """What a step needs comes along where it never succeeded: then there is no Keycloak to speak of yet."""
    from groundplane.errors import InputError  # noqa: PLC0415

    more = [step.step for step in plan.steps if step.hosts_to_run() and step.step not in steps]
    if more:
        raise InputError(
            "The identity layer isn't deployed yet",
            why=f"first it takes {', '.join(more[:3])}{' …' if len(more) > 3 else ''}",  # noqa: PLR2004
            cure="groundplane apply identity, then call this again; or write the files alone (--only-files).",
        )
