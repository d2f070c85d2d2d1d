"""What steps depend on of realm files, item by item, so that a plan names the realm and the key that changed.

- "realm NAME": there is such a realm;
- "realm NAME KEY": what its file says for a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.site.realm_files import FOLDER, REALM_NAMES, read_realm_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.site.site import Site

PREFIX = "realm "
PARTED = REALM_NAMES
"""Variables of which each part counts by itself."""


def parts(value: Any) -> Iterator[tuple[str, Any]]:
    """An input's name and value for each part of a variable of `PARTED`."""
    for realm, keys in value.items() if isinstance(value, dict) else ():
        yield f"{PREFIX}{realm}", True
        for key, written in keys.items() if isinstance(keys, dict) else ():
            yield f"{PREFIX}{realm} {key}", written


def without_new(names: Sequence[str]) -> tuple[str, ...]:
    """Of a realm that is new or gone, that alone is told, and not each of its keys."""
    whole = {name for name in names if name.startswith(PREFIX) and name.count(" ") == 1}
    return tuple(name for name in names if name in whole or " ".join(name.split(" ")[:2]) not in whole)


def in_words(site: Site, name: str) -> str:
    """For people: "realm acme: groups (environments/identity/realms/acme.yml:12)"."""
    _, realm, *rest = name.split(" ", 2)
    source = read_realm_files(site.path, []).get(realm)
    if not rest:
        return f"realm {realm} ({'new' if source is not None else 'not declared any more'})"
    if source is None or rest[0] not in source.data:
        return f"realm {realm}: {rest[0]} (not set any more)"
    return f"realm {realm}: {rest[0]} ({FOLDER}/{realm}.yml:{source.place(rest[0]).line})"
