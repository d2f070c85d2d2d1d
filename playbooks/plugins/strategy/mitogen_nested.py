"""Mitogen's linear strategy, which also sends a host what a module imports inside its functions.

Mitogen looks at a module's outermost imports alone, and kolla_container imports what speaks with the container engine
inside main(). What names podman is left out: mitogen imports everything at once, and hosts with Docker have no podman
module.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

import mitogen.imports

if TYPE_CHECKING:
    from collections.abc import Iterator

_of_module = mitogen.imports.codeobj_imports
LEFT_OUT = "podman"


def _nested(code: types.CodeType) -> Iterator[tuple[Any, ...]]:
    yield from _of_module(code)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from (found for found in _nested(constant) if LEFT_OUT not in found[1])


mitogen.imports.codeobj_imports = _nested

import ansible.plugins.strategy.linear  # noqa: E402 - mitogen's imports have to be changed first
import ansible_mitogen.strategy  # noqa: E402


class StrategyModule(ansible_mitogen.strategy.StrategyMixin, ansible.plugins.strategy.linear.StrategyModule):
    """Ansible finds it by this name."""
