"""The whole smoke test against a cloud in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from keystoneauth1.exceptions import ConnectFailure, Forbidden, ServiceUnavailable

from groundplane.checks.engine_checks import run_check
from groundplane.machine.cancel import CancelToken
from groundplane.openstack.api import Entrance
from groundplane.openstack.smoke import check as check_module
from groundplane.openstack.smoke import cleaning, reaching, waiting
from groundplane.openstack.smoke.check import smoke
from groundplane.openstack.smoke.marks import description, new_name
from groundplane.openstack.smoke.options import SmokeOptions
from groundplane.run.events import EventKind, WorkState
from groundplane.run.redaction import Redactor

from .fake_cloud import FakeCloud

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.checks.engine_checks import CheckCall
    from groundplane.run.outcome import PlaybookOutcome

    from ...site.conftest import SiteFolder  # noqa: TID252

HOLDER = "me@here"


class Smoker:
    """Runs the test; `told` has the parts that ended, with how they did."""

    def __init__(self, folder: SiteFolder) -> None:
        self.site = folder.load()
        self.memory = folder.path.parent / "memory"
        self.cloud = FakeCloud()
        self.cancel = CancelToken()
        self.told: dict[str, tuple[str, str]] = {}
        self.lines: list[str] = []
        self.on_task: Callable[[str], None] = lambda _task: None
        self.login: Any = None

    def tell(self, kind: EventKind, _host: str | None, task: str | None, data: dict[str, Any]) -> None:
        if kind is EventKind.TASK_STARTED:
            self.on_task(task or "")
        if kind is EventKind.TASK_RESULT:
            self.told[task or ""] = (str(data["status"]), str(data.get("reason", "")))

    def run(self, **options: Any) -> PlaybookOutcome:
        def work(call: CheckCall) -> None:
            smoke(call, SmokeOptions(**options))

        return run_check(
            work,
            self.site,
            ("manager",),
            steps=(),
            connection=cast("Any", None),
            memory=self.memory,
            holder=HOLDER,
            minutes=1,
            redactor=Redactor([]),
            tell=self.tell,
            say=self.lines.append,
            cancel=self.cancel,
        )

    @property
    def left(self) -> set[str]:
        """Kinds of things that are in the cloud and weren't before."""
        before = {"role", "flavor"}
        return {
            thing.kind
            for thing in self.cloud.things
            if (thing.kind not in before and thing.project_id != "") or thing.kind in ("project", "user")
        }


