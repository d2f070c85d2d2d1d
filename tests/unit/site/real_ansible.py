"""What the real Ansible makes of an inventory; the yardstick for our own loader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).parent / "ansible-inventory"

needs_ansible = pytest.mark.skipif(not PROGRAM.exists(), reason="ansible isn't installed beside this Python")


def ansible_sees(inventory: Path) -> dict[str, Any]:
    """ansible-inventory --list, as data."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(inventory.parent),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
    }
    done = subprocess.run(
        [str(PROGRAM), "-i", str(inventory), "--list"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=inventory.parent,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def variables_of_all(seen: dict[str, Any], hosts: list[str]) -> dict[str, dict[str, Any]]:
    """Host to its variables; Ansible leaves out hosts that have none."""
    return {host: seen["_meta"]["hostvars"].get(host, {}) for host in hosts}
