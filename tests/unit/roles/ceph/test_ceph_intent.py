"""What the site asks for and the cluster doesn't have, told by the step that would mend it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tests.unit.roles.ceph.small_cluster import crush_dump, osds, pool

if TYPE_CHECKING:
    import pytest

intent: Any = importlib.import_module("ceph_intent")
gateway_service: Any = importlib.import_module("ceph_gateway_service")

CAPS = {"mon": "profile rbd", "osd": "profile rbd pool=images"}
OPTIONS: dict[str, Any] = {
    "pools": [{"name": "images"}],
    "pool_defaults": {},
    "users": [{"name": "glance", "caps": CAPS}],
    "filesystems": [],
    "filesystem_hosts": [],
    "gateways": {"node1": "172.31.9.11"},
    "gateway_port": 7480,
    "gateway_certificates": "/certificates",
    "gateway_settings": {},
    "gateway_users": [],
    "gateway_pools": [],
}
SERVICE = gateway_service.Gateways(port=7480, folder="/certificates", settings={}).specification()


class Session:
    """A cluster that has all of it; what is given differs."""

    def __init__(self, **changed: Any) -> None:
        standard = [pool(name, application_metadata={"rgw": {}}) for name in intent.ceph_gateway_pools.STANDARD]
        self.answers = {
            "osd dump": {"pools": [pool("images"), *standard], "erasure_code_profiles": {}, "osds": osds(range(3))},
            "osd crush dump": crush_dump({f"node{number}": {number: "hdd"} for number in range(3)}),
            "auth ls": {"auth_dump": [{"entity": "client.glance", "caps": CAPS, "key": "SECRETKEY"}]},
            "orch ls": [SERVICE],
            "config dump": [],
            "config-key get": {},
            "fs dump": {"filesystems": [], "standbys": []},
            **changed,
        }

    def call(self, prefix: str, **_: Any) -> Any:
        return self.answers[prefix]


def missing(session: Session, *steps: str, **options: Any) -> dict[str, str]:
    def asked(step: str) -> bool:
        return not steps or step in steps

    return {problem.topic: problem.text for problem in intent.missing(None, session, {**OPTIONS, **options}, asked)}


def test_nothing_is_missing() -> None:
    assert missing(Session()) == {}


def test_each_step_tells_what_differs_and_how_it_is_mended() -> None:
    session = Session(**{"auth ls": {"auth_dump": []}, "orch ls": []})
    session.answers["osd dump"]["pools"].pop(0)
    found = missing(session)
    assert set(found) == {"pools", "users", "gateway"}
    for step, text in found.items():
        assert text.endswith(f"Cure: groundplane apply ceph.{step} --force")
    assert "images" in found["pools"]
    assert "client.glance" in found["users"]
    assert "SECRETKEY" not in str(found)


def test_only_the_steps_that_are_asked_for() -> None:
    session = Session(**{"auth ls": {"auth_dump": []}, "orch ls": []})
    assert set(missing(session, "users")) == {"users"}
    assert missing(session, "osds") == {}


def test_a_site_without_gateways_lacks_none() -> None:
    assert missing(Session(**{"orch ls": []}), gateways={}) == {}


def test_a_file_system_that_is_not_there() -> None:
    found = missing(Session(), filesystems=[{"name": "shares"}], filesystem_hosts=["node1"])
    assert "shares: the file system isn't there" in found["filesystems"]


def test_users_of_the_gateways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intent, "Administration", Administration)
    found = missing(Session(), gateway_users=[{"name": "backup", "for": ["cinder-backup"]}, {"name": "there"}])
    assert found["gateway"].startswith("Gateways aren't as the site asks: make the user backup. Cure")


class Administration:
    def __init__(self, _cluster: Any) -> None:
        pass

    def __enter__(self) -> Administration:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def find(self, name: str) -> Any:
        return {"user_id": name} if name == "there" else None
