"""Which runtime podman is told to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.machine.podman import Podman, choose_runtime, has_cgroup_v2

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("cgroup_v2", "crun", "runc", "runtime"),
    [(True, True, True, None), (True, True, False, None), (True, False, True, "runc"), (False, True, True, "runc")],
)
def test_crun_only_on_cgroup_v2(*, cgroup_v2: bool, crun: bool, runc: bool, runtime: str | None) -> None:
    assert choose_runtime(cgroup_v2=cgroup_v2, crun=crun, runc=runc) == runtime


def test_no_fitting_runtime_is_an_error_with_a_cure() -> None:
    with pytest.raises(InputError, match="no container runtime") as refused:
        choose_runtime(cgroup_v2=False, crun=True, runc=False)
    assert "runc" in refused.value.cure


def test_hybrid_cgroups_are_not_v2(tmp_path: Path) -> None:
    (tmp_path / "unified").mkdir()
    (tmp_path / "unified" / "cgroup.controllers").touch()
    assert not has_cgroup_v2(tmp_path)
    (tmp_path / "cgroup.controllers").touch()
    assert has_cgroup_v2(tmp_path)


def test_the_runtime_stands_before_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert Podman("runc").words("ps", "-a") == ["podman", "--runtime", "runc", "ps", "-a"]
    assert Podman().words("ps") == ["podman", "ps"]
