"""Where a variable's value comes from: the whole chain, weakest first, and which place wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.site.source import VAULT_KEY, suggest
from groundplane.site.values import Level

if TYPE_CHECKING:
    from groundplane.errors import Place
    from groundplane.site.layer_facts import RoleOption
    from groundplane.site.site import Site
    from groundplane.site.values import Value

MASK = "••••••••"

LEVEL_NAMES = {
    Level.DEFAULT: "default",
    Level.DERIVED: "derived",
    Level.ENVIRONMENT: "environment",
    Level.SECRET: "secret",
    Level.GROUP: "group",
    Level.HOST: "host",
    Level.COMMAND_LINE: "command line",
}


@dataclass(frozen=True, slots=True)
class Link:
    """One place of the chain. `value` is masked where it's a secret."""

    level: str
    source: str
    """The layer, the group or the host."""
    place: Place
    value: Any
    wins: bool
    """It is the value for the host; without a host: for at least one of the hosts."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one variable."""

    variable: str
    host: str | None
    chain: tuple[Link, ...]
    """Weakest first."""
    description: str
    """The role's words for its option; of a variable of Kolla's who reads it; or empty."""
    role: str | None
    """The role whose option or default it is."""


def explain(site: Site, variable: str, host: str | None = None) -> Explanation:
    """Explains a variable for one host, or wherever the site sets it.

    A role's own default is shown below everything else; it's what the role takes where nobody says anything.

    Raises:
        InputError: no such host, or nothing knows the variable; names the nearest one.
    """
    if host is not None and host not in site.inventory.hosts:
        raise InputError(f"There is no host '{host}'", cure=suggest(host, site.inventory.hosts))
    option = _option(site, variable)
    links = _role_default(site, variable)
    if host is not None:
        values = site.variables.chain(variable, host)
        winners = {id(values[-1])} if values else set()
    else:
        values = _without_repeats(site.variables.everywhere(variable))
        effective = (site.variables.value(variable, name) for name in (*site.inventory.hosts, None))
        winning = {(value.place, value.source) for value in effective if value is not None}
        winners = {id(value) for value in values if (value.place, value.source) in winning}
    of_kolla = "" if option else _of_kolla(site, variable)
    if not values and not links and option is None and not of_kolla:
        kollas = (names for layer, names in site.environments.known.items() if layer in site.facts.layers)
        known = {*site.variables.all_names(), *_option_names(site), *(name for names in kollas for name in names)}
        raise InputError(
            f"Nothing knows the variable '{variable}'",
            cure=suggest(variable, known, "groundplane inventory --host HOST shows all that a host has."),
        )
    if not values and links:
        links = [_won(link) for link in links]
    links += [
        Link(
            level=LEVEL_NAMES[value.level],
            source=value.source,
            place=value.place,
            value=shown(value),
            wins=id(value) in winners,
        )
        for value in values
    ]
    role = option.role if option else links[0].source if links and links[0].level == "role default" else None
    return Explanation(variable, host, tuple(links), option.description if option else of_kolla, role)


def shown(value: Value) -> Any:
    """The value as it may be seen: secrets and vaulted texts are masked."""
    return MASK if value.secret else mask_vaulted(value.value)


def mask_vaulted(value: Any) -> Any:
    """`!vault` texts inside are ciphertext, which helps nobody to read."""
    if isinstance(value, dict):
        return MASK if VAULT_KEY in value else {key: mask_vaulted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [mask_vaulted(item) for item in value]
    return value


def _without_repeats(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Derived values are computed for each host from one place: one host each is too much to read."""
    seen: dict[object, Value] = {}
    for value in values:
        seen.setdefault((value.place, value.source, repr(value.value)), value)
    return tuple(seen.values())


def _won(link: Link) -> Link:
    return Link(link.level, link.source, link.place, link.value, wins=True)


def _role_default(site: Site, variable: str) -> list[Link]:
    found = []
    for role in site.facts.roles.values():
        data = role.defaults.data if role.defaults is not None else None
        if role.defaults is not None and isinstance(data, dict) and variable in data:
            place = role.defaults.place(variable)
            found.append(Link("role default", role.name, place, data[variable], wins=False))
    return found


def _option(site: Site, variable: str) -> RoleOption | None:
    for role in site.facts.roles.values():
        if variable in role.options:
            return role.options[variable]
    return None


def _of_kolla(site: Site, variable: str) -> str:
    """Which services read a variable of kolla-ansible's; empty for others."""
    layers = [
        name for name in site.environments.known if name in site.facts.layers and site.facts.layers[name].of_kolla
    ]
    if not any(variable in site.environments.known[layer] for layer in layers):
        return ""
    from groundplane.site.kolla.catalogue import read_catalogue  # noqa: PLC0415
    from groundplane.site.kolla.switches import enabled_services  # noqa: PLC0415

    catalogue = read_catalogue(site.release, site.content)
    if variable not in catalogue.variables:
        return ""
    try:
        services = enabled_services(site)
    except InputError:  # A switch is wrong, which validate tells.
        services = tuple(catalogue.services.values())
    readers = ", ".join(service.name for service in services if variable in service.variables)
    return f"Of kolla-ansible {catalogue.kolla_ansible}; read by {readers or 'no service that this site deploys'}."


def _option_names(site: Site) -> set[str]:
    return {name for role in site.facts.roles.values() for name in role.options}
