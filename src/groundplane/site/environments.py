"""environments/LAYER: the toolkit's documented defaults, and the site's configuration above them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundplane.errors import Place, Problem
from groundplane.site.source import nearest, read_source, suggest
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.site.layer_facts import Facts

FIREWALL_RULES = "firewall_rules_"
"""How the variables begin whose rules bootstrap's firewall collects, whoever sets them."""


@dataclass(frozen=True, slots=True)
class Environments:
    """What defaults and environments set, by variable; `known` has the names that each layer knows."""

    defaults: Mapping[str, Value] = field(default_factory=dict)
    configuration: Mapping[str, Value] = field(default_factory=dict)
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)


def load_environments(
    site_path: Path,
    layers: Iterable[str],
    content: Content,
    facts: Facts,
    problems: list[Problem],
    *,
    images_alone: Collection[str] = (),
    of_kolla: Callable[[], frozenset[str]] = frozenset,
) -> Environments:
    """Loads both files of each layer, and tells keys that no layer knows or that two layers set.

    Of the layers in `images_alone` images are made and nothing is deployed: they open no port.
    `of_kolla` gives the names of kolla-ansible's variables; it is asked where a layer deploys Kolla's services.
    """
    wanted = list(dict.fromkeys(layers))
    defaults: dict[str, Value] = {}
    by_layer: dict[str, dict[str, Value]] = {}
    for layer in wanted:
        found: dict[str, Value] = {}
        for root in (content.environments, site_path / "environments"):
            found |= _read(root / layer / "defaults.yml", layer, Level.DEFAULT, problems)
        by_layer[layer] = found
        _merge(_deployed(found, layer, images_alone), defaults, problems)
    known = {layer: _known(layer, by_layer[layer], facts) for layer in wanted}
    for layer in wanted:
        if layer in facts.layers and facts.layers[layer].of_kolla:
            known[layer] |= of_kolla()
    configuration: dict[str, Value] = {}
    for layer in wanted:
        found = _read(site_path / "environments" / layer / "configuration.yml", layer, Level.ENVIRONMENT, problems)
        _merge(_deployed(found, layer, images_alone), configuration, problems)
        layer_facts = facts.layers.get(layer)
        if layer_facts is None or (layer_facts.of_the_site and not by_layer[layer]):
            continue
        unjudged = tuple(f"{role}_" for role in layer_facts.roles if not _is_specified(role, facts))
        for name, value in found.items():
            if name not in known[layer] and not name.startswith(unjudged):
                problems.append(_unknown(name, layer, known, value.place))
    _check_folders(site_path / "environments", wanted, facts, problems)
    return Environments(defaults, configuration, known)


def _deployed(found: Mapping[str, Value], layer: str, images_alone: Collection[str]) -> Mapping[str, Value]:
    if layer not in images_alone:
        return found
    return {name: value for name, value in found.items() if not name.startswith(FIREWALL_RULES)}


def _is_specified(role: str, facts: Facts) -> bool:
    return role in facts.roles and facts.roles[role].specified


def _known(layer: str, defaults: Mapping[str, Value], facts: Facts) -> frozenset[str]:
    names = set(defaults)
    layer_facts = facts.layers.get(layer)
    if layer_facts is not None:
        names |= layer_facts.inputs
        for role in layer_facts.roles:
            if role in facts.roles:
                names |= set(facts.roles[role].options)
    return frozenset(names)


def _read(path: Path, layer: str, level: Level, problems: list[Problem]) -> dict[str, Value]:
    if not path.is_file():
        return {}
    source = read_source(path, problems)
    if source is None or source.data is None:
        return {}
    if not isinstance(source.data, dict):
        problems.append(Problem("has no variables", "Write NAME: VALUE.", Place(path, 1)))
        return {}
    found = {}
    for name, value in source.data.items():
        if isinstance(name, str) and name.isidentifier():
            found[name] = Value(value, level, source.place(name), layer)
        else:
            problems.append(
                Problem(
                    f"{name!r} can't be a variable's name",
                    "Use letters, digits and underscores.",
                    source.place(name),
                )
            )
    return found


def _merge(found: Mapping[str, Value], into: dict[str, Value], problems: list[Problem]) -> None:
    for name, value in found.items():
        first = into.setdefault(name, value)
        if first is not value:
            problems.append(
                Problem(
                    f"'{name}' is set by the layer '{value.source}' and by '{first.source}' ({first.place})",
                    "Keep it in one of them; layers share one namespace, and none of them is stronger.",
                    value.place,
                )
            )


def _unknown(name: str, layer: str, known: Mapping[str, frozenset[str]], place: Place) -> Problem:
    for other, names in known.items():
        if name in names:
            cure = f"It belongs to environments/{other}/configuration.yml."
            return Problem(f"the layer '{layer}' doesn't know '{name}'", cure, place)
    if nearest(name, known[layer]) is None:
        cure = f"See environments/{layer}/defaults.yml of the toolkit; variables of your own go to group_vars."
    else:
        cure = suggest(name, known[layer])
    return Problem(f"the layer '{layer}' doesn't know '{name}'", cure, place)


def _check_folders(folder: Path, wanted: list[str], facts: Facts, problems: list[Problem]) -> None:
    """A folder of a layer that doesn't exist is a misspelt one, and nobody would ever read it."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.name not in {*wanted, *facts.layers}:
            problems.append(
                Problem(
                    f"there is no layer '{path.name}', so nobody reads this",
                    suggest(path.name, {*wanted, *facts.layers}),
                    Place(path),
                )
            )
