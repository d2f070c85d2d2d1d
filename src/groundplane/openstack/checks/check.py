"""The layer openstack's check: hosts, agents and endpoints, each told at the host that it is about."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundplane.counting import counted
from groundplane.findings import Severity
from groundplane.openstack.api import INTERNAL, SiteVariables, admin_login, open_connection, reachable_entrance, telling
from groundplane.openstack.checks.agents import missing_agents
from groundplane.openstack.checks.endpoints import (
    PUBLIC,
    answer_problems,
    ask_from_here,
    ask_from_hosts,
    backend_problems,
    everywhere,
    read_catalog,
    summary,
)
from groundplane.openstack.smoke.waiting import Patience
from groundplane.openstack.status.findings import findings
from groundplane.openstack.status.state import openstack_state
from groundplane.openstack.status.summary import service_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.checks.engine_checks import CheckCall, CheckTask
    from groundplane.openstack.api import Entrance
    from groundplane.openstack.checks.endpoints import Endpoint
    from groundplane.openstack.status.findings import OpenStackState
    from groundplane.openstack.status.hosts import Container

SETTLE_SECONDS = 180.0
"""So long after its start a container may still be on the way: Nova's scheduler takes almost as long at worst."""
AGAIN_SECONDS = 4.0
LOOKS = 2
STARTS = 3
"""A container that was met after so many different starts doesn't stay up; what settles starts once, or twice."""
CONTAINERS_OF = {"galera": "mariadb", "rabbitmq": "rabbitmq", "ovn_nb": "ovn_nb_db", "ovn_sb": "ovn_sb_db"}
"""What is clustered, and its container."""


def check(call: CheckCall) -> None:
    """Looks at everything; where something is wrong once more, and again while something has only just been started.

    Raises:
        InputError: the site has no OpenStack layer, or nobody can tell where it is entered.
        FailedError: the administrator can't log in.
        CancelledError: stopped.
    """
    _containers_and_agents(call)
    _endpoints(call)


def _containers_and_agents(call: CheckCall) -> None:
    patience = Patience(call.stopped)
    began = patience.clock()
    looks = 0
    starts: dict[tuple[str, str], set[str]] = {}
    with call.task("Containers, clusters, services and agents") as task:
        while True:
            looks += 1
            state = openstack_state(call.site, call.connection, hosts=call.hosts)
            if call.steps:
                state = only(state, call.steps)
            wrong = [*problems(state), *restless(state, starts)]
            settled = not fresh(state) or patience.clock() - began > SETTLE_SECONDS
            # One look may meet an address on its way from host to host, or an answer that was late.
            if not wrong or (settled and looks >= LOOKS):
                break
            call.now(f"{counted(len(wrong), 'thing')} to settle: {wrong[0][1]}")
            patience.pause(AGAIN_SECONDS)
        for host, what in wrong:
            task.wrong(host, what)
        _tell(task, state)


def problems(state: OpenStackState) -> list[tuple[str | None, str]]:
    """Host and sentence; None where no single host is to blame."""
    found: list[tuple[str | None, str]] = []
    told = set()
    for host, known in state.hosts.items():
        alone = replace(state, hosts={host: replace(known, clusters={})}, vips={}, services=None, api_error="")
        for finding in findings(alone):
            told.add(finding.what)
            if finding.severity is Severity.ERROR:
                found.append((host, _sentence(finding.what, finding.cure)))
    found += [
        (None, _sentence(finding.what, finding.cure))
        for finding in findings(state)
        if finding.what not in told and finding.severity is not Severity.NOTE
    ]
    if state.services is not None and not state.api_error:
        found += missing_agents(state.wanted, state.services, tuple(state.hosts))
    return found


def restless(state: OpenStackState, starts: dict[tuple[str, str], set[str]]) -> list[tuple[str | None, str]]:
    """Containers that run at this look, but start again and again: one that ends at once is met alive now and then.

    `starts`, of the looks so far, gets this look's.
    """
    found: list[tuple[str | None, str]] = []
    for host, known in state.hosts.items():
        for one in known.containers:
            seen = starts.setdefault((host, one.name), set())
            seen.add(one.since)
            if one.state == "running" and len(seen) >= STARTS:
                cure = f"groundplane openstack logs {one.name} --host {host}"
                found.append(
                    (host, _sentence(f"{one.name} on {host} doesn't stay up: it started again meanwhile", cure))
                )
    return found


