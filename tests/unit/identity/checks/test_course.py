"""The login test against an identity provider and a cloud in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.checks.engine_checks import CheckCall
from groundplane.identity.checks import course
from groundplane.identity.checks.course import Course, check_provider
from groundplane.identity.checks.customer import new_customer
from groundplane.openstack.checks.endpoints import Endpoint, EndpointAnswer, HostAnswers
from groundplane.openstack.smoke.waiting import Patience

from .fake_identity import FakeIdentity

if TYPE_CHECKING:
    from groundplane.checks.engine_checks import CheckTask
    from groundplane.run.events import EventKind

NAME = "groundplane-smoke-20261121t120000z-abc123"
HOST = "manager"


class Run:
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

    def run(self) -> Run:
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
    tested = Run().run()
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
        ("half a logout", HORIZON, "comes in without a password"),
        ("other role", DEVICE, "roles admin, not member, reader"),
        ("other domain", DEVICE, "domain Default"),
        ("clock", DEVICE, "clock is 120 s ahead"),
        ("long", PASSWORD, "168 hours"),
        ("no horizon login", HORIZON, "doesn't lead into Horizon"),
    ],
)
def test_what_is_wrong_is_told_where_it_is_and_the_rest_is_tried(fault: str, part: str, told: str) -> None:
    tested = Run(fault).run()
    assert told in tested.wrong[part]
    assert len(tested.tasks) == 6


def test_a_site_without_horizon_has_no_such_part() -> None:
    assert HORIZON not in Run(horizon=False).run().tasks


def test_where_the_password_grant_is_not_allowed_it_is_refused() -> None:
    tested = Run(password_grant=False).run()
    assert tested.wrong == {}
    assert "identity_password_grant" in tested.tasks[PASSWORD].remarks[0]


def test_no_token_and_no_password_is_ever_told() -> None:
    tested = Run("any realm", "other role").run()
    secrets = {*tested.hidden, *tested.customer.passwords()}
    told = " ".join([*tested.wrong.values(), *(" ".join(task.remarks) for task in tested.tasks.values())])
    assert not [secret for secret in secrets if secret in told]
    assert {f"token{number}" for number in range(1, 9)} & set(tested.hidden)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> dict[str, HostAnswers]:
    """What hosts say of the endpoint that they are asked for."""
    found: dict[str, HostAnswers] = {}

    def ask(_site: Any, _hosts: Any, _connection: Any, endpoints: Any, **_: Any) -> dict[str, HostAnswers]:
        (endpoint,) = endpoints
        good = {HOST: HostAnswers((EndpointAnswer(endpoint, 200, "", 0.1, 90.0),))}
        return {**good, **found}

    monkeypatch.setattr(course, "ask_from_hosts", ask)
    return found


def test_a_host_that_does_not_trust_keycloak_is_named(hosts: dict[str, HostAnswers]) -> None:
    tested = Run()
    endpoint = Endpoint("identity-provider", "keycloak", "internal", "https://id.test:8443/realms/cloud")
    hosts[HOST] = HostAnswers((EndpointAnswer(endpoint, 0, "its certificate can't be verified", 0.1, None),))
    hosts["node2"] = HostAnswers(error="no route to host")
    check_provider(tested.call, tested.doors, ())
    problems = tested.tasks["Discovery documents and keys"].problems
    assert "its certificate can't be verified" in problems[HOST][0]
    assert problems["node2"] == ["node2 can't be asked: no route to host"]


@pytest.mark.usefixtures("hosts")
def test_the_provider_says_how_to_log_in() -> None:
    tested = Run()
    check_provider(tested.call, tested.doors, (NAME,))
    assert tested.wrong == {}
    assert "2 keys" in tested.tasks["Discovery documents and keys"].remarks[0]


@pytest.mark.usefixtures("hosts")
def test_what_the_provider_lacks_is_told() -> None:
    tested = Run("no device")
    check_provider(tested.call, tested.doors, (NAME, "gone"))
    told = tested.wrong["Discovery documents and keys"]
    assert "doesn't offer the device grant" in told
    assert "realms/gone" in told