@pytest.fixture
def smoker(cloud_folder: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> Smoker:
    found = Smoker(cloud_folder)

    def opened(_where: Entrance, login: Any) -> Any:
        found.login = login
        return found.cloud.connection()

    monkeypatch.setattr(
        check_module, "reachable_entrance", lambda _site: Entrance("public", "https://api/v3", "a", 1, "r")
    )
    monkeypatch.setattr(check_module, "admin_login", lambda _site: None)
    monkeypatch.setattr(check_module, "open_connection", opened)
    monkeypatch.setattr(waiting, "SHORTEST", 0.0)
    monkeypatch.setattr(waiting, "LONGEST", 0.0)
    monkeypatch.setattr(cleaning, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(reaching, "ping", lambda _address, **_more: reaching.Reached(good=True, told="rtt 1 ms"))
    monkeypatch.setattr(
        reaching, "ssh", lambda _address, user, *_words, **_more: reaching.Reached(good=True, told=f"in as {user}")
    )
    return found


def test_all_is_made_reached_and_removed(smoker: Smoker) -> None:
    outcome = smoker.run()
    assert outcome.hosts["manager"].state is WorkState.DONE
    assert {status for status, _ in smoker.told.values()} == {"ok"}
    assert smoker.told["Log in by ssh from this machine"] == ("ok", "in as debian")
    assert "finished after 31 seconds" in smoker.told["Wait for cloud-init to finish"][1]
    assert smoker.left == set()
    made = {entry[1:] for entry in smoker.cloud.log if entry.startswith("+")}
    removed = {entry[1:] for entry in smoker.cloud.log if entry.startswith("-")}
    assert made - removed == {"grant"}


def test_the_smallest_flavor_and_a_copy_of_the_public_image_are_taken(smoker: Smoker) -> None:
    smoker.run(keep=True)
    (server,) = smoker.cloud.of("server")
    flavor = smoker.cloud.get("flavor", server.flavor_id)
    assert flavor.name == "SCS-1L-1"
    (volume,) = smoker.cloud.of("volume", id=server.block_device_mapping[0]["uuid"])
    assert smoker.cloud.get("image", volume.image_id).visibility == "private"
    (subnet,) = smoker.cloud.of("subnet", name=server.name)
    assert subnet.cidr == "192.168.1.0/24"


@pytest.mark.parametrize(
    ("kind", "part", "why"),
    [
        ("image", "Upload an image", "isn't the one that was sent"),
        ("volume", "Make a volume from the image", "in the state error"),
        ("server", "Boot a server from the volume", "No valid host was found"),
        ("backup", "Back the volume up", "in the state error"),
    ],
)
def test_what_fails_is_told_and_all_is_removed(smoker: Smoker, kind: str, part: str, why: str) -> None:
    smoker.cloud.broken.add(kind)
    outcome = smoker.run()
    assert outcome.hosts["manager"].state is WorkState.FAILED
    assert outcome.hosts["manager"].task == part
    assert why in outcome.hosts["manager"].reason
    assert smoker.told["Remove all that the test made"][0] == "ok"
    assert smoker.left == set()


def test_a_server_that_never_gets_through_shows_its_console(smoker: Smoker, monkeypatch: pytest.MonkeyPatch) -> None:
    smoker.cloud.console = "Kernel panic - not syncing\n"
    outcome = smoker.run(boot_minutes=0.001)
    assert "cloud-init has finished" in outcome.hosts["manager"].reason
    assert "  | Kernel panic - not syncing" in smoker.lines
    assert smoker.left == set()


def test_a_server_without_metadata_is_not_waited_for(smoker: Smoker) -> None:
    smoker.cloud.console = "Cloud-init v. 25.1.4 finished at noon. Datasource DataSourceNone.  Up 256.61 seconds\n"
    outcome = smoker.run(boot_minutes=10)
    assert "cloud-init found no metadata" in outcome.hosts["manager"].reason
    assert "DataSourceNone" in outcome.hosts["manager"].reason
    assert any("DataSourceNone" in line for line in smoker.lines if line.startswith("  | "))
    assert smoker.left == set()


def test_ctrl_c_removes_all_the_same(smoker: Smoker) -> None:
    smoker.on_task = lambda task: smoker.cancel.cancel("Ctrl-C") if task.startswith("Wait for cloud-init") else None
    outcome = smoker.run()
    assert outcome.cancelled
    assert outcome.hosts["manager"].state is WorkState.CANCELLED
    assert smoker.left == set()


def test_a_second_ctrl_c_leaves_things_and_says_how_to_remove_them(smoker: Smoker) -> None:
    smoker.cloud.stuck.add("volume")

    def stop(task: str) -> None:
        if task.startswith(("Wait for cloud-init", "Remove all")):
            smoker.cancel.cancel("Ctrl-C")

    smoker.on_task = stop
    smoker.run()
    assert smoker.told["Remove all that the test made"][0] == "failed"
    assert "groundplane openstack smoke --clean" in smoker.told["Remove all that the test made"][1]
    assert smoker.left == {"volume", "project", "user", "security_group"}


def test_an_api_that_is_away_for_a_moment_is_asked_again(smoker: Smoker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "PAUSE_SECONDS", 0)
    away = [ServiceUnavailable(), ConnectFailure("nobody there")]
    smoker.cloud.away = {"get_volume": list(away), "find_project": list(away)}
    outcome = smoker.run()
    assert outcome.hosts["manager"].state is WorkState.DONE
    assert smoker.cloud.away == {"get_volume": [], "find_project": []}
    assert smoker.left == set()


def test_an_api_that_refuses_is_not_asked_again(smoker: Smoker) -> None:
    smoker.cloud.away = {"get_volume": [Forbidden("not for you")] * 2}
    outcome = smoker.run()
    assert "not for you" in outcome.hosts["manager"].reason
    assert len(smoker.cloud.away["get_volume"]) == 1


def test_what_cannot_be_removed_fails_a_test_that_went_well(smoker: Smoker, monkeypatch: pytest.MonkeyPatch) -> None:
    smoker.cloud.stuck.add("image")
    monkeypatch.setattr(check_module, "clean", lambda *words, **more: cleaning.clean(*words, **{**more, "seconds": 0}))
    outcome = smoker.run()
    assert "image groundplane-smoke-" in outcome.hosts["manager"].reason


def test_the_users_password_is_hidden(smoker: Smoker) -> None:
    redactor = Redactor([])
    seen: list[Any] = []
    run_check(
        lambda call: seen.append((smoke(call, SmokeOptions()), call)),
        smoker.site,
        ("manager",),
        steps=(),
        connection=cast("Any", None),
        memory=smoker.memory,
        holder=HOLDER,
        minutes=1,
        redactor=redactor,
        tell=smoker.tell,
        say=smoker.lines.append,
        cancel=smoker.cancel,
    )
    assert seen
    assert smoker.login.password not in redactor.text(f"password {smoker.login.password}")
    assert not list(smoker.memory.iterdir())


def test_what_a_killed_test_left_goes_first_and_somebody_elses_stays(smoker: Smoker) -> None:
    identity = smoker.cloud.connection().identity
    old = identity.create_project(
        name=new_name(datetime(2026, 1, 1, tzinfo=UTC)), description=description("other@there")
    )
    smoker.cloud.add("volume", status="available")
    mine = identity.create_project(name=new_name(datetime.now(UTC)), description=description(HOLDER))
    other = identity.create_project(name=new_name(datetime.now(UTC)), description=description("other@there"))
    smoker.run()
    assert [project.id for project in smoker.cloud.of("project")] == [other.id]
    assert old.name in smoker.told["Remove what earlier tests left"][1]
    assert mine.name in smoker.told["Remove what earlier tests left"][1]
    smoker.run(clean=True)
    assert smoker.cloud.of("project") == []


def test_what_was_kept_stays_until_it_is_cleaned(smoker: Smoker) -> None:
    smoker.run(keep=True)
    assert len(smoker.cloud.of("server")) == 1
    smoker.run()
    assert len(smoker.cloud.of("server")) == 1
    smoker.run(clean=True)
    assert smoker.cloud.of("server") == []


def test_parts_can_be_left_out(smoker: Smoker) -> None:
    smoker.run(skip=("ping", "ssh", "backup"))
    assert not {"Ping the server from this machine", "Log in by ssh from this machine", "Back the volume up"} & set(
        smoker.told
    )
    assert "Take a snapshot of the volume" in smoker.told


def test_an_unreachable_address_says_what_to_do(smoker: Smoker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "ping", lambda _address, **_more: reaching.Reached(good=False))
    monkeypatch.setattr("groundplane.openstack.smoke.course.PING_SECONDS", 0)
    outcome = smoker.run()
    assert "203.0.113.7 answers a ping" in outcome.hosts["manager"].reason
    assert "--skip ping" in outcome.hosts["manager"].reason
