"""What can be told wrong of the OpenStack layer from a site's files alone, before any host is asked.

Names that kolla-ansible doesn't know in environments/openstack/configuration.yml are told where a site is loaded
(site.environments): there nothing else may stand. Group and host variables may be anything, so of those only names are
told that look like one of Kolla's and are none.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, Problem
from groundplane.kolla.validation import translation_problems
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.kolla.switches import enabled_services
from groundplane.site.option_types import has_jinja
from groundplane.site.source import VAULT_KEY
from groundplane.site.validation import written_values
from groundplane.site.values import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.site.kolla.catalogue import KollaCatalogue
    from groundplane.site.site import Site
    from groundplane.site.values import Value

LAYER = "openstack"
SIMILAR = 0.88
"""How alike two names have to be for one to count as the other misspelt, as difflib measures it."""
ENGINES = {
    "kolla_action": "groundplane openstack service runs Kolla's actions.",
    "kolla_certificates_dir": "A site's own certificates lie in certificates/, their keys in secrets.yml.",
    "node_config": "Remove it: the folder is in memory, and gone after the run.",
    "node_custom_config": "Put override files into environments/openstack/overlays.",
}
"""Variables of Kolla's that the engine sets for each step (openstack.service_playbook), and what to do instead."""
_BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "1", "0"})
_NO_SECRETS = ("_uuid", "_user", "_username", "_id")


def layer_problems(site: Site) -> tuple[Problem, ...]:
    """All that is wrong; nothing where the site has no OpenStack layer."""
    if LAYER not in site.file.layers:
        return ()
    try:
        catalogue = read_catalogue(site.release, site.content)
        enabled_services(site)
    except InputError as error:
        return error.problems or (Problem(error.what, error.cure, error.place),)
    return tuple(dict.fromkeys([*_variables(site, catalogue), *translation_problems(site, catalogue)]))


def _variables(site: Site, catalogue: KollaCatalogue) -> Iterator[Problem]:
    """Names nearly Kolla's, values of the wrong type, passwords in clear."""
    prefixes = frozenset(name.partition("_")[0] for name in catalogue.variables)
    others = {name for layer, names in site.environments.known.items() if layer != LAYER for name in names}
    passwords = {name for name in catalogue.passwords if not name.endswith(_NO_SECRETS)}
    told: set[str] = set()
    for name, value in written_values(site):
        if name in ENGINES:
            yield Problem(f"'{name}' is set by the engine for each step", ENGINES[name], value.place)
        elif name in catalogue.booleans and not _is_boolean(value.value):
            yield Problem(
                f"'{name}' is {value.value!r}; kolla-ansible wants true or false", "Correct the value.", value.place
            )
        elif name in passwords and _in_clear(value.value):
            yield Problem(
                f"'{name}' is a password of Kolla's and stands here in clear",
                "Move it to secrets.yml (groundplane secrets edit), and change it where it was committed.",
                value.place,
            )
        elif (
            value.level in (Level.GROUP, Level.HOST)
            and name not in told
            and name not in catalogue.variables
            and name not in others
            and name not in site.environments.known.get(LAYER, ())
            # Switches that nobody obeys are told by the catalogue of images.
            and name.partition("_")[0] in prefixes - {"enable"}
        ):
            told.add(name)
            yield from _nearly(name, value, catalogue)


def _nearly(name: str, value: Value, catalogue: KollaCatalogue) -> Iterator[Problem]:
    near = get_close_matches(name, catalogue.variables, 1, SIMILAR)
    if near:
        yield Problem(
            f"kolla-ansible {catalogue.kolla_ansible} has no variable '{name}'",
            f"Did you mean '{near[0]}'? Give a variable of your own a name that is less alike.",
            value.place,
        )


def _is_boolean(value: Any) -> bool:
    """What Ansible's filter `bool` makes the same of as a reader does."""
    return value is None or has_jinja(value) or str(value).strip().lower() in _BOOLEANS


def _in_clear(value: Any) -> bool:
    if isinstance(value, dict):
        return VAULT_KEY not in value and any(_in_clear(item) for item in value.values())
    return isinstance(value, str) and bool(value) and not has_jinja(value)
