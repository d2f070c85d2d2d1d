"""Which files are set aside before a service runs again."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from groundplane.content import toolkit_content

if TYPE_CHECKING:
    from pathlib import Path


def module() -> Any:
    path = toolkit_content().playbooks / "plugins" / "modules" / "watch_set_aside.py"
    spec = importlib.util.spec_from_file_location("watch_set_aside", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_what_somebody_put_into_a_containers_folder_is_told_from_what_is_listed(tmp_path: Path) -> None:
    for name in ("nova-api/nova.conf", "nova-api/more/by-hand.conf", "nova-api/policy.yaml", "glance-api/mine.conf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    items = [
        {"kind": "container", "name": "nova_api"},
        {"kind": "file", "path": str(tmp_path / "nova-api/nova.conf")},
        {"kind": "file", "path": "/etc/other/file"},
    ]
    strays = module().strays
    assert strays(items, str(tmp_path)) == [
        str(tmp_path / "nova-api/more/by-hand.conf"),
        str(tmp_path / "nova-api/policy.yaml"),
    ]
    assert strays(items[:1], str(tmp_path)) == [], "in folders that no list knows a file may be anybody's"
