"""The role's own Python is found by the names that Ansible gives it."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[4] / "roles" / "keycloak" / "module_utils"

if str(FOLDER) not in sys.path:
    sys.path.insert(0, str(FOLDER))
