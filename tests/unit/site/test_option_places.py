from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import Place
from groundplane.site.option_places import OptionPlaces
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
all:
  hosts:
    node1:
      pools:
        - name: images
          size: 3
        - {name: vms}
pools: []
"""
POOLS = [{"name": "images", "size": 3}, {"name": "vms"}]


def value(path: Path, line: int, column: int) -> Value:
    return Value(POOLS, Level.HOST, Place(path, line, column), "node1")


def test_a_part_of_a_value_is_found_where_it_is_written_not_only_at_the_top(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yml"
    file.write_text(TEXT, encoding="utf-8")
    places = OptionPlaces()
    inner = value(file, 4, 7)
    assert places.place(inner, "pools", 0, "size").line == 6
    assert places.place(inner, "pools", 1).line == 7
    assert places.place(value(file, 8, 1), "pools").line == 8


def test_complaints_about_a_part_find_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yml"
    file.write_text(TEXT, encoding="utf-8")
    below = OptionPlaces().below(value(file, 4, 7), "pools", (0,), POOLS[0])
    assert below.data == POOLS[0]
    assert (below.place().line, below.place("size").line) == (5, 6)


def test_without_the_file_the_values_own_place_is_told(tmp_path: Path) -> None:
    gone = value(tmp_path / "gone.yml", 3, 1)
    places = OptionPlaces()
    assert places.place(gone, "pools", 0) == gone.place
    assert places.below(gone, "pools", (0,), POOLS[0]).place("size").line == 3
