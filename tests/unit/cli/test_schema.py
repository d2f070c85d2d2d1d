from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Commands


def test_all_schemas(commands: Commands) -> None:
    assert "networks" in json.loads(commands.run("schema").output)["properties"]
    assert "hooks" in json.loads(commands.run("schema", "layers").output)["properties"]
    assert "kernel_sysctl" in json.loads(commands.run("schema", "bootstrap").output)["properties"]
    done = commands.run("schema", "bootstrp")
    assert "no schema of 'bootstrp'" in str(done.exception)
