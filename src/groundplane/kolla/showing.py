"""What kolla-ansible is given, for a person or a program to look at. No secret is opened for it, and none is shown:
what refers to one stays as it is written, and what looks like one is masked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.kolla import ini
from groundplane.kolla.certificates import doors
from groundplane.kolla.groups import kolla_groups
from groundplane.kolla.overlays import content, overlays, read_names
from groundplane.kolla.patterns import matches
from groundplane.kolla.values import conditions, shown_value
from groundplane.kolla.variables import kolla_variables
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.kolla.switches import enabled_services
from groundplane.site.secrets.vault_format import is_encrypted
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.errors import Place
    from groundplane.kolla.overlays import Overlay
    from groundplane.site.kolla.catalogue import KollaCatalogue, KollaService
    from groundplane.site.site import Site

MASK = "********"
_SECRET_NAME = re.compile(r"(password|passwd|passphrase|secret|token|credential|private_key|(^|_)key$)", re.IGNORECASE)
_NO_SECRET_NAME = re.compile(r"(expiry|expiration|length|_file|_path|_name|_size|_interval|_window|_tag|_uuid)$")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s{}]+:[^/@\s{}]+(?=@)")


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A variable.

    Attributes:
        value: worked out as far as that goes without Ansible and without secrets.
        written: as it stands in a file.
        place: that file and line; None for what the engine works out.
        source: who sets it: the layer's defaults, the site's environment, a group or a host.
    """

    value: Any
    written: Any
    place: Place | None
    source: str


@dataclass(frozen=True, slots=True)
class ShownOverlay:
    """An override file: what it is made of, and its text with secrets masked."""

    files: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """All of it; see `show`."""

    variables: Mapping[str, ShownValue]
    groups: Mapping[str, tuple[str, ...]]
    overlays: Mapping[str, ShownOverlay]
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Service to the names of override files that it reads."""
    certificates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Virtual address to the names in its certificate."""


def show(site: Site, *, service: str | None = None, host: str | None = None) -> Shown:
    """What kolla-ansible is given: for all services that are on or for one, for all hosts or for one.

    Raises:
        InputError: the release pins no OpenStack; there is no such service or host.
    """
    catalogue = read_catalogue(site.release, site.content)
    wanted = _services(site, catalogue, service)
    if host is not None and host not in site.inventory.hosts:
        raise InputError(f"There is no host '{host}'", cure=suggest(host, site.inventory.hosts))
    reads = {entry.name: read_names(entry) for entry in wanted}
    names = tuple(dict.fromkeys(name for each in reads.values() for name in each))
    groups = kolla_groups(site, catalogue)
    if service is not None:
        used = {name for entry in wanted for name in (*entry.hosts, *entry.groups)}
        used |= {container.group for entry in wanted for container in entry.containers.values()}
        groups = {name: hosts for name, hosts in groups.items() if name in used}
    if host is not None:
        groups = {name: hosts for name, hosts in groups.items() if host in hosts}
    return Shown(
        variables=_variables(site, catalogue, wanted if service is not None else None, host),
        groups=groups,
        overlays={
            overlay.name: _overlay(site, overlay)
            for overlay in overlays(site)
            if matches(overlay.name, names, site.inventory.hosts if host is None else (host,))
        },
        reads=reads,
        certificates={door.name: door.names for door in doors(site)},
    )


def _services(site: Site, catalogue: KollaCatalogue, service: str | None) -> tuple[KollaService, ...]:
    if service is None:
        return enabled_services(site)
    if service not in catalogue.services:
        raise InputError(
            f"kolla-ansible {catalogue.kolla_ansible} has no service '{service}'",
            cure=suggest(service, catalogue.services),
        )
    return (catalogue.services[service],)


def _variables(
    site: Site, catalogue: KollaCatalogue, services: Sequence[KollaService] | None, host: str | None
) -> dict[str, ShownValue]:
    common = kolla_variables(site, catalogue).common
    work_out = conditions(site, host)
    names = set(common)
    if host is not None:
        names |= {name for name in site.variables.names(host) if name in catalogue.variables}
    if services is not None:
        read = frozenset().union(*(service.variables for service in services))
        names = {name for name in names if name in read or name.startswith("openstack_")}
    found = {}
    for name in sorted(names):
        value = site.variables.value(name, host)
        if value is not None and value.secret:
            continue
        if value is None:
            found[name] = ShownValue(common[name], common[name], None, "images.lock")
            continue
        written = masked(name, value.value)
        worked_out = masked(name, shown_value(work_out, value.value))
        found[name] = ShownValue(worked_out, written, value.place, f"{value.level.name.lower()} {value.source}".strip())
    return found


def _overlay(site: Site, overlay: Overlay) -> ShownOverlay:
    files = tuple(
        str(file.relative_to(site.path) if file.is_relative_to(site.path) else file.relative_to(site.content.root))
        for file in overlay.files
    )
    data = content(overlay)
    if is_encrypted(data):
        return ShownOverlay(files, MASK)
    text = data.decode(errors="replace")
    if overlay.mergeable:
        try:
            sections = ini.parse(text)
        except ini.NotIniError:
            return ShownOverlay(files, _CREDENTIALS.sub(MASK, text))
        return ShownOverlay(
            files,
            ini.write(
                {
                    section: {key: [str(masked(key, value)) for value in values] for key, values in keys.items()}
                    for section, keys in sections.items()
                }
            ),
        )
    return ShownOverlay(files, _CREDENTIALS.sub(MASK, text))


def masked(name: str, value: Any) -> Any:
    """The value, or a mask where its name says that it is a secret and it stands there in clear."""
    match value:
        case dict():
            return {key: masked(str(key), item) for key, item in value.items()}
        case list() | tuple():
            return [masked(name, item) for item in value]
        case str() if "{{" not in value:
            if value and _SECRET_NAME.search(name) and not _NO_SECRET_NAME.search(name):
                return MASK
            return _CREDENTIALS.sub(MASK, value)
        case _:
            return value
