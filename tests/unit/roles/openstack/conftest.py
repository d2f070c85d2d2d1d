"""The role's own Python is found by the names that Ansible gives it."""

from __future__ import annotations

import sys
from pathlib import Path

ROLE = Path(__file__).resolve().parents[4] / "roles" / "openstack"

for folder in ("module_utils", "filter_plugins"):
    if str(ROLE / folder) not in sys.path:
        sys.path.insert(0, str(ROLE / folder))
