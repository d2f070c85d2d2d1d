from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from .conftest import Commands


def test_both_formats_say_the_same(commands: Commands) -> None:
    from_yaml = yaml.safe_load(commands.run("inventory").output)
    assert from_yaml == json.loads(commands.run("inventory", "--format", "json").output)
    assert from_yaml == json.loads(commands.run("inventory", "--json").output)
    assert list(from_yaml["all"]["hosts"]) == ["node1", "node2", "node3"]


def test_one_host(commands: Commands) -> None:
    assert yaml.safe_load(commands.run("inventory", "--host", "node2").output)["ansible_host"] == "172.31.0.12"
