"""The login test against an identity provider and a cloud in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.checks.engine_checks import CheckCall
from groundplane.identity.checks.course import Course, check_provider
from groundplane.identity.checks.customer import new_customer
from groundplane.openstack.smoke.waiting import Patience

from .fake_identity import FakeIdentity

if TYPE_CHECKING:
    from groundplane.checks.engine_checks import CheckTask
    from groundplane.run.events import EventKind

NAME = "groundplane-smoke-20261121t120000z-abc123"
HOST = "manager"


class Tested:
    """A course that has been run; `wrong` and `notes` by its parts."""

    def __init__(self, *faults: str, horizon: bool = True, password_grant: bool = True) -> None:
        self.customer = new_customer(NAME)
        self.world = FakeIdentity(self.customer, set(faults), password_grant=password_grant)
        self.hidden: list[str] = []
        self.call = CheckCall(
            site=cast("Any", None),
            hosts=(HOST,),
            steps=(),
            connection=cast("Any", None),
            memory=cast("Any", None),
            holder="me@here",
            say=lambda _: None,
            hide=self.hidden.extend,
            stopped=lambda: False,
            insisted=lambda: False,
            tell=self._tell,
        )
        self.doors = self.world.doors(horizon=horizon)

    def run(self) -> Tested:
        Course(
            call=self.call,
            doors=self.doors,
            customer=self.customer,
            patience=Patience(lambda: False, sleep=lambda _: None),
            session_count=self.world.session_count,
        ).run()
        return self

    def _tell(self, kind: EventKind, _host: str | None, task: str | None, data: dict[str, Any]) -> None:
        """Nobody watches."""

    @property
    def tasks(self) -> dict[str, CheckTask]:
        return {task.name: task for task, _ in self.call.tasks}

    @property
    def wrong(self) -> dict[str, str]:
        return {
            name: "; ".join(what for told in task.problems.values() for what in told)
            for name, task in self.tasks.items()
            if task.problems
        }


DEVICE, PASSWORD = "Log in on the command line, by device", "Log in on the command line, by password"
HORIZON = "Log in to Horizon, and out at both ends"
WRONG, OUTSIDER = "Refuse a wrong password", "Refuse somebody without a group"
FOREIGN = "Refuse tokens of another realm and of another client"


def test_everything_goes_well() -> None:
    tested = Tested().run()
    assert tested.wrong == {}
    assert list(tested.tasks) == [DEVICE, PASSWORD, HORIZON, WRONG, OUTSIDER, FOREIGN]
    assert f"{NAME}.alice is member, reader in {NAME}/web" in tested.tasks[DEVICE].remarks[0]
    assert tested.customer.seen == {f"id-{NAME}.alice", f"id-{NAME}.carol"}


@pytest.mark.parametrize(
    ("fault", "part", "told"),
    [
        ("any group", OUTSIDER, "lets bob, who is in no group, in"),
        ("any realm", FOREIGN, "lets a token of the realm"),
        ("any password", WRONG, "wrong password"),
        ("no logout", DEVICE, "still gives tokens"),
        ("no logout", HORIZON, "still lets the person in"),
        ("other role", DEVICE, "roles admin, not member, reader"),
        ("other domain", DEVICE, "domain Default"),
        ("clock", DEVICE, "clock is 120 s ahead"),
        ("long", PASSWORD, "168 hours"),
        ("no horizon login", HORIZON, "doesn't lead into Horizon"),
    ],
)
def test_what_is_wrong_is_told_where_it_is_and_the_rest_is_tried(fault: str, part: str, told: str) -> None:
    tested = Tested(fault).run()
    assert told in tested.wrong[part]
    assert len(tested.tasks) == 6


def test_a_site_without_horizon_has_no_such_part() -> None:
    assert HORIZON not in Tested(horizon=False).run().tasks


def test_where_the_password_grant_is_not_allowed_it_is_refused() -> None:
    tested = Tested(password_grant=False).run()
    assert tested.wrong == {}
    assert "identity_password_grant" in tested.tasks[PASSWORD].remarks[0]


def test_no_token_and_no_password_is_ever_told() -> None:
    tested = Tested("any realm", "other role").run()
    secrets = {*tested.hidden, *tested.customer.passwords()}
    told = " ".join([*tested.wrong.values(), *(" ".join(task.remarks) for task in tested.tasks.values())])
    assert not [secret for secret in secrets if secret in told]
    assert {f"token{number}" for number in range(1, 9)} & set(tested.hidden)


def test_the_provider_says_how_to_log_in() -> None:
    tested = Tested()
    check_provider(tested.call, tested.doors, (NAME,))
    assert tested.wrong == {}
    assert "2 keys" in tested.tasks["Discovery documents and keys"].remarks[0]


def test_what_the_provider_lacks_is_told() -> None:
    tested = Tested("no device")
    check_provider(tested.call, tested.doors, (NAME, "gone"))
    told = tested.wrong["Discovery documents and keys"]
    assert "doesn't offer the device grant" in told
    assert "realms/gone" in told
