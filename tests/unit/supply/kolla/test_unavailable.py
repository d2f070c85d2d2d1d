"""What can't be built is said at once, with the switch that leaves it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.supply.kolla.unavailable import Unavailable, check_available, read_unavailable

if TYPE_CHECKING:
    from pathlib import Path

LACKING = {
    "fluentd": Unavailable(lacks="no package", switch="enable_fluentd"),
    "proxysql": Unavailable(lacks="no package", switch="enable_proxysql"),
}


def test_all_are_named_at_once() -> None:
    with pytest.raises(InputError) as refused:
        check_available(["base", "fluentd", "proxysql"], LACKING, None)
    assert refused.value.what == "2 images can't be built here"
    assert [problem.cure for problem in refused.value.problems] == ["enable_fluentd: false", "enable_proxysql: false"]


def test_one_is_named_in_the_first_line() -> None:
    with pytest.raises(InputError, match="The image 'fluentd' can't be built here"):
        check_available(["fluentd"], LACKING, None)


def test_a_site_with_a_source_of_its_own_may_build_it(tmp_path: Path) -> None:
    overrides = tmp_path / "template-overrides.j2"
    overrides.write_text("{% block fluentd_header %}RUN ...{% endblock %}")
    check_available(["fluentd", "base"], LACKING, overrides)
    with pytest.raises(InputError, match="proxysql"):
        check_available(["proxysql"], LACKING, overrides)


def test_what_ships_names_switches_that_kolla_ansible_has() -> None:
    folder = toolkit_content().images / "kolla" / "2026.1"
    text = (folder / "services.yml").read_text(encoding="utf-8")
    found = read_unavailable(folder)
    assert "fluentd" in found
    assert [item.switch for item in found.values() if item.switch not in text] == []


def test_a_release_without_the_file_lacks_nothing(tmp_path: Path) -> None:
    assert read_unavailable(tmp_path) == {}
