"""The engine asks a cloud's API: where it is, who asks, and an openstacksdk connection to it.

Everything comes from the site: virtual addresses, names, ports and region by Kolla's own variables (group_vars/all of
kolla-ansible: common.yml, keystone.yml), passwords from secrets.yml. Passwords and tokens stay in memory.
"""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, InputError, Place
from groundplane.site.conditions import Conditions, to_bool
from groundplane.site.values import Level, Value
from groundplane.supply.site_registry import site_authority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openstack.connection import Connection

    from groundplane.site.site import Site

LAYER = "openstack"
PUBLIC, INTERNAL = "public", "internal"
ADMIN = "admin"
REACH_SECONDS = 3.0
ANSWER_SECONDS = 60.0
_TRANSPORT = re.compile(
    r"(?:SSL exception connecting to (\S+: ))?\w*Pool\(.*"
    r"Caused by (?:\w+\((?:\d+, )?)+['\"](?:\w+\([^)]*\): )?(.*?)['\"]\)+"
)
"""What the layers below make of a connection that failed; the innermost part says why."""
_OPENSSL = re.compile(r"\[SSL: \w+\] | \(_ssl\.c:\d+\)")
"""What OpenSSL adds for programmers."""
_DOWN = (502, 503, 504)
"""What the load balancer answers for a service that isn't there."""
KOLLA_DEFAULTS: Mapping[str, Any] = {
    "kolla_internal_vip_address": "{{ groundplane_vips.internal }}",
    "kolla_external_vip_address": "{{ groundplane_vips.external | default(kolla_internal_vip_address) }}",
    "kolla_internal_fqdn": "{{ kolla_internal_vip_address }}",
    "kolla_external_fqdn": "{{ kolla_external_vip_address }}",
    "kolla_enable_tls_internal": False,
    "kolla_enable_tls_external": "{{ kolla_enable_tls_internal }}",
    "keystone_external_fqdn": "{{ kolla_external_fqdn }}",
    "keystone_internal_fqdn": "{{ kolla_internal_fqdn }}",
    "keystone_public_port": 5000,
    "keystone_internal_port": 5000,
    "keystone_admin_user": ADMIN,
    "keystone_admin_project": ADMIN,
    "openstack_region_name": "RegionOne",
    "public_protocol": "{{ 'https' if kolla_enable_tls_external | bool else 'http' }}",
    "internal_protocol": "{{ 'https' if kolla_enable_tls_internal | bool else 'http' }}",
    "ceph_rgw_port": 6780,
    "ceph_rgw_public_port": "{{ ceph_rgw_port }}",
}
"""What holds where neither the site nor the toolkit says more; kolla-ansible's own, apart from the addresses."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where a cloud's API is entered.

    Attributes:
        interface: public or internal: which of each service's endpoints count.
        auth_url: Keystone's, with /v3.
        authority: PEM of the site's own authority; None where it has none.
        addresses: name to virtual address, for names that stand for one.
    """

    interface: str
    auth_url: str
    address: str
    port: int
    region: str
    authority: str | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks. Without a project the token is for the whole system."""

    user: str
    password: str = field(repr=False)
    project: str | None
    user_domain: str = "Default"
    project_domain: str = "Default"


class SiteVariables:
    """Variables of the whole site, Kolla's among them, with their templates worked out; else `KOLLA_DEFAULTS`.

    `kolla.values.conditions` is for what is given to kolla-ansible: it reads the release's catalogue, and raises where
    there is none. Here none is needed: layers read their options so while a site is validated, which tells such a
    release itself; and the catalogue has no ports, names and accounts, because no condition of a service names them.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        facts = {"groups": {group: list(hosts) for group, hosts in site.inventory.group_hosts.items()}}
        self._conditions = Conditions(self._find, facts)

    def text(self, name: str) -> str:
        """A variable's value as text.

        Raises:
            InputError: nothing sets it, or only Ansible can work it out.
        """
        return self._conditions.text("{{ " + name + " }}")

    def switch(self, name: str) -> bool:
        """Raises InputError as `text`."""
        return to_bool(self._conditions.value("{{ " + name + " }}"))

    def resolve(self, value: Any) -> Any:
        """Plain data with its templates worked out. Raises InputError as `text`."""
        return self._conditions.value(value)

    def _find(self, name: str) -> Value | None:
        found = self._site.variables.value(name, None)
        if found is None and name in KOLLA_DEFAULTS:
            return Value(KOLLA_DEFAULTS[name], Level.DEFAULT, self._site.source.place("vips"), LAYER)
        return found


