"""What a service of Kolla's depends on besides the variables that its plays read.

- "overlay FILE [SECTION] KEY": a key of an override file; a whole file where it isn't an INI file;
- "image NAME": which image its containers on the host are made from;
- "group NAME": the hosts of one of Kolla's groups whose members the service is told of, with their addresses;
- "groups of the host": in which of the service's own groups the host is;
- "hostvars.NAME": what hosts of these groups set for a variable that the service reads of others;
- "certificate NAME": the certificates of the virtual addresses, and the authority.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.kolla.certificates import certificate_inputs
from groundplane.kolla.containers import kolla_containers
from groundplane.kolla.groups import kolla_groups
from groundplane.kolla.overlays import overlay_inputs
from groundplane.kolla.values import conditions
from groundplane.site.kolla.catalogue import STEPS_FILE, read_catalogue
from groundplane.site.kolla.switches import site_conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from groundplane.site.conditions import Conditions
    from groundplane.site.kolla.catalogue import KollaService
    from groundplane.site.site import Site

OVERLAY = "overlay "
AUTHORITY = "certificate authority"
LOAD_BALANCER = "loadbalancer"
COUNTED_FOR = {"ovn-controller": "enable_ovn_sb_db_relay"}
"""Groups of which Kolla only counts the hosts, for something that this switch brings (ovn_sb_db_relay_count)."""
_OF_EVERY_MEMBER = ("groundplane_addresses", "groundplane_interfaces")
_UNRESOLVED = object()


class KollaInputs:
    """Of one site. Whatever services and hosts share is worked out once, and is one object."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._catalogue = read_catalogue(site.release, site.content)
        self._groups = kolla_groups(site, self._catalogue)
        self._members: dict[str, Any] = {}
        self._others: dict[tuple[str, str], Any] = {}
        self._overlays: dict[str, Mapping[str, str]] = {}
        self._conditions: dict[str, Conditions] = {}
        self._resolved: dict[tuple[str, int], Any] = {}
        self._own_groups: dict[tuple[str, ...], list[str]] = {}

    @property
    def release(self) -> str:
        return f"kolla-ansible {self._catalogue.kolla_ansible}"

    @property
    def source(self) -> str:
        """The file that says what a service runs, and what that reads."""
        images = self._site.release.images
        return f"images/kolla/{images.templates if images else self._site.release.name}/{STEPS_FILE}"

    def service(self, name: str) -> KollaService:
        return self._catalogue.services[name]

    def of_host(self, name: str, host: str) -> dict[str, Any]:
        """Input to its value, plain data."""
        service = self._catalogue.services[name]
        found: dict[str, Any] = {"groups of the host": self._groups_of(service, host)}
        for group in self._told_of(service):
            found[f"group {group}"] = self._members_of(group)
        for other in service.others & self._site_names:
            found[f"hostvars.{other}"] = self._set_by_others(service, other)
        for image in self._images.get((name, host), ()):
            found[f"image {image}"] = self._references.get(image, "")
        for key, value in self._overlays_of(service).items():
            if not self._is_of_another_host(key, host):
                found[key] = value
        if service.containers and self._certificates:
            found[AUTHORITY] = self._certificates.get(AUTHORITY, "")
        if name == LOAD_BALANCER:
            found |= self._certificates
        return found

    def resolved(self, written: Any, host: str) -> Any:
        """A value with its Jinja worked out, so that only what comes of it counts.

        Raises:
            InputError: that takes Ansible.
        """
        key = host, id(written)
        if key not in self._resolved:
            work_out = self._conditions.get(host)
            if work_out is None:
                work_out = self._conditions[host] = conditions(self._site, host)
            try:
                self._resolved[key] = work_out.value(written), written
            except InputError:
                self._resolved[key] = _UNRESOLVED, written
        if self._resolved[key][0] is _UNRESOLVED:
            raise InputError("This value can't be worked out without Ansible")
        return self._resolved[key][0]

    @cached_property
    def _site_names(self) -> frozenset[str]:
        return self._site.variables.all_names()

    @cached_property
    def _images(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Service and host to the images of its containers there."""
        found: dict[tuple[str, str], dict[str, None]] = {}
        for container in kolla_containers(self._site):
            for host in container.hosts:
                found.setdefault((container.service, host), {})[container.image] = None
        return {key: tuple(images) for key, images in found.items()}

    @cached_property
    def _references(self) -> Mapping[str, str]:
        value = self._site.variables.value("groundplane_images", None)
        return value.value if value is not None and isinstance(value.value, dict) else {}

    @cached_property
    def _certificates(self) -> Mapping[str, str]:
        """Nothing where they can't be made: that is told where they are needed."""
        try:
            return certificate_inputs(self._site)
        except InputError:
            return {}

    def _groups_of(self, service: KollaService, host: str) -> list[str]:
        own = {*service.hosts, *(container.group for container in service.containers.values())}
        found = tuple(sorted(group for group in own if host in self._groups.get(group, ())))
        return self._own_groups.setdefault(found, list(found))

    def _told_of(self, service: KollaService) -> list[str]:
        return [group for group in service.groups if group not in self._not_counted]

    @cached_property
    def _not_counted(self) -> frozenset[str]:
        values = site_conditions(self._site, self._catalogue)
        return frozenset(
            group for group, switch in COUNTED_FOR.items() if not values.is_true(f"{switch} | default(false) | bool")
        )

    def _members_of(self, group: str) -> Any:
        if group not in self._members:
            self._members[group] = [
                [host, *(self._value(name, host) for name in _OF_EVERY_MEMBER)] for host in self._groups.get(group, ())
            ]
        return self._members[group]

    def _set_by_others(self, service: KollaService, name: str) -> Any:
        key = service.name, name
        if key not in self._others:
            hosts: Iterable[str] = dict.fromkeys(
                host for group in self._told_of(service) for host in self._groups.get(group, ())
            )
            self._others[key] = {host: self._value(name, host) for host in hosts}
        return self._others[key]

    def _value(self, name: str, host: str) -> Any:
        found = self._site.variables.value(name, host)
        return None if found is None else found.value

    def _overlays_of(self, service: KollaService) -> Mapping[str, str]:
        if service.name not in self._overlays:
            self._overlays[service.name] = overlay_inputs(self._site, service, self._catalogue)
        return self._overlays[service.name]

    def _is_of_another_host(self, key: str, host: str) -> bool:
        """Files that Kolla looks for below a folder with the host's name."""
        folders = key.removeprefix(OVERLAY).partition(" [")[0].split("/")[:-1]
        return any(part in self._site.inventory.hosts and part != host for part in folders)
