"""Services of the catalogue that Kolla doesn't register, with their endpoints (step platform.services)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.openstack.api import SiteVariables
from groundplane.platform.marks import has_mark, marked, without_mark
from groundplane.platform.reconcile import Found, Leftover, Thing
from groundplane.platform.rest import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.options import CatalogueService
    from groundplane.platform.rest import Rest
    from groundplane.site.site import Site


class Services:
    """See `reconcile.Kind`. Endpoints are those of the site's own region."""

    def __init__(self, site: Site, asked: PlatformConfiguration, rest: Rest) -> None:
        self._site = site
        self._asked = asked
        self._rest = rest
        self._region = SiteVariables(site).text("openstack_region_name")
        self._known = rest.all(IDENTITY, "/services", "services")

    def things(self) -> Iterator[Thing]:
        for service in self._asked.services:
            yield self._thing(service)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {(service.name, service.type) for service in self._asked.services}
        for one in self._known:
            if (one.get("name"), one["type"]) not in declared and has_mark(self._site, one.get("description")):
                prune = "services" in self._asked.prune
                yield Leftover(f"service {one.get('name')}", partial(self._remove, one["id"]) if prune else None)

    def _thing(self, service: CatalogueService) -> Thing:
        return Thing(
            name=f"service {service.name}",
            wanted={
                "type": service.type,
                "description": service.description,
                "enabled": True,
                **{f"{interface} endpoint": url for interface, url in sorted(service.endpoints.items())},
            },
            look=lambda: self._look(service),
            make=lambda: self._make(service),
            change=lambda seen, names: self._change(service, seen, names),
            adopt=service.adopt,
        )

    def _look(self, service: CatalogueService) -> Found | None:
        one = next(
            (one for one in self._known if one.get("name") == service.name and one["type"] == service.type), None
        )
        if one is None:
            return None
        endpoints = {f"{each['interface']} endpoint": each["url"] for each in self._endpoints(one["id"])}
        return Found(
            id=one["id"],
            have={
                "type": one["type"],
                "description": without_mark(self._site, one.get("description")),
                "enabled": bool(one.get("enabled")),
                **endpoints,
            },
            ours=has_mark(self._site, one.get("description")),
        )

    def _endpoints(self, service: str) -> list[dict[str, Any]]:
        params = {"service_id": service, "region_id": self._region}
        return self._rest.all(IDENTITY, "/endpoints", "endpoints", params=params)

    def _body(self, service: CatalogueService) -> dict[str, Any]:
        return {"description": marked(self._site, service.description), "enabled": True}

    def _make(self, service: CatalogueService) -> None:
        given = {"name": service.name, "type": service.type, **self._body(service)}
        made = self._rest.call(IDENTITY, "POST", "/services", body={"service": given})["service"]
        self._register(service, made["id"])

    def _change(self, service: CatalogueService, seen: Found, _: Sequence[str]) -> None:
        self._rest.call(IDENTITY, "PATCH", f"/services/{seen.id}", body={"service": self._body(service)})
        self._register(service, seen.id)

    def _register(self, service: CatalogueService, id_: str) -> None:
        there = {one["interface"]: one for one in self._endpoints(id_)}
        for interface, url in service.endpoints.items():
            one = there.get(interface)
            if one is None:
                body = {"service_id": id_, "interface": interface, "url": url, "region_id": self._region}
                self._rest.call(IDENTITY, "POST", "/endpoints", body={"endpoint": body})
            elif one["url"] != url:
                self._rest.call(IDENTITY, "PATCH", f"/endpoints/{one['id']}", body={"endpoint": {"url": url}})

    def _remove(self, id_: str) -> None:
        self._rest.call(IDENTITY, "DELETE", f"/services/{id_}")
