"""The step supply.images: what a plan is told of the registry, and what a run tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import InputError
from groundplane.layers.actions import ActionCall, ActionPlaces
from groundplane.supply import push_action
from groundplane.supply.push import PushResult
from groundplane.supply.skopeo import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site


class Asked:
    """Stands in for the registry and the lock; gets what a step tells."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.missing: list[str] | UnreachableError = []
        self.told: list[str] = []
        self.call = ActionCall(
            site=cast("Site", type("Site", (), {"path": folder, "file": None})),
            hosts=("manager",),
            places=ActionPlaces(folder, folder),
            check=False,
            begin=lambda task: self.told.append(f"begin {task}"),
            report=self.report,
            say=self.told.append,
            stopped=lambda: False,
        )
        monkeypatch.setattr(push_action, "has_lock", lambda _path: True)
        monkeypatch.setattr(push_action, "read_lock", lambda _path: None)
        monkeypatch.setattr(push_action, "read_trusted_lock", lambda _path: None)
        monkeypatch.setattr(push_action, "copied_images", lambda *_: {"nova": None})
        monkeypatch.setattr(push_action, "site_registry", lambda _site: None)
        monkeypatch.setattr(push_action, "missing_images", self.ask)
        monkeypatch.setattr(push_action, "push_images", self.push)

    def report(self, task: str, *, status: str, seconds: float = 0.0, reason: str = "") -> None:
        self.told.append(f"{status} {task} {reason}".strip() if seconds >= 0 else "")

    def ask(self, *_: Any, **_more: Any) -> list[str]:
        if isinstance(self.missing, UnreachableError):
            raise self.missing
        return self.missing

    def push(self, *_: Any, check: bool, watcher: Any, **_more: Any) -> PushResult:
        if not check:
            watcher.begin("nova", number=1, of=1, size=316_000_000)
            watcher.end("nova", seconds=1.0)
        return PushResult(registry="r", pushed=("nova",), present=("base",))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    return Asked(monkeypatch, tmp_path)


def test_a_plan_hears_what_the_registry_lacks_in_few_words(asked: Asked) -> None:
    assert push_action.state(asked.call.site) == {"what the registry lacks": "nothing"}
    asked.missing = ["a", "b", "c", "d", "e", "f", "g"]
    assert push_action.state(asked.call.site) == {"what the registry lacks": "a, b, c, d, e and 2 more"}
    asked.missing = UnreachableError("The registry can't be reached")
    assert push_action.state(asked.call.site) == {"what the registry lacks": "unknown (The registry can't be reached)"}


def test_each_image_is_told_with_its_size(asked: Asked) -> None:
    push_action.carry_out(asked.call)
    assert asked.told == [
        "begin Ask the registry what it lacks",
        "begin Push nova, 1 of 1, 316 MB",
        "changed Push nova, 1 of 1, 316 MB",
        "ok Ask the registry what it lacks 1 image there, 1 pushed",
    ]


def test_check_says_what_would_be_pushed(asked: Asked) -> None:
    object.__setattr__(asked.call, "check", True)
    push_action.carry_out(asked.call)
    assert asked.told[-1] == "changed Push nova"


def test_without_a_lock_it_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, tmp_path)
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"no images\.lock") as refused:
        push_action.carry_out(asked.call)
    assert "groundplane images build" in refused.value.cure
    assert push_action.state(asked.call.site) == {"what the registry lacks": "nothing"}
