"""A lab's nodes are counted at its bridge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from groundplane.lab.quick_look import LabLook, lab_nodes, lab_sites, look_at_lab
from groundplane.lab.state import LabFolder, lab_names
from tests.unit.lab.small_lab import small_lab

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
# As the kernel of a little-endian machine writes 172.31.0.0/24 and 172.31.1.0/24.
MANAGEMENT = "podman2\t00001FAC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
TUNNEL = "podman3\t00011FAC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"


@pytest.fixture
def folder(tmp_path: Path) -> LabFolder:
    found = LabFolder(tmp_path / "state", "tiny")
    found.save(small_lab())
    found.site.mkdir()
    return found


def look(folder: LabFolder, tmp_path: Path, routes: str, ports: int = 0) -> LabLook | None:
    (tmp_path / "routes").write_text(HEAD + routes)
    bridge = tmp_path / "interfaces" / "podman2" / "brif"
    bridge.mkdir(parents=True)
    for number in range(ports):
        (bridge / f"veth{number}").touch()
    return look_at_lab(folder.site, routes=tmp_path / "routes", interfaces=tmp_path / "interfaces")


@pytest.mark.parametrize(
    ("routes", "ports", "running"), [(TUNNEL + MANAGEMENT, 2, 2), (MANAGEMENT, 1, 1), (TUNNEL, 0, 0), ("", 0, 0)]
)
def test_nodes_at_the_bridge(folder: LabFolder, tmp_path: Path, routes: str, ports: int, running: int) -> None:
    assert look(folder, tmp_path, routes, ports) == LabLook("tiny", 2, running)


def test_where_nobody_can_tell(folder: LabFolder, tmp_path: Path) -> None:
    assert look_at_lab(folder.site, routes=tmp_path / "none") == LabLook("tiny", 2, None)
    folder.file.write_text(json.dumps({"name": "tiny"}))
    assert look_at_lab(folder.site) == LabLook("tiny", 0, None)


def test_another_site_is_no_lab(tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_text("{}")
    (tmp_path / "site").mkdir()
    assert look_at_lab(tmp_path / "site") is None


def test_the_labs_here(folder: LabFolder) -> None:
    assert list(lab_sites(folder.state)) == lab_names(folder.state) == ["tiny"]
    assert lab_sites(folder.state)["tiny"] == folder.site
    assert lab_nodes(folder.state, "tiny") == ("manager", "node1")
    assert lab_nodes(folder.state, "none") == ()
