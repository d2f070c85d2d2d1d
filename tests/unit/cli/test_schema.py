from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Commands


def test_both_schemas(commands: Commands) -> None:
    assert "networks" in json.loads(commands.run("schema").output)["properties"]
    assert "hooks" in json.loads(commands.run("schema", "layers").output)["properties"]
    assert commands.run("schema", "nothing").exit_code == 2
