"""Specifications of OSDs are set unmanaged, once."""

from __future__ import annotations

import importlib
from typing import Any

set_unmanaged: Any = importlib.import_module("ceph_osd_specification").set_unmanaged


class Session:
    def __init__(self) -> None:
        self.unmanaged: set[str] = {"osd.old"}

    def call(self, _prefix: str, **_given: Any) -> Any:
        names = ("osd.lab", "osd.lab2", "osd.old")
        return [{"service_name": name, "unmanaged": name in self.unmanaged} for name in names]

    def text(self, prefix: str, **given: Any) -> str:
        assert prefix == "orch set-unmanaged"
        self.unmanaged.add(given["service_name"])
        return ""


def test_those_that_are_managed() -> None:
    session, names = Session(), ["osd.lab", "osd.old", "osd.gone"]
    assert set_unmanaged(session, names, check=True) == ["set osd.lab unmanaged"]
    assert set_unmanaged(session, names, check=False) == ["set osd.lab unmanaged"]
    assert set_unmanaged(session, names, check=False) == []
    assert session.unmanaged == {"osd.lab", "osd.old"}
