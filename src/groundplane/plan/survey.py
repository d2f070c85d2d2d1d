"""Probe and plan in one call: what `plan` and `apply` both begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.plan.planner import hosts_of, make_plan
from groundplane.plan.probe import probe_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.layers.model import Graph
    from groundplane.plan.model import HostProbe, Plan
    from groundplane.plan.receipts import ReceiptStore
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


def survey(
    site: Site,
    graph: Graph,
    store: ReceiptStore,
    connection: SshConnection | None,
    *,
    selection: Sequence[str] = (),
    limit: str | None = None,
    force: bool = False,
    on_answer: Callable[[HostProbe], None] | None = None,
) -> tuple[Plan, Mapping[str, HostProbe] | None]:
    """A plan of today, and what the hosts answered; without a connection nobody is asked.

    Raises:
        InputError: unknown names, closed secrets, or no host at all can be reached.
    """
    if connection is None:
        return make_plan(site, graph, store, selection=selection, limit=limit, force=force), None
    hosts = hosts_of(site, graph, selection=selection, limit=limit)
    found = probe_hosts(site, hosts, connection, on_answer=on_answer)
    if found and not any(answer.reachable for answer in found.values()):
        raise InputError(
            "No host can be reached",
            problems=tuple(Problem(f"{host}: {answer.error}", _cure(host, answer)) for host, answer in found.items()),
            cure="groundplane plan --no-probe plans without contact.",
        )
    plan = make_plan(site, graph, store, selection=selection, limit=limit, probe=found, force=force)
    return plan, found


def _cure(host: str, answer: HostProbe) -> str:
    if "another key" in answer.error:
        return f"If it was installed anew: groundplane hosts forget {host} && groundplane hosts trust {host}"
    if "not pinned" in answer.error:
        return f"groundplane hosts trust {host}"
    if "lets " in answer.error:
        return "Put the operator's public key (inventory/operator.pub) into the host's authorized_keys."
    return f"Check that {host} runs and that its address and port are right: groundplane inventory --host {host}"
