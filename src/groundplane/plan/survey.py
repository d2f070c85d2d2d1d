"""Probe and plan in one call: what `plan` and `apply` both begin with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, GroundplaneError, Problem
from groundplane.layers.actions import find_action
from groundplane.layers.selection import select, with_needs
from groundplane.layers.sense import refuse_senseless
from groundplane.plan.besides import ask_handovers, ask_standing, with_besides
from groundplane.plan.drift import UNASKED
from groundplane.plan.planner import hosts_of, make_plan
from groundplane.plan.probe import probe_hosts
from groundplane.site.derived_images import BUILDERS, IMAGE_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.layers.model import Graph, Step
    from groundplane.plan.model import HostProbe, Plan
    from groundplane.plan.receipts import ReceiptStore
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection
    from groundplane.supply.model import NeededImage


_ACTIONS_AT_ONCE = 4


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
        InputError: unknown names, closed secrets, a layer that can't be as the site wants it, or a step reads
            images.lock and nobody vouches for that.
        FailedError: no host at all can be reached.
    """
    refuse_senseless(site, [graph.steps[id_].layer for id_ in select(graph, selection)])
    _refuse_untrusted(site, graph, selection)
    if connection is None:
        lacking = lacking_now(site, graph)
        return make_plan(site, graph, store, selection=selection, limit=limit, force=force, lacking=lacking), None
    hosts = hosts_of(site, graph, selection=selection, limit=limit)
    steps = [graph.steps[id_] for id_ in with_needs(graph, select(graph, selection))]
    with ThreadPoolExecutor(4, thread_name_prefix="besides") as pool:
        looking = pool.submit(lacking_now, site, graph)
        acting = pool.submit(_ask_actions, site, graph, _with_receipt(steps, store), hosts, store)
        handing = pool.submit(ask_handovers, site, _with_receipt(steps, store), connection)
        standing = pool.submit(ask_standing, site, _with_receipt(steps, store), connection)
        found = probe_hosts(site, hosts, connection, on_answer=on_answer)
        asked = {**handing.result(), **standing.result()}
        found = with_besides(_with_actions(found, acting.result()), steps, asked, store)
    if found and not any(answer.reachable for answer in found.values()):
        raise FailedError(
            "No host can be reached",
            problems=tuple(Problem(f"{host}: {answer.error}", _cure(host, answer)) for host, answer in found.items()),
            cure="groundplane plan --no-probe plans without contact.",
        )
    plan = make_plan(
        site, graph, store, selection=selection, limit=limit, probe=found, force=force, lacking=looking.result()
    )
    return plan, found


def lacking_now(site: Site, graph: Graph) -> tuple[NeededImage, ...]:
    """The images that steps of this graph are to build; none where no step builds any.

    Raises:
        InputError: see `supply.lacking.lacking_images`.
    """
    if not any(step.action in BUILDERS for step in graph.steps.values()):
        return ()
    from groundplane.supply.lacking import lacking_images  # noqa: PLC0415 - only sites that build images carry the weight

    return lacking_images(site)


def _refuse_untrusted(site: Site, graph: Graph, selection: Sequence[str]) -> None:
    """Steps that use images by what images.lock says: its signature is verified before they are planned."""
    steps = [graph.steps[id_] for id_ in with_needs(graph, select(graph, selection))]
    if not any(name.partition(".")[0] in IMAGE_VARIABLES for step in steps for name in step.inputs):
        return
    from groundplane.site.images_lock import has_lock  # noqa: PLC0415 - only sites with images carry the weight
    from groundplane.supply.trusted_lock import read_trusted_lock  # noqa: PLC0415

    if has_lock(site.path):
        read_trusted_lock(site.path)


def _with_receipt(steps: Sequence[Step], store: ReceiptStore) -> list[Step]:
    """Nothing is asked of a cluster before there is one."""
    applied = {id_ for id_, _ in store.receipts()}
    return [step for step in steps if step.id in applied]


def _ask_actions(
    site: Site, graph: Graph, steps: Sequence[Step], hosts: Sequence[str], store: ReceiptStore
) -> dict[str, dict[str, dict[str, str]]]:
    """Host to steps to items: what the engine's own actions say of their work. Asked while the hosts are."""
    acting = {step.id: step.action for step in steps if step.action and set(hosts).intersection(graph.hosts[step.id])}
    found: dict[str, dict[str, dict[str, str]]] = {}
    with ThreadPoolExecutor(_ACTIONS_AT_ONCE, thread_name_prefix="actions") as pool:
        states = dict(zip(acting, pool.map(lambda action: _state(site, action), acting.values()), strict=True))
    for id_, state in states.items():
        for host in set(hosts).intersection(graph.hosts[id_]):
            receipt = store.receipts().get((id_, host))
            before = dict(receipt.state or {}) if receipt is not None else {}
            found.setdefault(host, {})[id_] = {**before, UNASKED: state} if isinstance(state, str) else state
    return found


def _state(site: Site, action: str) -> dict[str, str] | str:
    """What an action says of its work; why where nobody can be asked."""
    try:
        return dict(find_action(action).state(site))
    except GroundplaneError as error:
        return error.what


def _with_actions(
    probe: Mapping[str, HostProbe], actions: Mapping[str, Mapping[str, dict[str, str]]]
) -> dict[str, HostProbe]:
    return {
        host: answer.model_copy(update={"steps": {**answer.steps, **actions[host]}})
        if answer.reachable and host in actions
        else answer
        for host, answer in probe.items()
    }


def _cure(host: str, answer: HostProbe) -> str:
    if "another key" in answer.error:
        return f"If it was installed anew: groundplane hosts forget {host} && groundplane hosts trust {host}"
    if "not pinned" in answer.error:
        return f"groundplane hosts trust {host}"
    if "lets " in answer.error:
        return "Put the operator's public key (inventory/operator.pub) into the host's authorized_keys."
    return f"Check that {host} runs and that its address and port are right: groundplane inventory --host {host}"
