from __future__ import annotations

from pathlib import Path

from groundplane.run.operation import Operation
from groundplane.run.stages import Stage


def test_for_programs() -> None:
    stage = Stage("ceph.replace-osd", "Replace it", Path("x.yml"), ("node1",), {"ceph_osd": 3})
    operation = Operation("ceph osd replace", "Replace osd.3", ("One.", "Two."), (stage,), (stage,), danger="Data.")
    data = operation.as_data()
    assert data["lines"] == ["One.", "Two."]
    assert data["stages"] == [{"id": "ceph.replace-osd", "description": "Replace it", "hosts": ["node1"]}]
    assert data["always"] == data["stages"]
    assert (data["danger"], data["confirm"], data["nothing"]) == ("Data.", "", "")
