"""Kinds of volumes."""

from __future__ import annotations

from typing import Any

from groundplane.platform.scopes import Scopes
from groundplane.platform.volume_types import VolumeTypes

from .conftest import Desk  # noqa: TC001

COPIES: dict[str, Any] = {
    "name": "replicated",
    "description": "[scs:replicated] Three copies",
    "extra_specs": {"volume_backend_name": "rbd-1"},
}


def types(desk: Desk) -> VolumeTypes:
    return VolumeTypes(desk.site, desk.asked, desk.cloud, Scopes(desk.cloud))


def test_a_type_with_its_backend(desk: Desk) -> None:
    desk.declare(volume_types=[COPIES])
    assert desk.apply(types) == ["Volume type replicated: changed (made)"]
    made = desk.cloud.named("volume_types", "replicated")
    assert made["extra_specs"] == {"volume_backend_name": "rbd-1", "groundplane:site": "test"}
    assert desk.apply(types) == ["Volume type replicated: ok"]


def test_drift_is_put_right(desk: Desk) -> None:
    desk.declare(volume_types=[COPIES])
    desk.apply(types)
    made = desk.cloud.named("volume_types", "replicated")
    made |= {"description": "fast", "extra_specs": {"groundplane:site": "test", "other": "1"}}
    why = "description fast → [scs:replicated] Three copies; extra spec other 1 → none; "
    told = desk.apply(types)
    assert told == [
        f"Volume type replicated: changed ({why}extra spec volume_backend_name none → rbd-1)",
    ]
    assert made["extra_specs"] == {"volume_backend_name": "rbd-1", "groundplane:site": "test"}


def test_encryption_comes_changes_and_goes(desk: Desk) -> None:
    desk.declare(volume_types=[COPIES])
    desk.apply(types)
    desk.declare(volume_types=[{**COPIES, "encryption": {}}])
    assert "encryption cipher none → aes-xts-plain64" in desk.apply(types)[0]
    desk.declare(volume_types=[{**COPIES, "encryption": {"key_size": 512}}])
    assert desk.apply(types) == ["Volume type replicated: changed (encryption key_size 256 → 512)"]
    desk.declare(volume_types=[COPIES])
    desk.apply(types)
    assert "encryption" not in desk.cloud.named("volume_types", "replicated")


def test_cinders_own_type_is_left_alone(desk: Desk) -> None:
    desk.cloud.add("volume_types", name="__DEFAULT__", description="x", extra_specs={})
    desk.declare(volume_types=[COPIES], prune=["volume_types"])
    desk.apply(types)
    desk.declare(prune=["volume_types"])
    assert desk.apply(types) == ["Volume type replicated: changed (no longer declared: removed)"]
    assert desk.cloud.names("volume_types") == ["__DEFAULT__"]


def test_a_type_for_some_projects_alone(desk: Desk) -> None:
    desk.declare(volume_types=[{**COPIES, "public": False, "projects": ["admin"]}])
    desk.apply(types)
    made = desk.cloud.named("volume_types", "replicated")
    assert made["access"] == ["admin"]
    made["access"] = []
    assert desk.apply(types) == ["Volume type replicated: changed (projects none → admin)"]
    assert desk.apply(types) == ["Volume type replicated: ok"]
