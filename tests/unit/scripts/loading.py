"""Scripts that belong to no package, as modules."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from tests.command import ROOT


def load_script(name: str) -> Any:
    """scripts/NAME.py."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