def only(state: OpenStackState, steps: tuple[str, ...]) -> OpenStackState:
    """The same for some of Kolla's services alone."""
    names = {one.name: one.service for one in state.wanted}
    wanted = tuple(one for one in state.wanted if one.service in steps)
    kept = {one.name for one in wanted}
    return replace(
        state,
        wanted=wanted,
        hosts={
            host: replace(
                known,
                containers=tuple(one for one in known.containers if one.name in kept),
                clusters={name: told for name, told in known.clusters.items() if CONTAINERS_OF.get(name) in kept},
            )
            for host, known in state.hosts.items()
        },
        vips=state.vips if "loadbalancer" in steps else {},
        services=None
        if state.services is None
        else tuple(one for one in state.services if service_of(one, names) in steps),
    )


def fresh(state: OpenStackState, now: datetime | None = None) -> bool:
    """Whether anything was started so recently that it may still be on its way."""
    at = now or datetime.now(UTC)
    return any(_young(one, at) for known in state.hosts.values() for one in known.containers)


def _young(one: Container, now: datetime) -> bool:
    if one.state != "running":
        return False
    if one.health == "starting":
        return True
    try:
        # Nanoseconds are more than Python reads.
        since = datetime.fromisoformat(f"{one.since[:19]}+00:00")
    except ValueError:
        return False
    return (now - since).total_seconds() < SETTLE_SECONDS


def _sentence(what: str, cure: str) -> str:
    return f"{what}. {cure.rstrip('.')}" if cure else what


def _tell(task: CheckTask, state: OpenStackState) -> None:
    containers = sum(len(known.containers) for known in state.hosts.values())
    agents = sum(one.up for one in state.services or ())
    where = f"{counted(containers, 'container')} on {counted(len(state.hosts), 'host')}"
    task.note(f"{where}; {counted(agents, 'agent')} reporting")


def _endpoints(call: CheckCall) -> None:
    variables = SiteVariables(call.site)
    tls = {
        PUBLIC: variables.switch("kolla_enable_tls_external"),
        INTERNAL: variables.switch("kolla_enable_tls_internal"),
    }
    with call.task("Every endpoint of the catalog, over TLS") as task:
        where = reachable_entrance(call.site)
        endpoints, token = _catalog(call, where)
        if call.steps:
            # Kolla names a service in the catalog after its role, cinderv3 included.
            endpoints = tuple(one for one in endpoints if one.name.startswith(call.steps))
        patience = Patience(call.stopped)
        for look in range(1, LOOKS + 1):
            wrong, remark = _ask(call, where, endpoints, token, tls)
            if not wrong or look == LOOKS:
                break
            call.now(f"{counted(len(wrong), 'thing')} to look at again: {wrong[0][1]}")
            patience.pause(AGAIN_SECONDS)
        for host, what in wrong:
            task.wrong(host, what)
        task.note(remark)


def _ask(
    call: CheckCall, where: Entrance, endpoints: tuple[Endpoint, ...], token: str, tls: Mapping[str, bool]
) -> tuple[list[tuple[str | None, str]], str]:
    """One look at all endpoints: what is wrong, with its host, and what there is to know."""
    public = [one for one in endpoints if one.interface == PUBLIC]
    internal = [one for one in endpoints if one.interface != PUBLIC]
    answers = ask_from_here(public, where, token)
    wrong: list[tuple[str | None, str]] = [(None, problem) for problem in answer_problems(answers, tls=tls[PUBLIC])]
    told = ask_from_hosts(
        call.site, call.hosts, call.connection, internal, token=token, authority=where.authority or ""
    )
    shared, own = everywhere(
        {host: answer_problems(said.endpoints, tls=tls[INTERNAL]) for host, said in told.items() if not said.error}
    )
    wrong += [(None, f"from every host: {problem}") for problem in shared]
    for host, said in told.items():
        if said.error:
            wrong.append((host, f"{host} can't be asked: {said.error}"))
        wrong += [(host, f"from {host}: {problem}") for problem in own.get(host, ())]
        wrong += [(host, problem) for problem in backend_problems(said.backends or ())]
    answers += [answer for said in told.values() for answer in said.endpoints]
    return wrong, summary(answers, len(told))


def _catalog(call: CheckCall, where: Entrance) -> tuple[tuple[Endpoint, ...], str]:
    """The administrator's catalog and token; the token is a secret from now on."""
    with closing(open_connection(where, admin_login(call.site))) as admin, telling("The administrator can't log in"):
        session: Any = admin.session
        access = session.auth.get_access(session)
        call.hide([access.auth_token])
        return read_catalog(access.service_catalog.catalog, where.region), access.auth_token