def entrance(site: Site, interface: str = PUBLIC) -> Entrance:
    """Where the site's cloud is entered from outside (public), or from among its hosts (internal).

    Raises:
        InputError: the site has no OpenStack layer, or no virtual addresses.
    """
    if LAYER not in site.file.layers:
        raise InputError(
            "OpenStack is not among this site's layers",
            cure="Add it to the layers in site.yml: [bootstrap, supply, ceph, openstack].",
            place=site.source.place("layers"),
        )
    variables = SiteVariables(site)
    place = site.source.place("vips")
    kind, port = ("external", "public") if interface == PUBLIC else ("internal", "internal")
    try:
        protocol = "https" if variables.switch(f"kolla_enable_tls_{kind}") else "http"
        name = variables.text(f"keystone_{kind}_fqdn")
        address = variables.text(f"kolla_{kind}_vip_address")
        number = int(variables.text(f"keystone_{port}_port"))
        names = {variables.text(f"kolla_{each}_fqdn"): each for each in ("internal", "external")}
        addresses = {each: variables.text(f"kolla_{side}_vip_address") for each, side in names.items()}
        region = variables.text("openstack_region_name")
    except InputError as error:
        raise InputError(
            "Nobody can tell where the site's cloud is entered",
            why=error.why or error.what,
            cure="Give site.yml the vips internal and external, or set kolla_internal_vip_address and "
            "kolla_external_vip_address to plain values.",
            place=error.place or place,
        ) from error
    host = f"[{name}]" if ":" in name else name
    return Entrance(
        interface=interface,
        auth_url=f"{protocol}://{host}:{number}/v3",
        address=address,
        port=number,
        region=region,
        authority=site_authority(site),
        addresses={each: at for each, at in {**addresses, name: address}.items() if each != at},
    )


def reachable_entrance(site: Site, *, seconds: float = REACH_SECONDS) -> Entrance:
    """The public entrance, else the internal one, whichever takes connections from this machine.

    Raises:
        InputError: as `entrance`.
        FailedError: neither does.
    """
    from groundplane.openstack.transport import answers  # noqa: PLC0415 - requests is heavy

    tried = [entrance(site, PUBLIC), entrance(site, INTERNAL)]
    for one in tried:
        if answers(one.address, one.port, seconds=seconds):
            return one
    where = " and ".join(dict.fromkeys(f"{one.address}:{one.port} ({one.interface})" for one in tried))
    raise FailedError(
        "The cloud's API can't be reached from this machine",
        why=f"nobody takes connections at {where}",
        cure="groundplane openstack status shows what runs; groundplane plan openstack says what is missing.",
    )


def admin_login(site: Site, *, project: str | None = None, system: bool = False) -> Login:
    """The administrator's, for its own project or another one; with `system` for the whole cloud.

    Raises:
        InputError: the secrets are closed, or have no such password.
    """
    variables = SiteVariables(site)
    chosen = project or variables.text("keystone_admin_project")
    return Login(
        user=variables.text("keystone_admin_user"),
        password=secret(site, "keystone_admin_password"),
        project=None if system else chosen,
    )


def secret(site: Site, name: str) -> str:
    """A password from secrets.yml.

    Raises:
        InputError: the secrets are closed, or it is missing.
    """
    found = site.variables.value(name, None)
    if found is not None and isinstance(found.value, str) and found.value:
        return found.value
    if not site.secrets_loaded:
        raise InputError(
            f"The secrets are closed, and {name} is among them",
            cure="groundplane secrets unlock, or set GROUNDPLANE_VAULT_PASSWORD_FILE",
            place=Place(site.secrets_file),
        )
    raise InputError(
        f"secrets.yml has no {name}",
        cure="groundplane secrets init adds what is missing.",
        place=Place(site.secrets_file),
    )


