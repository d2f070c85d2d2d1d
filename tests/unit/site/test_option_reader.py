"""A layer's options: worked out, read as models, told with their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, ConfigDict

from groundplane.site.conditions import Conditions
from groundplane.site.option_reader import OptionReader

if TYPE_CHECKING:
    from groundplane.errors import Problem

    from .conftest import SiteFolder


class Disk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    size: int = 1
    keys: dict[str, int] = {}


class Reader(OptionReader):
    def resolve(self, value: Any, host: str | None = None) -> Any:
        return Conditions(lambda name: self.find(name, host), {"inventory_hostname": host or ""}).value(value)


@pytest.fixture
def problems() -> list[Problem]:
    return []


def reader(folder: SiteFolder, problems: list[Problem], text: str, *, unknown: list[Problem] | None = None) -> Reader:
    folder.write("inventory/group_vars/all.yml", text)
    return Reader(folder.load(), problems, unknown=unknown)


def test_entries_stand_over_the_defaults(site_folder: SiteFolder, problems: list[Problem]) -> None:
    text = "size: 7\ndisks:\n  - {name: a, keys: {y: 3}}\n  - {name: b, size: '{{ size }}'}\n"
    found = reader(site_folder, problems, text)
    disks = found.models(Disk, "disks", defaults={"size": 2, "keys": {"x": 1, "y": 1}})
    assert [(disk.name, disk.size, disk.keys) for disk in disks] == [
        ("a", 2, {"x": 1, "y": 3}),
        ("b", 7, {"x": 1, "y": 1}),
    ]
    assert problems == []


def test_what_is_wrong_is_told_with_its_line_and_once(site_folder: SiteFolder, problems: list[Problem]) -> None:
    found = reader(site_folder, problems, "disks:\n  - name: a\n  - name: b\n    sizes: 3\n")
    for host in ("node1", "node2"):
        assert [disk.name for disk in found.models(Disk, "disks", host)] == ["a"]
    [problem] = problems
    assert "sizes" in problem.what
    assert problem.place is not None
    assert (problem.place.file.name, problem.place.line) == ("all.yml", 4)


def test_what_takes_ansible_is_told_apart(site_folder: SiteFolder, problems: list[Problem]) -> None:
    unknown: list[Problem] = []
    found = reader(site_folder, problems, "name: '{{ ansible_facts.hostname }}'\n", unknown=unknown)
    assert [found.of("name", host) for host in ("node1", "node2")] == [None, None]
    assert found.text("name") == ""
    assert [problem.what.partition(" can't")[0] for problem in unknown] == ["the value of 'name'"]
    assert problems == []


def test_what_nothing_sets_has_no_value_and_no_place(site_folder: SiteFolder, problems: list[Problem]) -> None:
    found = reader(site_folder, problems, "one_disk: sda\n")
    assert (found.of("other"), found.text("other"), found.texts("other"), found.place("other")) == (None, "", (), None)
    assert found.models(Disk, "one_disk") == ()
