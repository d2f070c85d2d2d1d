"""Single containers of Kolla's, taken off a host that stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from openstack_leftovers_cleaning import clean_leftovers  # type: ignore[import-not-found]
from openstack_node_running import NodeError  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from pathlib import Path


class Host:
    def __init__(self, root: Path, *names: str) -> None:
        self.root = root
        self.containers = [self.container(name) for name in names]
        for folder in ("units", "kolla", "watch"):
            (root / folder).mkdir()
        for name in names:
            (root / "kolla" / name).mkdir()
            (root / "kolla" / name / "config.json").touch()
            (root / "units" / f"kolla-{name}-container.service").touch()
        (root / "watch" / "openstack.heat.json").touch()
        self.asked: list[str] = []

    def container(self, name: str, label: str = "kolla_version") -> dict[str, Any]:
        mounts = [
            {"Type": "bind", "Source": str(self.root / "kolla" / name)},
            {"Type": "volume", "Name": name, "Source": f"/volumes/{name}"},
            {"Type": "volume", "Name": "kolla_logs", "Source": "/volumes/kolla_logs"},
        ]
        return {"Name": f"/{name}", "Config": {"Labels": {label: "22"}}, "Mounts": mounts}

    def run(self, *words: str) -> tuple[int, str, str]:
        line = " ".join(words)
        if "ps --all" in line:
            return 0, "\n".join(one["Name"] for one in self.containers), ""
        if "container inspect" in line:
            return 0, json.dumps(self.containers), ""
        self.asked.append(line)
        return 0, "", ""

    def clean(self, *names: str, steps: tuple[str, ...] = (), machines: int = 0, check: bool = False) -> Any:
        return clean_leftovers(
            self.run,
            "docker",
            list(names),
            list(steps),
            check=check,
            units=self.root / "units",
            configuration=self.root / "kolla",
            watch=self.root / "watch",
            machines=lambda: machines,
        )


def test_a_container_goes_with_its_unit_and_folder_and_its_volume_stays(tmp_path: Path) -> None:
    host = Host(tmp_path, "heat_api", "nova_api")
    changes, volumes = host.clean("heat_api", "heat_gone", steps=("openstack.heat", "openstack.gone"))
    assert changes == [
        "containers: heat_api",
        str(tmp_path / "kolla" / "heat_api"),
        str(tmp_path / "watch" / "openstack.heat.json"),
    ]
    assert volumes == ["heat_api"]
    assert host.asked == [
        "systemctl disable --now kolla-heat_api-container.service",
        "systemctl daemon-reload",
        "docker rm --force heat_api",
    ]
    assert [path.name for path in (tmp_path / "kolla").iterdir()] == ["nova_api"]
    assert [path.name for path in (tmp_path / "units").iterdir()] == ["kolla-nova_api-container.service"]
    assert not list((tmp_path / "watch").iterdir())


def test_a_folder_that_another_container_mounts_stays(tmp_path: Path) -> None:
    host = Host(tmp_path, "heat_api", "heat_engine")
    host.containers[1]["Mounts"] = host.containers[0]["Mounts"]
    changes, _ = host.clean("heat_api")
    assert changes == ["containers: heat_api"]
    assert (tmp_path / "kolla" / "heat_api").is_dir()


def test_check_mode_and_a_second_time_change_nothing(tmp_path: Path) -> None:
    host = Host(tmp_path, "heat_api")
    assert len(host.clean("heat_api", check=True)[0]) == 2
    assert host.asked == []
    host.containers = []
    (tmp_path / "units" / "kolla-heat_api-container.service").unlink()
    assert host.clean("heat_api") == ([], [])
    assert host.asked == []


def test_what_isnt_kollas_and_a_hypervisor_at_work_are_refused(tmp_path: Path) -> None:
    host = Host(tmp_path, "nova_libvirt")
    with pytest.raises(NodeError, match="virtual machines run here"):
        host.clean("nova_libvirt", machines=1)
    host.containers = [host.container("mine", label="other")]
    with pytest.raises(NodeError, match="mine is not of an image of Kolla's"):
        host.clean("mine")
