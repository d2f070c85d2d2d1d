from __future__ import annotations

import json
from typing import TYPE_CHECKING

from groundplane.errors import InputError

if TYPE_CHECKING:
    from .conftest import Commands


def test_the_chain_with_what_wins_last(commands: Commands) -> None:
    commands.site.write("inventory/group_vars/control.yml", "kernel_swappiness: 30\n")
    done = commands.run("explain", "kernel_swappiness", "node1")
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[:2] == ["kernel_swappiness on node1", "How eagerly memory is swapped out."]
    assert lines[2].split() == [
        "default",
        "bootstrap",
        "10",
        str(commands.site.content.root / "environments/bootstrap/defaults.yml:1"),
    ]
    assert lines[3].startswith("→")
    assert lines[3].endswith("inventory/group_vars/control.yml:1")


def test_json_and_the_command_line(commands: Commands) -> None:
    done = commands.run("explain", "kernel_swappiness", "node1", "-e", "kernel_swappiness=5", "--json")
    chain = json.loads(done.stdout)["chain"]
    assert [(link["level"], link["value"], link["wins"]) for link in chain] == [
        ("default", 10, False),
        ("command line", 5, True),
    ]


def test_a_site_with_problems_can_still_be_explained(commands: Commands) -> None:
    commands.site.write("inventory/group_vars/contrl.yml", "a: 1\n")
    done = commands.run("explain", "groundplane_domain")
    assert done.exit_code == 0
    assert "test.example" in done.stdout
    assert "1 problem: groundplane validate" in done.stderr


def test_unknown_variables_and_bad_arguments(commands: Commands) -> None:
    done = commands.run("explain", "groundplane_domian")
    assert isinstance(done.exception, InputError)
    assert "'groundplane_domain'" in done.exception.cure
    assert commands.run("explain", "a", "-e", "nonsense").exit_code == 2
    assert commands.run("explain", "a", "-e", "x=[1").exit_code == 2
