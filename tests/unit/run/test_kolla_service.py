"""One preparation for all services of a run, and the plays of each."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.kolla.playbook import ServicePlaybook
from groundplane.run import kolla_service as service_step
from groundplane.run.events import WorkState
from groundplane.run.outcome import HostOutcome, PlaybookOutcome
from tests.unit.run.builders import step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.kolla.playbook import KollaFolder
    from groundplane.run.ansible import Playbook
    from groundplane.run.workbench import Workbench
    from groundplane.site.site import Site


class Folder:
    """Kolla's folder, as far as the player asks it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None, Path | None]] = []
        self.again: list[bool] = []

    def hosts(self) -> tuple[str, ...]:
        return ("a", "b", "c")

    def preparing_playbook(self) -> ServicePlaybook:
        return ServicePlaybook(Path("prepare.yml"), ())

    @contextmanager
    def service_playbook(
        self, name: str, *, action: str, step: str | None, again: bool, handover: Path | None
    ) -> Iterator[ServicePlaybook]:
        self.again.append(again)
        self.asked.append((name, action, step, handover))
        yield ServicePlaybook(Path(f"{name}.yml"), (Path("kolla.json"),), {"kolla_action": action}, {"X": "1"})

    @contextmanager
    def prechecks_playbook(self, names: Sequence[str]) -> Iterator[ServicePlaybook]:
        self.asked.append((" ".join(names), "precheck", None, None))
        yield ServicePlaybook(Path("prechecks.yml"), ())


class Player:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = Folder()
        self.played: list[Playbook] = []
        self.down: set[str] = set()
        monkeypatch.setattr(service_step.ServicePlayer, "_folder", lambda _self: cast("KollaFolder", self.folder))
        self.player = service_step.ServicePlayer(
            cast("Site", None),
            cast("Workbench", None),
            accelerator=True,
            learn=lambda _keys: None,
            first=("glance", "nova"),
        )

    def play(self, playbook: Playbook) -> PlaybookOutcome:
        self.played.append(playbook)
        states = {host: WorkState.UNREACHABLE if host in self.down else WorkState.DONE for host in playbook.hosts}
        return PlaybookOutcome({host: HostOutcome(state=state) for host, state in states.items()}, 0.1)

    def precheck(self, *hosts: str) -> None:
        one = replace(step("openstack.prechecks"), playbook=None, action="kolla_prechecks")
        self.player(one, hosts, handed={}, play=self.play, action="deploy")

    def serve(self, name: str, *hosts: str, action: str = "deploy", **handed: Any) -> None:
        one = replace(step(f"openstack.{name}"), playbook=None, service=name)
        self.player(one, hosts, handed=handed, play=self.play, action=action)


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> Player:
    return Player(monkeypatch)


def test_all_hosts_are_prepared_once_before_the_first_service(player: Player) -> None:
    player.serve("glance", "a")
    player.serve("nova", "a", "b")
    assert [(played.path.name, played.hosts) for played in player.played] == [
        ("prepare.yml", ("a", "b", "c")),
        ("glance.yml", ("a",)),
        ("nova.yml", ("a", "b")),
    ]
    assert len({played.id for played in player.played}) == 3


def test_a_host_that_was_down_is_prepared_again_only_where_the_step_needs_it(player: Player) -> None:
    player.down = {"c"}
    player.serve("glance", "a")
    player.serve("nova", "a")
    player.serve("nova-cell", "b", "c")
    assert [played.hosts for played in player.played if played.path.name == "prepare.yml"] == [("a", "b", "c"), ("c",)]


def test_the_playbook_gets_the_step_the_handover_and_kollas_inventory(player: Player) -> None:
    player.serve("glance", "a", groundplane_handover={"ceph": "/memory/ceph"})
    assert player.folder.asked == [("glance", "deploy", "openstack.glance", Path("/memory/ceph"))]
    made = player.played[-1]
    assert made.variables["groundplane_step"] == "openstack.glance"
    assert made.variables["kolla_action"] == "deploy"
    assert made.inventories == (Path("kolla.json"),)
    assert made.environment == {"X": "1"}


def test_only_what_applies_leaves_a_watch_list(player: Player) -> None:
    player.serve("glance", "a", action="stop")
    player.serve("nova", "a", action="reconfigure")
    assert [asked[2] for asked in player.folder.asked] == [None, "openstack.nova"]


def test_what_comes_for_the_first_time_isnt_applied_again(player: Player) -> None:
    player.serve("glance", "a")
    player.serve("memcached", "a")
    assert player.folder.again == [False, True]


def test_prechecks_are_of_services_that_come_for_the_first_time(player: Player) -> None:
    player.precheck("a", "b")
    assert player.folder.asked == [("glance nova", "precheck", None, None)]
    assert player.played[-1].hosts == ("a", "b")
