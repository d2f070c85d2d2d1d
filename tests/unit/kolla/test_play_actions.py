"""What of Kolla's plays is left out for an action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.kolla.play_actions import plays_of_action
from groundplane.site.kolla.catalogue import read_catalogue

if TYPE_CHECKING:
    from .conftest import CloudSite


def task(name: str, when: Any = None) -> dict[str, Any]:
    return {"name": name} if when is None else {"name": name, "when": when}


PLAY: dict[str, Any] = {
    "hosts": "all",
    "tasks": [
        task("always"),
        task("upgrade", ["enable_nova | bool", "kolla_action == 'upgrade'"]),
        task("some", "kolla_action in ['deploy', 'reconfigure']"),
        task("not", "kolla_action != 'config'"),
        task("unknown", "kolla_action == 'upgrade' or x"),
    ],
}


def names(action: str) -> list[str]:
    return [entry["name"] for play in plays_of_action([PLAY], action) for entry in play["tasks"]]


def test_only_conditions_on_the_action_alone_are_judged() -> None:
    assert names("deploy") == ["always", "some", "not", "unknown"]
    assert names("upgrade") == ["always", "upgrade", "not", "unknown"]
    assert names("config") == ["always", "unknown"]


def test_a_play_without_work_goes_and_one_with_roles_stays() -> None:
    upgrade = {"hosts": "all", "tasks": [task("upgrade", "kolla_action == 'upgrade'")]}
    roles = {"hosts": "all", "roles": ["memcached", {"role": "nova", "when": "enable_nova | bool"}]}
    assert plays_of_action([upgrade, roles], "deploy") == [roles]


def test_a_deployment_of_nova_leaves_out_what_upgrades(cloud: CloudSite) -> None:
    site = cloud.load()
    service = read_catalogue(site.release, site.content).services["nova-cell"]
    kept = [play["name"] for play in plays_of_action(service.plays, "deploy")]
    assert "Apply role nova-cell" in kept
    assert not [name for name in kept if "online data migrations" in name]
    assert len(plays_of_action(service.plays, "upgrade")) > len(kept)
