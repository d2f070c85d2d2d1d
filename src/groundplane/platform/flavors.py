"""Flavors (step platform.flavors).

Nova changes neither sizes nor who may see a flavor: such a flavor is made anew under its own id, so that whatever names
it by that goes on; servers keep the sizes that they were made with.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.platform.marks import has_mark, marked
from groundplane.platform.reconcile import Found, Leftover, Thing
from groundplane.platform.rest import COMPUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.options import Flavor
    from groundplane.platform.rest import Rest
    from groundplane.platform.scopes import Scopes
    from groundplane.site.site import Site

VERSION = "2.61"
"""Nova's microversion that has descriptions, and extra specs in the list."""
PUBLIC = "os-flavor-access:is_public"
EPHEMERAL = "OS-FLV-EXT-DATA:ephemeral"
SIZES = {
    "vCPUs": "vcpus",
    "RAM in MiB": "ram",
    "disk in GB": "disk",
    "ephemeral disk in GB": EPHEMERAL,
    "swap in MiB": "swap",
}
"""Names for people to Nova's."""
SPECS = "extra spec"
SHARED, PROJECTS = "public", "projects"


class Flavors:
    """See `reconcile.Kind`."""

    def __init__(self, site: Site, asked: PlatformConfiguration, rest: Rest, scopes: Scopes) -> None:
        self._site = site
        self._asked = asked
        self._rest = rest
        self._scopes = scopes
        listed = rest.all(COMPUTE, "/flavors/detail", "flavors", params={"is_public": "None"}, microversion=VERSION)
        self._known: dict[str, dict[str, Any]] = {one["name"]: one for one in listed}

    def things(self) -> Iterator[Thing]:
        for flavor in self._asked.flavors:
            yield self._thing(flavor)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {flavor.name for flavor in self._asked.flavors}
        for name, one in self._known.items():
            if name not in declared and has_mark(self._site, one.get("description")):
                prune = "flavors" in self._asked.prune
                yield Leftover(f"flavor {name}", partial(self._remove, one["id"]) if prune else None)

    def _thing(self, flavor: Flavor) -> Thing:
        return Thing(
            name=f"flavor {flavor.name}",
            wanted={
                "vCPUs": flavor.vcpus,
                "RAM in MiB": flavor.ram,
                "disk in GB": flavor.disk,
                "ephemeral disk in GB": flavor.ephemeral,
                "swap in MiB": flavor.swap,
                SHARED: flavor.public,
                SPECS: dict(flavor.extra_specs),
                **({} if flavor.public else {PROJECTS: sorted(flavor.projects)}),
            },
            look=lambda: self._look(flavor),
            make=lambda: self._make(flavor, None),
            change=lambda seen, names: self._change(flavor, seen, names),
            adopt=flavor.adopt,
        )

    def _look(self, flavor: Flavor) -> Found | None:
        one = self._known.get(flavor.name)
        if one is None:
            return None
        public = bool(one.get(PUBLIC, True))
        may = set() if public or flavor.public else self._projects(one["id"])
        have = {shown: int(one.get(key) or 0) for shown, key in SIZES.items()}
        return Found(
            id=one["id"],
            have={
                **have,
                SHARED: public,
                SPECS: dict(one.get("extra_specs") or {}),
                # Whom somebody else let in isn't looked at.
                PROJECTS: sorted(name for name in flavor.projects if self._scopes.found_id(name) in may),
            },
            ours=has_mark(self._site, one.get("description")),
        )

    def _make(self, flavor: Flavor, id_: str | None) -> None:
        body: dict[str, Any] = {
            "name": flavor.name,
            "description": marked(self._site, ""),
            "vcpus": flavor.vcpus,
            "ram": flavor.ram,
            "disk": flavor.disk,
            EPHEMERAL: flavor.ephemeral,
            "swap": flavor.swap,
            PUBLIC: flavor.public,
            **({"id": id_} if id_ else {}),
        }
        made: dict[str, Any] = self._rest.call(
            COMPUTE, "POST", "/flavors", body={"flavor": body}, microversion=VERSION
        )["flavor"]
        self._set_specs(made["id"], flavor.extra_specs)
        self._let_in(made["id"], {self._scopes.project_id(name) for name in flavor.projects if not flavor.public})

    def _projects(self, id_: str) -> set[str]:
        """Who may use it."""
        listed = self._rest.all(COMPUTE, f"/flavors/{id_}/os-flavor-access", "flavor_access", microversion=VERSION)
        return {one["tenant_id"] for one in listed}

    def _let_in(self, id_: str, projects: Iterable[str]) -> None:
        for project in sorted(projects):
            body = {"addTenantAccess": {"tenant": project}}
            self._rest.call(COMPUTE, "POST", f"/flavors/{id_}/action", body=body, microversion=VERSION)

    def _change(self, flavor: Flavor, seen: Found, names: Sequence[str]) -> None:
        if set(names) - {SPECS, PROJECTS}:
            self._make_anew(flavor, seen)
            return
        gone = set(seen.have[SPECS]) - set(flavor.extra_specs)
        self._set_specs(seen.id, flavor.extra_specs)
        for key in sorted(gone):
            self._rest.call(COMPUTE, "DELETE", f"/flavors/{seen.id}/os-extra_specs/{key}", microversion=VERSION)
        if PROJECTS in names:
            may = self._projects(seen.id)
            self._let_in(seen.id, {self._scopes.project_id(name) for name in flavor.projects} - may)
        if not seen.ours:
            body = {"flavor": {"description": marked(self._site, "")}}
            self._rest.call(COMPUTE, "PUT", f"/flavors/{seen.id}", body=body, microversion=VERSION)

    def _make_anew(self, flavor: Flavor, seen: Found) -> None:
        both = not seen.have[SHARED] and not flavor.public
        may = self._projects(seen.id) if both else set()
        self._remove(seen.id)
        self._make(flavor, seen.id)
        self._let_in(seen.id, may - self._projects(seen.id) if both else ())

    def _set_specs(self, id_: str, specs: Mapping[str, str]) -> None:
        if specs:
            body = {"extra_specs": dict(specs)}
            self._rest.call(COMPUTE, "POST", f"/flavors/{id_}/os-extra_specs", body=body, microversion=VERSION)

    def _remove(self, id_: str) -> None:
        self._rest.call(COMPUTE, "DELETE", f"/flavors/{id_}", microversion=VERSION)
