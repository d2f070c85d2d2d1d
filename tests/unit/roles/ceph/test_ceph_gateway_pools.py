"""The gateways' pools: made where they are missing, kept where the site names them, left alone otherwise."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.unit.roles.ceph.small_cluster import crush_dump, osds, pool

gateway_pools: Any = importlib.import_module("ceph_gateway_pools")
CephError: Any = importlib.import_module("ceph_session").CephError

HOSTS = {f"node{number}": {number: "hdd"} for number in range(3)}


class Session:
    def __init__(self, *there: dict[str, Any]) -> None:
        self.there = list(there)

    def call(self, prefix: str, **_: Any) -> Any:
        if prefix == "osd crush dump":
            return crush_dump(HOSTS)
        assert prefix == "osd dump"
        return {"pools": self.there, "erasure_code_profiles": {}, "osds": osds(range(3))}


def planned(session: Session, *written: dict[str, Any], **defaults: Any) -> tuple[list[str], list[str]]:
    pools, changes, problems = gateway_pools.plan(session, written, defaults)
    assert all(one.application == "rgw" for one in pools)
    return [one.name for one in pools], problems or [change.sentence for change in changes]


def test_all_standard_pools_are_made_in_a_new_cluster() -> None:
    names, changes = planned(Session(), autoscale="off", pg_num=8)
    assert sorted(names) == sorted(gateway_pools.STANDARD)
    assert len(changes) == len(gateway_pools.STANDARD)


def test_pools_that_are_there_stay_as_they_are() -> None:
    there = [pool(name, size=2, application_metadata={"rgw": {}}) for name in gateway_pools.STANDARD]
    assert planned(Session(*there)) == ([], [])


def test_a_pool_that_the_site_names_is_kept_as_it_says() -> None:
    there = [pool(name, size=2, application_metadata={"rgw": {}}) for name in gateway_pools.STANDARD]
    names, changes = planned(Session(*there), {"name": gateway_pools.DATA, "size": 3})
    assert names == [gateway_pools.DATA]
    assert any(change.startswith(f"pool {gateway_pools.DATA}: ") for change in changes)


def test_what_can_not_be_is_refused_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_pools, "make_pools", lambda *_: pytest.fail("a pool was made"))
    written = [{"name": gateway_pools.DATA, "type": "erasure", "erasure": {"k": 4, "m": 2}}]
    with pytest.raises(CephError, match="ceph_gateway_pools"):
        gateway_pools.set_up(None, Session(), written, {}, check=False)


def test_check_mode_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_pools, "make_pools", lambda *_: pytest.fail("a pool was made"))
    assert len(gateway_pools.set_up(None, Session(), [], {}, check=True)) == len(gateway_pools.STANDARD)
