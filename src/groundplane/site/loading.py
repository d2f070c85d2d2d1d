"""A site's folder becomes a `Site`: every file read, everything that is wrong found at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from groundplane.counting import counted
from groundplane.errors import InputError, Place, Problem
from groundplane.site.addresses import derive_addresses
from groundplane.site.derived import derive
from groundplane.site.environments import load_environments
from groundplane.site.inventory_file import load_inventory
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.layer_facts import read_facts
from groundplane.site.model import SiteFile
from groundplane.site.model_problems import read_mended, read_model
from groundplane.site.networks import NetworkPlan, read_networks, read_vips
from groundplane.site.realm_files import LAYER, read_realm_files
from groundplane.site.release import Release
from groundplane.site.site import Site
from groundplane.site.source import Source, read_source, suggest
from groundplane.site.validation import validate_site
from groundplane.site.values import Level, Value
from groundplane.site.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.content import Content

SITE_FILE = "site.yml"


def load_site(
    path: Path,
    *,
    content: Content,
    secrets: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    strict: bool = True,
) -> Site:
    """Loads and validates a site.

    `secrets` are the opened secrets.yml; without them the structure alone is known. `extra` is the command line's
    -e. With strict=False a site that can be built at all is returned with its `problems`.

    Raises:
        InputError: its `problems` are all that is wrong, not the first.
    """
    problems: list[Problem] = []
    file, source = _read_site_file(path, problems)
    if file is None and source is not None:
        # Its problems are told; with the small ones out of the way the rest of the site is looked at all the same.
        file = read_mended(SiteFile, source)
    inventory = load_inventory(path / "inventory", problems)
    facts = read_facts(content, path, problems)
    release = read_release(file, source, content, problems) if file and source else None
    if file is None or source is None or release is None:
        raise _refused(path, problems)
    # Layers whose images alone are wanted have switches too.
    environments = load_environments(
        path,
        (*file.layers, *file.images.layers),
        content,
        facts,
        problems,
        images_alone=frozenset(file.images.layers).difference(file.layers),
        of_kolla=lambda: _kolla_names(release, content, problems),
    )
    secrets_place = Place(path / "secrets.yml")
    variables = Variables(
        inventory,
        defaults=environments.defaults,
        environment=environments.configuration,
        secrets={
            name: Value(value, Level.SECRET, secrets_place, "secrets.yml", secret=True)
            for name, value in (secrets or {}).items()
        },
    )
    networks = read_networks(file, source, problems)
    vips = read_vips(file, source, networks, problems)
    addresses = derive_addresses(
        inventory, variables, networks=networks, known=file.networks, vips=vips, problems=problems
    )
    plan = NetworkPlan(networks, vips, addresses)
    realms = read_realm_files(path, problems) if LAYER in file.layers else {}
    derived = derive(path, file, source, inventory, plan, variables=variables, realms=realms)
    variables = variables.with_derived(*derived).with_command_line(extra or {})
    site = Site(
        path=path,
        file=file,
        source=source,
        release=release,
        inventory=inventory,
        variables=variables,
        networks=plan,
        environments=environments,
        facts=facts,
        content=content,
        secrets_loaded=secrets is not None,
    )
    problems += validate_site(site)
    if problems and strict:
        raise _refused(path, problems)
    return replace(site, problems=in_order(problems))


def _kolla_names(release: Release, content: Content, problems: list[Problem]) -> frozenset[str]:
    """The variables of the release's kolla-ansible; none, and a problem, where it pins none."""
    try:
        return read_catalogue(release, content).variables
    except InputError as error:
        problems += error.problems or (Problem(error.what, error.cure, error.place),)
        return frozenset()


def read_site_file(path: Path) -> SiteFile:
    """site.yml alone, for commands that need no more of the site.

    Raises:
        InputError: it can't be read or is wrong.
    """
    problems: list[Problem] = []
    file, _ = _read_site_file(path, problems)
    if file is None:
        raise _refused(path, problems)
    return file


def _read_site_file(path: Path, problems: list[Problem]) -> tuple[SiteFile | None, Source | None]:
    source = read_source(path / SITE_FILE, problems)
    if source is None:
        return None, None
    if source.data is None:
        problems.append(Problem("is empty", "groundplane init DIR writes a complete one.", Place(path / SITE_FILE, 1)))
        return None, None
    return read_model(SiteFile, source, problems), source


def read_release(file: SiteFile, source: Source, content: Content, problems: list[Problem]) -> Release | None:
    """The release that site.yml names."""
    path = content.releases / f"{file.release}.yml"
    known = sorted(found.stem for found in content.releases.glob("*.yml"))
    if file.release not in known:
        problems.append(
            Problem(
                f"the release '{file.release}' is unknown",
                suggest(file.release, known, f"Known releases: {', '.join(known) or 'none'}."),
                source.place("release"),
            )
        )
        return None
    release_source = read_source(path, problems)
    return read_model(Release, release_source, problems) if release_source is not None else None


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by file and line."""
    unique = dict.fromkeys(problems)
    return tuple(
        sorted(
            unique,
            key=lambda problem: (
                str(problem.place.file) if problem.place else "",
                (problem.place.line or 0) if problem.place else 0,
            ),
        )
    )


def _refused(path: Path, problems: list[Problem]) -> InputError:
    found = in_order(problems)
    return InputError(f"The site {path} has {counted(len(found), 'problem')}", problems=found)
