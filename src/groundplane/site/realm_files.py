"""environments/identity/realms: one file per realm of the identity layer, beside the layer's configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from groundplane.errors import Place, Problem
from groundplane.site.source import read_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.site.source import Source

LAYER = "identity"
FOLDER = f"environments/{LAYER}/realms"
REALMS, CUSTOMERS = "groundplane_realms", "groundplane_customers"
REALM_NAMES = frozenset({REALMS, CUSTOMERS})
"""Derived variables: what is inside Keycloak of each realm, and what is in OpenStack of each customer."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
"""Without a dot: a person is NAME.USERNAME in the realm that Keystone talks to, and nobody is to be two."""
_OF_CUSTOMERS = ("adopt", "display_name", "enabled", "domain", "projects", "groups")
_OF_GROUPS = ("adopt", "name", "description", "openstack")


def realms_folder(site_path: Path) -> Path:
    return site_path / FOLDER


def read_realm_files(site_path: Path, problems: list[Problem]) -> dict[str, Source]:
    """Realm to its parsed file, in the names' order; an empty file has an empty mapping.

    What can't be read, can't be a realm's name, or is something else than a realm file is told and left out.
    """
    folder = realms_folder(site_path)
    found: dict[str, Source] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        if path.suffix != ".yml" or not path.is_file():
            cure = f"Name it {path.stem}.yml." if path.suffix == ".yaml" else f"Move it out of {FOLDER}."
            problems.append(Problem("is no realm file (NAME.yml), so nobody reads it", cure, Place(path)))
            continue
        if not _NAME.fullmatch(path.stem):
            what = f"'{path.stem}' can't be a realm's name, and the file's name is the realm's"
            cure = "Begin with a small letter, then small letters, digits and hyphens, at most 63 characters."
            problems.append(Problem(what, cure, Place(path)))
            continue
        source = read_source(path, problems)
        if source is None:
            continue
        if source.data is None:
            source = type(source)(path, {})
        if not isinstance(source.data, dict):
            problems.append(Problem("is no mapping", "Write NAME: VALUE on lines of their own.", Place(path, 1)))
            continue
        found[path.stem] = source
    return found


def inside_keycloak(files: Mapping[str, Source]) -> dict[str, Any]:
    """Realm to what its file says of Keycloak itself; data as written."""
    return {
        name: {
            key: _groups(value, leave="openstack") if key == "groups" else value
            for key, value in source.data.items()
            if key != "projects"
        }
        for name, source in files.items()
    }


def inside_openstack(files: Mapping[str, Source]) -> dict[str, Any]:
    """Customer to what its file says of OpenStack: domain, projects, what groups may; data as written."""
    return {
        name: {
            key: _groups(value, keep=_OF_GROUPS) if key == "groups" else value
            for key, value in source.data.items()
            if key in _OF_CUSTOMERS
        }
        for name, source in files.items()
        if source.data.get("broker") is not False
    }


def _groups(value: Any, *, leave: str = "", keep: tuple[str, ...] = ()) -> Any:
    if not isinstance(value, list):
        return value
    return [
        {key: each for key, each in group.items() if key != leave and (not keep or key in keep)}
        if isinstance(group, dict)
        else group
        for group in value
    ]
