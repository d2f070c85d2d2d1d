"""What was made for a customer is removed for good: in Keycloak, and in OpenStack.

Only what carries this site's mark is touched; what lies within a domain or realm of ours goes with it, whoever made
it. A domain whose projects still hold something (servers, volumes, networks …) is refused: nobody could reach that any
more, and it would go on costing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.counting import counted
from groundplane.errors import FailedError, InputError, Problem
from groundplane.identity.exporting import every
from groundplane.identity.keycloak.identity_providers import INSTANCES
from groundplane.identity.keycloak.session import part
from groundplane.identity.keycloak.work import RealmWork
from groundplane.openstack.api import telling
from groundplane.openstack.work import api_stage
from groundplane.platform.cloud import WORK_SECONDS, cloud
from groundplane.platform.marks import has_mark
from groundplane.platform.rest import IDENTITY, NETWORK, Rest
from groundplane.run.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.keycloak.session import Session
    from groundplane.openstack.work import Work
    from groundplane.site.site import Site

LAYER = "identity"
COMMAND = "identity offboard"
MINUTES = 20.0
DEFAULT_GROUP = "default"
"""The security group that Neutron makes for each project, and that stays when the project goes."""


@dataclass(frozen=True, slots=True)
class InKeycloak:
    """What is there of a customer: its realm, and in the proxy its identity provider and people who logged in."""

    realm: bool = False
    provider: bool = False
    people: int = 0
    brokered: int = 0

    def __bool__(self) -> bool:
        return self.realm or self.provider or bool(self.brokered)


@dataclass(frozen=True, slots=True)
class InOpenStack:
    """A customer's domain.

    Attributes:
        projects: id to name, of all in the domain.
        held: what is in them, for people: "3 servers in project web".
    """

    domain_id: str = ""
    domain: str = ""
    projects: Mapping[str, str] = field(default_factory=dict)
    held: tuple[str, ...] = ()


def look_in_keycloak(site: Site, session: Session, configuration: IdentityConfiguration, name: str) -> InKeycloak:
    """What Keycloak has of the customer.

    Raises:
        InputError: a realm of that name is somebody else's.
        FailedError: Keycloak can't be asked.
    """
    calls, proxy = session.realm(name), session.realm(configuration.proxy_realm)
    realm = calls.get()
    if realm is not None and not RealmWork(site, calls).marked(realm.get("attributes")):
        raise InputError(f"The realm {name} was not made by this site", cure="Remove it by hand, where it is to go.")
    provider = proxy.get(f"{INSTANCES}/{part(name)}")
    brokered = sum(1 for _ in every(proxy, "users", idpAlias=name, briefRepresentation="true"))
    people = int(calls.get("users/count", 0)) if realm is not None else 0
    return InKeycloak(realm is not None, provider is not None, people, brokered)


def remove_from_keycloak(
    session: Session, configuration: IdentityConfiguration, name: str, say: Callable[[str], None] = lambda _: None
) -> bool:
    """Removes realm, identity provider, and the proxy's accounts of the customer's people; whether there was anything.

    Raises:
        FailedError: Keycloak refuses.
    """
    proxy, done = session.realm(configuration.proxy_realm), False
    # The realm first: nobody can log in any more, and so come back into the proxy.
    calls = session.realm(name)
    if calls.get() is not None:
        calls.delete("")
        say(f"removed realm {name}")
        done = True
    for user in list(every(proxy, "users", idpAlias=name, briefRepresentation="true")):
        proxy.delete(f"users/{user['id']}")
        say(f"removed {user.get('username', user['id'])} from the realm {proxy.realm}")
        done = True
    if proxy.get(f"{INSTANCES}/{part(name)}") is not None:
        proxy.delete(f"{INSTANCES}/{part(name)}")
        say(f"removed identity provider {name} from the realm {proxy.realm}")
        done = True
    return done


def look_in_openstack(site: Site, rest: Rest, domain: str) -> InOpenStack:
    """The domain, and what its projects hold.

    Raises:
        InputError: a domain of that name is somebody else's.
    """
    found = rest.all(IDENTITY, "/domains", "domains", params={"name": domain})
    if not found:
        return InOpenStack(domain=domain)
    one = found[0]
    if not has_mark(site, one.get("description"), LAYER):
        raise InputError(
            f"The domain {domain} was not made by this layer", cure="Remove it by hand, where it is to go."
        )
    listed = rest.all(IDENTITY, "/projects", "projects", params={"domain_id": one["id"]})
    projects = {each["id"]: each["name"] for each in listed}
    held = tuple(
        f"{what} in project {name}" for id_, name in projects.items() for what in contents(rest.connection, id_)
    )
    return InOpenStack(one["id"], domain, projects, held)


def contents(connection: Any, project: str) -> Iterator[str]:
    """What a project holds, by kind: "3 servers"."""
    from keystoneauth1.exceptions import EndpointNotFound  # noqa: PLC0415 - heavy

    of_all = {"all_projects": True, "project_id": project}
    kinds: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("server", lambda: connection.compute.servers(details=True, **of_all)),
        ("volume", lambda: connection.block_storage.volumes(details=True, **of_all)),
        ("snapshot", lambda: connection.block_storage.snapshots(details=True, **of_all)),
        ("backup", lambda: connection.block_storage.backups(details=True, **of_all)),
        ("floating address", lambda: connection.network.ips(project_id=project)),
        ("router", lambda: connection.network.routers(project_id=project)),
        ("network", lambda: connection.network.networks(project_id=project)),
        ("image", lambda: connection.image.images(owner=project)),
    )
    for kind, listed in kinds:
        try:
            # Never somebody else's, whatever a service makes of the filter.
            number = sum(_owner(one) == project for one in listed())
        except EndpointNotFound:
            # A service that the cloud doesn't have holds nothing.
            continue
        if number:
            yield counted(number, kind) if kind != "floating address" else f"{number} floating addresses"


def remove_from_openstack(rest: Rest, found: InOpenStack, say: Callable[[str], None] = lambda _: None) -> None:
    """Removes the domain with all that is in it: projects, groups, and what Keystone knows of its people."""
    path = f"/domains/{found.domain_id}"
    # Keystone refuses to delete one that can still be used.
    rest.call(IDENTITY, "PATCH", path, body={"domain": {"enabled": False}})
    for id_, name in found.projects.items():
        for group in rest.all(NETWORK, "/security-groups", "security_groups", params={"project_id": id_}):
            if group["name"] == DEFAULT_GROUP and group.get("project_id") == id_:
                rest.call(NETWORK, "DELETE", f"/security-groups/{group['id']}")
        rest.call(IDENTITY, "DELETE", f"/projects/{id_}")
        say(f"removed project {found.domain}/{name}")
    rest.call(IDENTITY, "DELETE", path)
    say(f"removed domain {found.domain}")


def plan_delete(
    site: Site,
    configuration: IdentityConfiguration,
    name: str,
    in_keycloak: InKeycloak,
    in_openstack: InOpenStack,
    *,
    open_session: Callable[[], Any],
    record: Callable[[Session], str],
    forget: Callable[[], str],
    check: bool = False,
) -> Operation:
    """All that was made for a customer, and its file.

    Args:
        open_session: Keycloak's session as a context manager.
        record: writes the realm down before it goes; says where.
        forget: moves the realm file out; says where it is now, empty where there was none.

    Raises:
        InputError: its projects hold something.
    """
    title, command = f"Delete the customer {name}", f"{COMMAND} {name} --delete"
    if in_openstack.held:
        raise InputError(
            f"The customer {name} can't be deleted: its projects aren't empty",
            problems=tuple(
                Problem(one, f"Its managers remove it, or: openstack --os-cloud {site.file.name}-admin … delete")
                for one in in_openstack.held
            ),
            cure=f"groundplane identity offboard {name} locks its people out meanwhile.",
        )
    declared = configuration.realm(name) is not None
    if not in_keycloak and not in_openstack.domain_id and not declared:
        return Operation(command, title, nothing="nothing of it is left")
    lines, lost = [], []
    if in_keycloak:
        lines.append(
            f"Keycloak loses the realm {name}, with {_people(in_keycloak.people)}, and {in_keycloak.brokered} of their "
            f"accounts in the realm {configuration.proxy_realm}"
        )
        lost.append(f"{_people(in_keycloak.people)} of the realm {name}")
    if in_openstack.domain_id:
        names = list(in_openstack.projects.values())
        projects = (
            f"{'its project' if len(names) == 1 else 'its projects'} {', '.join(names)}" if names else "no project"
        )
        lines.append(
            f"OpenStack loses the domain {in_openstack.domain}, with {projects}, and with its groups and people"
        )
        lost.append(f"the domain {in_openstack.domain} with {projects}")
    if declared:
        lines.append("Its file goes to .groundplane/offboarded, and its people's first passwords out of secrets.yml")
    if in_keycloak.realm:
        lines.insert(0, "The realm is written down in .groundplane/offboarded, with its people and without secrets")
    hosts = tuple(site.inventory.group_hosts.get("control", ()))[:1]

    def work(told: Work) -> None:
        with open_session() as session:
            if in_keycloak.realm and not told.check:
                with told.piece(f"Realm {name} written down") as piece:
                    piece.note = record(session)
            with told.piece(f"Customer {name} removed from Keycloak") as piece:
                piece.changed = bool(in_keycloak)
                if not told.check:
                    piece.changed = remove_from_keycloak(session, configuration, name, told.say)
        if in_openstack.domain_id:
            with told.piece(f"Domain {in_openstack.domain} removed from OpenStack") as piece:
                if not told.check:
                    _remove_domain(site, in_openstack, told)
                piece.changed = True
        if declared:
            with told.piece("File moved out") as piece:
                piece.note = "" if told.check else forget()
                piece.changed = True

    what = f"The customer {name} is removed"
    stage = api_stage("identity.delete", what, hosts, work, minutes=MINUTES, check=check)
    return Operation(
        command,
        title,
        lines=tuple(lines),
        stages=(stage,),
        danger="; ".join(lost) or f"the file of {name}",
        confirm=name,
        warnings=("groundplane identity backup keeps what it was: nothing of this can be taken back.",),
    )


def _remove_domain(site: Site, found: InOpenStack, told: Work) -> None:
    with telling(f"The domain {found.domain} can't be removed"), cloud(site, seconds=WORK_SECONDS) as connection:
        rest = Rest(connection)
        again = look_in_openstack(site, rest, found.domain)
        if again.held:
            raise FailedError(
                f"The domain {found.domain} isn't empty any more", why="; ".join(again.held), cure="Call again."
            )
        if again.domain_id:
            remove_from_openstack(rest, again, told.say)


def _people(number: int) -> str:
    return "nobody" if not number else "one person" if number == 1 else f"{number} people"


def _owner(thing: Any) -> str:
    return str(getattr(thing, "owner_id", None) or getattr(thing, "project_id", None) or "")
