"""Secrets that a realm file refers to: that they are in secrets.yml, and nowhere in clear."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.identity.options import SECRET_KEYS
from groundplane.plan.references import in_template
from groundplane.site.secrets.declared import load_declared
from groundplane.site.source import VAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from groundplane.identity.options import Realm
    from groundplane.site.site import Site
    from groundplane.site.source import KeyPath, Source

LIST = "environments/identity/secrets.yml"
ALIKE = 0.85
"""How alike two names have to be for one to count as the other misspelt (difflib): many end in _password."""
_NOT_SECRETS = ("attributes", "config")
"""Mappings of Keycloak's own settings, in which keys of these names may mean anything."""


def to_be_made(site: Site) -> frozenset[str]:
    """Secrets that the toolkit or the site lists: that one of them is missing is told where a site is loaded."""
    try:
        return frozenset(load_declared(site.content, site.file.layers, site_path=site.path))
    except InputError:  # told there, too
        return frozenset(load_declared(site.content, site.file.layers))


def secret_problems(site: Site, realm: Realm, source: Source, *, listed: frozenset[str]) -> Iterator[Problem]:
    """What is wrong with the secrets of a realm file; `listed` are those `to_be_made`."""
    for path, written in _secrets(source.data, ()):
        place = source.place(*path)
        what = f"'{path[-1]}' of the realm '{realm.name}'"
        if not isinstance(written, str) or not written:
            if isinstance(written, dict) and VAULT_KEY in written:
                yield Problem(f"{what} is vaulted here", "Move it to secrets.yml (groundplane secrets edit).", place)
            continue
        names = sorted(in_template(written).names) if "{{" in written else []
        if not names:
            yield Problem(
                f"{what} stands there in clear",
                'Move it to secrets.yml (groundplane secrets edit) and write "{{ ITS_NAME }}" here; and change it.',
                place,
            )
        for name in names:
            found = site.variables.value(name, None)
            if found is None and site.secrets_loaded and name not in listed:
                near = get_close_matches(name, {*site.variables.secret_names(), *listed}, 1, ALIKE)
                yield Problem(
                    f"{what} is to be the secret '{name}', which there isn't",
                    f"Did you mean '{near[0]}'?"
                    if near
                    else f"Name it in {LIST} (NAME: {{kind: password, description: …}}), then groundplane secrets init "
                    "makes it; or put it in: groundplane secrets edit.",
                    place,
                )
            elif found is not None and not found.secret and not _sealed(found.value):
                yield Problem(
                    f"{what} is '{name}', which stands in clear in {found.place}",
                    "Move it to secrets.yml (groundplane secrets edit), and change it.",
                    place,
                )


def _sealed(value: Any) -> bool:
    return isinstance(value, dict) and VAULT_KEY in value


def _secrets(data: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """Each value that a key of `SECRET_KEYS` has, with its place."""
    if isinstance(data, list):
        for index, each in enumerate(data):
            yield from _secrets(each, (*path, index))
    elif isinstance(data, dict) and not (path and path[-1] in _NOT_SECRETS):
        for key, each in data.items():
            if key in SECRET_KEYS and not isinstance(each, list):
                yield (*path, key), each
            else:
                yield from _secrets(each, (*path, key))
