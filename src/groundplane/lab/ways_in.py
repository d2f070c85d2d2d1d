"""How people come into a lab's cloud: addresses, who may log in, and what a laptop needs for it. From the site's files.

A lab's networks are bridges of the machine that it runs on, so this machine reaches them and others don't. A laptop
comes in through it: by sshuttle, which carries whole networks over ssh, or by ssh's own SOCKS proxy. Single ports
(ssh -L) won't do: the cloud's addresses are part of its certificates, its tokens and its redirects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from groundplane.lab.model import Lab
    from groundplane.site.site import Site

CEPH, OPENSTACK, IDENTITY, PLATFORM = "ceph", "openstack", "identity", "platform"
ADMIN = "admin"
_SECRET = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Door:
    """An address that people open."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in.

    Attributes:
        secret: the password's name in secrets.yml; empty where it isn't there.
        of: in words, where they belong: a customer, or a domain of OpenStack's.
        through: the way in: Keycloak's, or Keystone's own.
        projects: what they may use.
    """

    name: str
    secret: str
    of: str
    through: str
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Everything that a person needs; empty where no layer is applied that people come into.

    Attributes:
        addresses: the virtual ones, by name.
        floating: ranges of floating addresses.
        routes: the networks that a laptop has to reach, in CIDR form.
        names: names that a laptop's /etc/hosts needs, and their addresses; none where the cloud is known by address.
        authority: the certificate of the site's own authority.
        entries: of clouds.yaml, as `openstack clouds` calls them, for a user and for a customer's project.
        trouble: why some of it can't be told.
    """

    doors: tuple[Door, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    floating: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    authority: Path | None = None
    accounts: tuple[Account, ...] = ()
    entries: tuple[str, ...] = ()
    trouble: str = ""

    def door(self, name: str) -> Door | None:
        return next((door for door in self.doors if door.name == name), None)

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "doors": {door.name: door.url for door in self.doors},
            "addresses": dict(self.addresses),
            "floating": list(self.floating),
            "routes": list(self.routes),
            "names": dict(self.names),
            "authority": str(self.authority) if self.authority is not None else None,
            "accounts": [
                {
                    "name": one.name,
                    "secret": one.secret or None,
                    "of": one.of,
                    "through": one.through,
                    "projects": list(one.projects),
                }
                for one in self.accounts
            ],
            "clouds": list(self.entries),
            "trouble": self.trouble or None,
        }


def ways_in(site: Site, lab: Lab, applied: Collection[str]) -> WaysIn:
    """What there is to come into, of the layers that were applied. The secrets may be closed.

    Mistakes in the site's files cost what follows from them, and are told in `trouble`.
    """
    authority = site.path / "certificates" / "ca.crt"
    found = WaysIn(authority=authority if authority.is_file() else None)
    if OPENSTACK not in applied:
        return found
    try:
        return _into_the_cloud(site, lab, applied, found.authority)
    except InputError as error:
        return WaysIn(authority=found.authority, trouble=error.what)


def _into_the_cloud(site: Site, lab: Lab, applied: Collection[str], authority: Path | None) -> WaysIn:
    from groundplane.identity.checks.doors import dashboard_url  # noqa: PLC0415 - only labs with a cloud carry the weight
    from groundplane.openstack.api import SiteVariables, entrance  # noqa: PLC0415

    variables, where = SiteVariables(site), entrance(site)
    external, internal = (variables.text(f"kolla_{kind}_vip_address") for kind in ("external", "internal"))
    dashboard = dashboard_url(site)
    doors = [Door("Horizon", dashboard)] if dashboard else []
    named = {variables.text("kolla_external_fqdn"): external}
    if IDENTITY in applied:
        from groundplane.identity.configuration import read_identity  # noqa: PLC0415

        identity = read_identity(site)
        doors.append(Door("Keycloak", f"{identity.url}/"))
        named[_host(identity.url)] = external
    doors.append(Door("Keystone", where.auth_url))
    bare = [network.cidr for network in lab.networks.values() if network.host]
    return WaysIn(
        doors=tuple(doors),
        addresses={"internal": internal, "external": external},
        floating=_floating(site) if PLATFORM in applied else (),
        routes=(f"{external}/32", *bare),
        names={name: address for name, address in named.items() if not _is_address(name)},
        authority=authority,
        accounts=(*_customers(site, applied), *_users(site, applied), _admin(site)),
        entries=tuple(_entries(site, applied)),
    )


def _floating(site: Site) -> tuple[str, ...]:
    from groundplane.platform.configuration import read_configuration  # noqa: PLC0415

    networks = [network for network in read_configuration(site).networks if network.external]
    return tuple(pool for network in networks for subnet in network.subnets for pool in subnet.pools)


def _customers(site: Site, applied: Collection[str]) -> Iterable[Account]:
    """People of the customers, in the files' order."""
    if IDENTITY not in applied:
        return
    from groundplane.identity.configuration import read_identity  # noqa: PLC0415

    for realm in read_identity(site).customers:
        for user in realm.users:
            if not (realm.enabled and user.enabled):
                continue
            projects = [
                role.project
                for group in realm.groups
                if group.name in user.groups
                for role in group.openstack
                if role.project
            ]
            yield Account(
                user.username,
                _secret(user.password),
                realm.display_name or realm.name,
                "Keycloak",
                tuple(dict.fromkeys(projects)),
            )


def _users(site: Site, applied: Collection[str]) -> Iterable[Account]:
    if PLATFORM not in applied:
        return
    from groundplane.platform.configuration import read_configuration  # noqa: PLC0415

    for user in read_configuration(site).users:
        granted = [grant.project for grant in user.roles if grant.project]
        projects = tuple(dict.fromkeys(filter(None, (user.default_project, *granted))))
        yield Account(user.name, _secret(user.password), f"domain {user.domain}", "Keystone", projects)


def _admin(site: Site) -> Account:
    from groundplane.openstack.api import SiteVariables  # noqa: PLC0415

    variables = SiteVariables(site)
    project = variables.text("keystone_admin_project")
    user = variables.text("keystone_admin_user")
    return Account(user, "keystone_admin_password", "domain Default", "Keystone", (project,))


def _entries(site: Site, applied: Collection[str]) -> Iterable[str]:
    """One for a user of the cloud's own, one for a customer's project; see `platform.clouds` and `identity.clouds`."""
    first = next(iter(_users(site, applied)), None)
    yield f"{site.file.name}-{first.name if first is not None and first.of == 'domain Default' else ADMIN}"
    if IDENTITY not in applied:
        return
    from groundplane.identity.configuration import read_identity  # noqa: PLC0415

    projects = ((realm.name, one.name) for realm in read_identity(site).customers for one in realm.projects)
    for realm, project in projects:
        yield f"{site.file.name}-{realm}-{project}"
        return


def _secret(written: str) -> str:
    """The variable of secrets.yml that a password is taken from; empty for anything else."""
    found = _SECRET.fullmatch(str(written).strip())
    return found[1] if found is not None else ""


def _host(url: str) -> str:
    return url.partition("//")[2].partition("/")[0].rpartition(":")[0].strip("[]")


def _is_address(name: str) -> bool:
    return ":" in name or re.fullmatch(r"[0-9.]+", name) is not None
