"""Removing all that a project of a smoke test holds, whatever state it is in, and the project itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.openstack.api import short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openstack.connection import Connection

    from groundplane.openstack.smoke.account import Account

SECONDS = 300.0
FORCE_AFTER_SECONDS = 45.0
"""Then volumes, snapshots and backups that hang in some state are forced away."""
PAUSE_SECONDS = 1.5
DEFAULT = "default"
"""The security group that Neutron makes for every project; only the administrator can remove it."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What couldn't be removed: kind, name and why, on a line each; empty where nothing is left."""

    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of thing, how it is listed and removed."""

    name: str
    list: Callable[[], Iterable[Any]]
    remove: Callable[[Any, bool], None]
    """The thing, and whether to force."""


def clean(
    admin: Connection,
    account: Account,
    *,
    say: Callable[[str], None],
    insisted: Callable[[], bool] = lambda: False,
    seconds: float = SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Remains:
    """Removes everything in the project, again and again until nothing is listed any more; then user and project.

    What can't go yet, because something else is still in use, goes in a later round. Needs the administrator: a project
    may have been left by a test whose user nobody can log in as. `insisted` ends it early. Never raises for what the
    cloud answers.
    """
    began = clock()
    kinds = _kinds(admin, account)
    while True:
        left = _round(kinds, say, force=clock() - began > FORCE_AFTER_SECONDS)
        if not left:
            break
        if insisted() or clock() - began > seconds:
            return Remains(left)
        sleep(PAUSE_SECONDS)
    return Remains(tuple(_remove_account(admin, account, say)))


def _round(kinds: Iterable[_Kind], say: Callable[[str], None], *, force: bool) -> tuple[str, ...]:
    """One attempt at everything; what was there."""
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415 - heavy
    from openstack.exceptions import NotFoundException, SDKException  # noqa: PLC0415

    left: list[str] = []
    for kind in kinds:
        try:
            found = list(kind.list())
        except (SDKException, ClientException) as error:
            left.append(f"{kind.name}s can't be listed: {short(error)}")
            continue
        for thing in found:
            label = f"{kind.name} {getattr(thing, 'name', None) or thing.id}"
            try:
                kind.remove(thing, force)
            except NotFoundException:
                continue
            except (SDKException, ClientException) as error:
                left.append(f"{label}: {short(error)}")
            else:
                say(f"removing {label}")
                left.append(f"{label}: it is being removed")
    return tuple(left)


def _remove_account(admin: Connection, account: Account, say: Callable[[str], None]) -> Iterable[str]:
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415 - heavy
    from openstack.exceptions import SDKException  # noqa: PLC0415

    identity: Any = admin.identity

    def remove_default_group(project: str) -> None:
        for group in admin.network.security_groups(project_id=project):
            if group.name == DEFAULT and _owner(group) == project:
                admin.network.delete_security_group(group.id)

    steps: tuple[tuple[str, str, Callable[[str], None]], ...] = (
        ("security group of", account.project, remove_default_group),
        ("user", account.user, identity.delete_user),
        ("project", account.project, identity.delete_project),
    )
    for kind, id_, remove in steps:
        if not id_:
            continue
        try:
            remove(id_)
        except (SDKException, ClientException) as error:
            yield f"{kind} {account.name}: {short(error)}"
        else:
            say(f"removing {kind} {account.name}")


def _kinds(admin: Connection, account: Account) -> tuple[_Kind, ...]:
    """In the order in which they can go. A service is looked for when it is asked: it may be away for a moment."""
    cloud: Any = admin
    project = {"project_id": account.project}
    everywhere = {"all_projects": True, **project}

    def of_project(things: Iterable[Any]) -> list[Any]:
        # Never somebody else's, whatever a service makes of the filter.
        return [thing for thing in things if _owner(thing) == account.project]

    def remove_router(router: Any, _force: bool) -> None:
        for port in cloud.network.ports(device_id=router.id):
            if str(port.device_owner).startswith("network:router_interface"):
                cloud.network.remove_interface_from_router(router, None, port.id)
        cloud.network.delete_router(router, ignore_missing=False)

    found = [
        _Kind(
            "server",
            lambda: of_project(cloud.compute.servers(**everywhere)),
            lambda thing, _force: cloud.compute.delete_server(thing.id, ignore_missing=False),
        ),
        _Kind(
            "floating address",
            lambda: of_project(cloud.network.ips(**project)),
            lambda thing, _force: cloud.network.delete_ip(thing.id, ignore_missing=False),
        ),
        _Kind("router", lambda: of_project(cloud.network.routers(**project)), remove_router),
        _Kind(
            "port",
            lambda: [port for port in of_project(cloud.network.ports(**project)) if not _of_network(port)],
            lambda thing, _force: cloud.network.delete_port(thing.id, ignore_missing=False),
        ),
        _Kind(
            "network",
            lambda: of_project(cloud.network.networks(**project)),
            lambda thing, _force: cloud.network.delete_network(thing.id, ignore_missing=False),
        ),
        _Kind(
            "security group",
            # Not "default", which Neutron makes anew whenever the project's groups are listed: it goes at the end.
            lambda: [group for group in of_project(cloud.network.security_groups(**project)) if group.name != DEFAULT],
            lambda thing, _force: cloud.network.delete_security_group(thing.id, ignore_missing=False),
        ),
        _Kind(
            "backup",
            lambda: of_project(cloud.block_storage.backups(details=True, **everywhere)),
            lambda thing, force: cloud.block_storage.delete_backup(thing, ignore_missing=False, force=force),
        ),
        _Kind(
            "snapshot",
            lambda: of_project(cloud.block_storage.snapshots(details=True, **everywhere)),
            lambda thing, force: cloud.block_storage.delete_snapshot(thing, ignore_missing=False, force=force),
        ),
        _Kind(
            "volume",
            lambda: of_project(cloud.block_storage.volumes(details=True, **everywhere)),
            lambda thing, force: cloud.block_storage.delete_volume(thing, ignore_missing=False, force=force),
        ),
        _Kind(
            "image",
            lambda: of_project(cloud.image.images(owner=account.project)),
            lambda thing, _force: cloud.image.delete_image(thing.id, ignore_missing=False),
        ),
    ]
    if account.user:
        found.append(
            _Kind(
                "keypair",
                lambda: cloud.compute.keypairs(user_id=account.user),
                lambda thing, _force: cloud.compute.delete_keypair(thing, ignore_missing=False, user_id=account.user),
            )
        )
    return tuple(found)


def _owner(thing: Any) -> str:
    return str(getattr(thing, "owner_id", None) or getattr(thing, "project_id", None) or "")


def _of_network(port: Any) -> bool:
    """Ports that belong to a router, a network or a floating address go with these."""
    return str(port.device_owner or "").startswith("network:")