def connect(
    site: Site,
    *,
    user: str = ADMIN,
    password: str | None = None,
    project: str | None = None,
    user_domain: str = "Default",
    project_domain: str = "Default",
    interface: str | None = None,
    seconds: float = ANSWER_SECONDS,
) -> Connection:
    """An openstacksdk connection to the site's cloud, TLS verified with the site's authority; close it.

    The administrator's password comes from secrets.yml; anybody else's is given, with a project. Nobody is asked
    before the connection is used: then errors are the SDK's and Keystone's own (see `telling`).

    Raises:
        InputError: as `entrance` and `admin_login`.
        FailedError: the API can't be reached, by `interface` where that is given.
    """
    if password is None and user == ADMIN:
        login = admin_login(site, project=project)
    else:
        login = Login(user, password or "", project, user_domain, project_domain)
    where = entrance(site, interface) if interface is not None else reachable_entrance(site)
    return open_connection(where, login, seconds=seconds)


def open_connection(
    where: Entrance, login: Login, *, seconds: float = ANSWER_SECONDS, auth: Any | None = None
) -> Connection:
    """A connection for a login; one answer may take `seconds`. Not for several threads at once.

    `auth` is another connection's (`connection.session.auth`), whose token is shared then.
    """
    from keystoneauth1.identity.v3 import Password  # noqa: PLC0415 - half a second
    from keystoneauth1.session import Session  # noqa: PLC0415
    from openstack.connection import Connection  # noqa: PLC0415

    from groundplane.openstack.transport import https_session  # noqa: PLC0415

    for name in ("keystoneauth", "openstack"):
        # What goes wrong is told by errors; without a handler Python prints each attempt, too.
        if not logging.getLogger(name).handlers:
            logging.getLogger(name).addHandler(logging.NullHandler())
    scope: dict[str, Any] = (
        {"system_scope": "all"}
        if login.project is None
        else {"project_name": login.project, "project_domain_name": login.project_domain}
    )
    auth = auth or Password(
        auth_url=where.auth_url,
        username=login.user,
        password=login.password,
        user_domain_name=login.user_domain,
        **scope,
    )
    session = Session(
        auth=auth,
        session=https_session(where.authority, where.addresses),
        verify=True,
        timeout=seconds,
        connect_retries=2,
        app_name="groundplane",
    )
    return Connection(session=session, region_name=where.region, interface=where.interface)


@contextmanager
def telling(what: str, *, cure: str = "") -> Iterator[None]:
    """Turns the SDK's and Keystone's complaints into ours: `what` couldn't be done.

    Raises:
        FailedError: with what the cloud answered as its `why`.
    """
    from keystoneauth1.exceptions import ClientException, Unauthorized  # noqa: PLC0415 - heavy
    from keystoneauth1.exceptions import ConnectionError as NotConnected  # noqa: PLC0415
    from openstack.exceptions import SDKException  # noqa: PLC0415

    try:
        yield
    except (ClientException, SDKException) as error:
        behind = error.__cause__ or error.__context__
        if isinstance(error, Unauthorized) or isinstance(behind, Unauthorized):
            raise FailedError(
                what,
                why=f"Keystone refuses the login: {short(error)}",
                cure="Passwords come from secrets.yml; groundplane apply openstack.keystone brings the administrator's "
                "to the cloud.",
            ) from error
        away = any(isinstance(one, NotConnected) for one in (error, behind))
        if away or getattr(error, "status_code", None) in _DOWN:
            cure = cure or "groundplane openstack status shows which service is down."
        raise FailedError(what, why=short(error), cure=cure) from error


def short(error: Exception) -> str:
    """What the cloud said, on one line."""
    text = " ".join(str(getattr(error, "details", None) or error).split())
    text = _OPENSSL.sub("", _TRANSPORT.sub(lambda found: f"{found[1] or ''}{found[2]}", text))
    url = getattr(error, "url", None)
    return f"{text} ({url})" if url and str(url) not in text else text
