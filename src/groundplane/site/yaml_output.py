"""Plain data as YAML that Ansible reads back, its `!vault` and `!unsafe` included."""

from __future__ import annotations

from typing import Any

import yaml

_TAGS = {"__ansible_vault": "!vault", "__ansible_unsafe": "!unsafe"}


class _Dumper(yaml.SafeDumper):
    """Without anchors: people read this, and copy parts of it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: _Dumper, data: dict[Any, Any]) -> yaml.Node:
    if len(data) == 1:
        key, value = next(iter(data.items()))
        if key in _TAGS:
            return dumper.represent_scalar(_TAGS[key], str(value), style="|" if "\n" in str(value) else '"')
    return dumper.represent_dict(data.items())


def _text(dumper: _Dumper, data: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(str, _text)


def to_yaml(data: Any) -> str:
    """The data as YAML, in its own order."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096)
