"""How Ceph writes settings and service specifications."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def initial_conf(configuration: Mapping[str, Mapping[str, object]]) -> str:
    """Settings as a ceph.conf. Sections with a mask can't stand in one; they are set afterwards."""
    lines = []
    for section, settings in configuration.items():
        if "/" in section or not settings:
            continue
        lines.append(f"[{section}]")
        lines += [f"{key} = {setting_text(value)}" for key, value in settings.items()]
    return "\n".join(lines) + "\n"


def setting_text(value: object) -> str:
    """A setting's value as Ceph writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return " ".join(setting_text(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)


def documents(specifications: Iterable[Mapping[str, object]]) -> str:
    """Specifications as `ceph orch apply -i` takes them: YAML documents, of which JSON is one way to write."""
    return "".join(f"---\n{json.dumps(specification)}\n" for specification in specifications)
