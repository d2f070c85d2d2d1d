from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Commands


def test_a_valid_site(commands: Commands) -> None:
    done = commands.run("validate")
    assert done.exit_code == 0, done.output
    assert done.output == "Valid: 3 hosts, 1 layer, 1 step.\n"


def test_problems_have_file_line_and_cure_and_the_exit_code_is_2(commands: Commands) -> None:
    commands.site.replace("site.yml", "domain:", "domian:")
    done = commands.run("validate")
    assert done.exit_code == 2
    assert f"{commands.site.path}/site.yml:3: the key 'domian' is unknown" in done.output
    assert "  → Did you mean 'domain'?" in done.output
    assert "2 problems in" in done.stderr


def test_json(commands: Commands) -> None:
    assert json.loads(commands.run("validate", "--json").stdout)["valid"] is True
    commands.site.replace("site.yml", "domain:", "domian:")
    done = commands.run("validate", "--json")
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    assert told["valid"] is False
    assert [problem["line"] for problem in told["problems"]] == [1, 3]


@pytest.mark.parametrize("options", [(), ("--secrets",)])
def test_a_site_file_and_the_graph_are_told_in_one_round(commands: Commands, options: tuple[str, ...]) -> None:
    commands.site.replace("site.yml", "domain:", "domian:")
    commands.site.write("layers.yml", "hooks:\n  - {name: mine, after: bootstrap.nothing, playbook: x.yml}\n")
    done = commands.run("validate", *options)
    assert done.exit_code == 2
    assert "'domian'" in done.output
    assert "bootstrap.nothing" in done.output


def test_a_broken_graph_is_told_too(commands: Commands) -> None:
    commands.site.write("layers.yml", "hooks:\n  - {name: mine, after: bootstrap.nothing, playbook: x.yml}\n")
    done = commands.run("validate")
    assert done.exit_code == 2
    assert "layers.yml" in done.output
