"""Networks with their subnets, and routers (step platform.networks)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.platform.marks import has_mark, marked
from groundplane.platform.reconcile import Found, Leftover, Thing
from groundplane.platform.rest import NETWORK
from groundplane.platform.subnet_plan import SubnetPlan, plan_subnet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.options import Network, Router, Subnet
    from groundplane.platform.rest import Rest
    from groundplane.platform.scopes import Scopes
    from groundplane.site.site import Site

EXTERNAL = "router:external"
KIND, PHYSICAL, SEGMENT = "provider:network_type", "provider:physical_network", "provider:segmentation_id"
GATEWAY = "external_gateway_info"
_CARRIER = {"type": KIND, "physical network": PHYSICAL, "segment": SEGMENT}
"""What can't be changed once a network is made."""
_SUBNET_FIXED = frozenset({"cidr"})


class Networks:
    """See `reconcile.Kind`. Objects belong together by their project: two projects may use one name."""

    def __init__(self, site: Site, asked: PlatformConfiguration, rest: Rest, scopes: Scopes) -> None:
        self._site = site
        self._asked = asked
        self._rest = rest
        self._scopes = scopes
        self._networks = rest.all(NETWORK, "/networks", "networks")
        self._subnets = rest.all(NETWORK, "/subnets", "subnets")
        self._routers = rest.all(NETWORK, "/routers", "routers")

    def things(self) -> Iterator[Thing]:
        for network in self._asked.networks:
            yield self._network(network)
            for subnet in network.subnets:
                yield self._subnet(network, subnet)
        for router in self._asked.routers:
            yield self._router(router)

    def leftovers(self) -> Iterator[Leftover]:
        routers = {(router.name, self._owner(router.project)) for router in self._asked.routers}
        networks = {(network.name, self._owner(network.project)) for network in self._asked.networks}
        for one in self._routers:
            if self._left(one, routers):
                prune = partial(self._remove_router, one) if "routers" in self._asked.prune else None
                yield Leftover(f"router {one['name']}", prune)
        for one in self._networks:
            if self._left(one, networks):
                prune = partial(self._delete, f"/networks/{one['id']}") if "networks" in self._asked.prune else None
                yield Leftover(f"network {one['name']}", prune)

    def _left(self, one: dict[str, Any], declared: set[tuple[str, str | None]]) -> bool:
        return has_mark(self._site, one.get("description")) and (one["name"], one["project_id"]) not in declared

    def _owner(self, project: str) -> str | None:
        return self._scopes.found_id(project)

    def _find(self, listed: list[dict[str, Any]], name: str, project: str) -> dict[str, Any] | None:
        owner = self._owner(project)
        return next((one for one in listed if one["name"] == name and one["project_id"] == owner), None)

    def _delete(self, path: str) -> None:
        self._rest.call(NETWORK, "DELETE", path)

    # networks

    def _network(self, network: Network) -> Thing:
        wanted: dict[str, Any] = {
            "external": network.external,
            "shared": network.shared,
            "port security": network.port_security,
        }
        if network.provider:
            wanted["type"] = network.provider
        if network.physical_network:
            wanted["physical network"] = network.physical_network
        if network.segment is not None:
            wanted["segment"] = network.segment
        if network.mtu is not None:
            wanted["MTU"] = network.mtu
        return Thing(
            name=f"network {network.name}",
            wanted=wanted,
            look=lambda: self._look_network(network),
            make=lambda: self._make_network(network),
            change=lambda seen, names: self._change_network(network, seen, names),
            adopt=network.adopt,
        )

    def _look_network(self, network: Network) -> Found | None:
        one = self._find(self._networks, network.name, network.project)
        if one is None:
            return None
        return Found(
            id=one["id"],
            have={
                "external": bool(one.get(EXTERNAL)),
                "shared": bool(one.get("shared")),
                "port security": bool(one.get("port_security_enabled", True)),
                "MTU": one.get("mtu"),
                **{shown: one.get(key) for shown, key in _CARRIER.items()},
            },
            ours=has_mark(self._site, one.get("description")),
        )

    def _changeable(self, network: Network) -> dict[str, Any]:
        return {
            "description": marked(self._site, ""),
            EXTERNAL: network.external,
            "shared": network.shared,
            "port_security_enabled": network.port_security,
            **({"mtu": network.mtu} if network.mtu is not None else {}),
        }

    def _make_network(self, network: Network) -> None:
        carrier = {KIND: network.provider, PHYSICAL: network.physical_network, SEGMENT: network.segment}
        body = {
            "name": network.name,
            "project_id": self._scopes.project_id(network.project),
            **self._changeable(network),
            **{key: value for key, value in carrier.items() if value},
        }
        self._networks.append(self._rest.call(NETWORK, "POST", "/networks", body={"network": body})["network"])

    def _change_network(self, network: Network, seen: Found, names: Sequence[str]) -> None:
        fixed = [name for name in names if name in _CARRIER]
        if fixed:
            raise _fixed("network", network.name, fixed)
        self._rest.call(NETWORK, "PUT", f"/networks/{seen.id}", body={"network": self._changeable(network)})

    # subnets

    def _subnet(self, network: Network, subnet: Subnet) -> Thing:
        plan = plan_subnet(subnet, self._site.networks)
        wanted: dict[str, Any] = {"cidr": plan.cidr, "name servers": list(plan.dns), "DHCP": subnet.dhcp}
        if plan.gateway != "":
            wanted["gateway"] = plan.gateway
        if plan.pools:
            wanted["addresses"] = sorted(plan.pools)
        return Thing(
            name=f"subnet {subnet.name}",
            wanted=wanted,
            look=lambda: self._look_subnet(network, subnet),
            make=lambda: self._make_subnet(network, subnet, plan),
            change=lambda seen, names: self._change_subnet(subnet, plan, seen, names),
            adopt=network.adopt,
            after=f"network {network.name}",
        )

    def _look_subnet(self, network: Network, subnet: Subnet) -> Found | None:
        of = self._find(self._networks, network.name, network.project)
        listed = [one for one in self._subnets if of is not None and one["network_id"] == of["id"]]
        one = next((one for one in listed if one["name"] == subnet.name), None)
        if one is None:
            return None
        return Found(
            id=one["id"],
            have={
                "cidr": one["cidr"],
                "gateway": one.get("gateway_ip"),
                "addresses": sorted(f"{pool['start']}-{pool['end']}" for pool in one.get("allocation_pools", [])),
                "name servers": list(one.get("dns_nameservers", [])),
                "DHCP": bool(one.get("enable_dhcp")),
            },
            ours=has_mark(self._site, one.get("description")),
        )

    def _subnet_body(self, subnet: Subnet, plan: SubnetPlan) -> dict[str, Any]:
        pools = [dict(zip(("start", "end"), pool.split("-"), strict=True)) for pool in plan.pools]
        return {
            "description": marked(self._site, ""),
            "dns_nameservers": list(plan.dns),
            "enable_dhcp": subnet.dhcp,
            **({"gateway_ip": plan.gateway} if plan.gateway != "" else {}),
            **({"allocation_pools": pools} if pools else {}),
        }

    def _make_subnet(self, network: Network, subnet: Subnet, plan: SubnetPlan) -> None:
        of = self._find(self._networks, network.name, network.project)
        if of is None:
            raise FailedError(f"There is no network {network.name}", why=f"the network {network.name} isn't there")
        body = {
            "name": subnet.name,
            "network_id": of["id"],
            "project_id": of["project_id"],
            "cidr": plan.cidr,
            "ip_version": plan.version,
            **self._subnet_body(subnet, plan),
        }
        self._subnets.append(self._rest.call(NETWORK, "POST", "/subnets", body={"subnet": body})["subnet"])

    def _change_subnet(self, subnet: Subnet, plan: SubnetPlan, seen: Found, names: Sequence[str]) -> None:
        fixed = [name for name in names if name in _SUBNET_FIXED]
        if fixed:
            raise _fixed("subnet", subnet.name, fixed)
        self._rest.call(NETWORK, "PUT", f"/subnets/{seen.id}", body={"subnet": self._subnet_body(subnet, plan)})

    # routers

    def _router(self, router: Router) -> Thing:
        wanted: dict[str, Any] = {"gateway in": router.external, "subnets": sorted(router.subnets)}
        return Thing(
            name=f"router {router.name}",
            wanted=wanted,
            look=lambda: self._look_router(router),
            make=lambda: self._make_router(router),
            change=lambda seen, names: self._change_router(router, seen, names),
            adopt=router.adopt,
            after=f"network {router.external}" if router.external else "",
        )

    def _look_router(self, router: Router) -> Found | None:
        one = self._find(self._routers, router.name, router.project)
        if one is None:
            return None
        gateway = (one.get(GATEWAY) or {}).get("network_id")
        names = {each["id"]: each["name"] for each in self._networks}
        there = self._interfaces(one["id"])
        return Found(
            id=one["id"],
            have={
                "gateway in": names.get(gateway, gateway or ""),
                # Interfaces that somebody else added aren't looked at.
                "subnets": sorted(name for name in router.subnets if self._subnet_id(name, router) in there),
            },
            ours=has_mark(self._site, one.get("description")),
        )

    def _interfaces(self, router: str) -> set[str]:
        """The ids of the subnets that the router has an interface in."""
        ports = self._rest.all(NETWORK, "/ports", "ports", params={"device_id": router})
        return {
            fixed["subnet_id"]
            for port in ports
            if not str(port.get("device_owner")).endswith("router_gateway")
            for fixed in port.get("fixed_ips", [])
        }

    def _subnet_id(self, name: str, router: Router) -> str | None:
        found = self._find(self._subnets, name, router.project)
        shared = [one for one in self._subnets if one["name"] == name]
        return str(found["id"]) if found is not None else (str(shared[0]["id"]) if len(shared) == 1 else None)

    def _gateway(self, router: Router) -> dict[str, Any] | None:
        if not router.external:
            return None
        found = [one for one in self._networks if one["name"] == router.external and one.get(EXTERNAL)]
        if len(found) != 1:
            raise FailedError(
                f"The router {router.name} can't have its gateway in {router.external}",
                why=f"there are {len(found)} external networks of that name",
                cure="Declare it in platform_networks, with external: true.",
            )
        return {"network_id": found[0]["id"]}

    def _make_router(self, router: Router) -> None:
        body = {
            "name": router.name,
            "project_id": self._scopes.project_id(router.project),
            "description": marked(self._site, ""),
            GATEWAY: self._gateway(router),
        }
        made = self._rest.call(NETWORK, "POST", "/routers", body={"router": body})["router"]
        self._routers.append(made)
        self._add_interfaces(router, made["id"], set())

    def _change_router(self, router: Router, seen: Found, names: Sequence[str]) -> None:
        if "gateway in" in names or not seen.ours:
            body = {"description": marked(self._site, ""), GATEWAY: self._gateway(router)}
            self._rest.call(NETWORK, "PUT", f"/routers/{seen.id}", body={"router": body})
        self._add_interfaces(router, seen.id, self._interfaces(seen.id))

    def _add_interfaces(self, router: Router, id_: str, there: set[str]) -> None:
        for name in router.subnets:
            subnet = self._subnet_id(name, router)
            if subnet is None:
                raise FailedError(
                    f"There is no subnet {name}", why=f"the router {router.name} wants an interface in it"
                )
            if subnet not in there:
                path = f"/routers/{id_}/add_router_interface"
                self._rest.call(NETWORK, "PUT", path, body={"subnet_id": subnet})

    def _remove_router(self, one: dict[str, Any]) -> None:
        for subnet in sorted(self._interfaces(one["id"])):
            path = f"/routers/{one['id']}/remove_router_interface"
            self._rest.call(NETWORK, "PUT", path, body={"subnet_id": subnet})
        self._delete(f"/routers/{one['id']}")


def _fixed(kind: str, name: str, names: Sequence[str]) -> FailedError:
    return FailedError(
        f"The {kind} {name} can't be changed in place",
        why=f"Neutron changes no {' and no '.join(names)} of what is there",
        cure=f"Declare another {kind} and move what uses it; or remove it (openstack {kind} delete), then apply.",
    )
