"""The planner: compares what each step reads today, and what the probe found, with the receipts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.layers.selection import select, with_needs
from groundplane.plan.drift import drift
from groundplane.plan.fingerprint import Fingerprinter
from groundplane.plan.leftovers import find_leftovers
from groundplane.plan.model import (
    Attempt,
    Fingerprint,
    HostAction,
    HostProbe,
    Plan,
    PlannedHost,
    PlannedStep,
    Reason,
    ReasonKind,
    Receipt,
)
from groundplane.site.derived_images import BUILDERS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from groundplane.layers.model import Graph, Step
    from groundplane.plan.receipts import ReceiptStore
    from groundplane.site.site import Site
    from groundplane.supply.model import NeededImage

NEVER_SUCCEEDED = frozenset(
    {ReasonKind.NEVER_APPLIED, ReasonKind.FAILED_LAST_TIME, ReasonKind.INTERRUPTED, ReasonKind.LACKING}
)
"""Reasons for which a needed step comes along, although nobody asked for it."""


def make_plan(
    site: Site,
    graph: Graph,
    store: ReceiptStore,
    *,
    selection: Sequence[str] = (),
    limit: str | None = None,
    probe: Mapping[str, HostProbe] | None = None,
    force: bool = False,
    lacking: Sequence[NeededImage] = (),
) -> Plan:
    """Says what would run, where, and why.

    With `selection` (layers and steps) only these are planned, and of what they need only the steps that never
    succeeded on a host that is asked for; where a selected step is applied for the first time, all that it needs is
    brought to what the site says today: a layer that is added may ask other things of those below. `probe` is what
    was found on the hosts; None plans without contact: drift stays unseen. With `force` the selected steps run,
    changed or not. `lacking` are images that images.lock doesn't name yet (supply.lacking): the steps that build them
    run, and those that use them, as these will find other images than they left.

    Raises:
        InputError: unknown names in selection or limit, or the secrets are closed.
    """
    asked = select(graph, selection)
    hosts = limited_hosts(site, limit)
    considered = [id_ for id_ in graph.order if id_ in with_needs(graph, asked)]
    needed_on = _needed_on(graph, considered, {id_: graph.hosts[id_] for id_ in asked}, hosts)
    on_host: dict[str, dict[str, PlannedHost]] = {id_: {} for id_ in considered}
    judge = _Judge(store, probe, force, {id_: _lacking_of(graph.steps[id_], site, lacking) for id_ in considered})
    brought_on = _needed_on(graph, considered, _first_time(asked, needed_on, store), hosts)
    fingerprinter = Fingerprinter(_as_built(site, lacking), graph)
    for (id_, host), fingerprint in fingerprinter.of_steps({id_: needed_on[id_] for id_ in considered}).items():
        planned = judge.judge(id_, host, fingerprint, asked=id_ in asked)
        if id_ in asked or _comes_along(planned) or (host in brought_on[id_] and planned.reasons):
            on_host[id_][host] = planned
    steps = _steps(graph, considered, on_host)
    return Plan(
        site=site.file.name,
        release=site.file.release,
        created_at=datetime.now(UTC),
        selection=tuple(selection),
        limit=limit,
        probed=probe is not None,
        site_digest=site_digest(steps),
        steps=steps,
        unreachable={host: found.error for host, found in (probe or {}).items() if not found.reachable},
        leftovers=find_leftovers(site, graph, probe or {}, layers={id_.partition(".")[0] for id_ in asked}),
    )


def _lacking_of(step: Step, site: Site, lacking: Sequence[NeededImage]) -> tuple[str, ...]:
    if not lacking or step.action not in BUILDERS:
        return ()
    from groundplane.supply.lacking import lacking_for  # noqa: PLC0415 - only while images are to be built

    return tuple(image.name for image in lacking_for(step.action, site, lacking))


def _as_built(site: Site, lacking: Sequence[NeededImage]) -> Site:
    if not lacking:
        return site
    from groundplane.supply.lacking import with_lacking  # noqa: PLC0415 - only while images are to be built

    return with_lacking(site, lacking)


def limited_hosts(site: Site, limit: str | None) -> frozenset[str]:
    """The hosts that --limit leaves; all of them without it.

    Raises:
        InputError: the pattern names what isn't there, or no host.
    """
    return frozenset(site.inventory.hosts if limit is None else site.inventory.select(limit))


def hosts_of(site: Site, graph: Graph, *, selection: Sequence[str] = (), limit: str | None = None) -> tuple[str, ...]:
    """The hosts that a plan of this selection would look at: those to probe."""
    asked = with_needs(graph, select(graph, selection))
    within = limited_hosts(site, limit)
    found = {host for id_ in asked for host in graph.hosts[id_]}
    return tuple(host for host in site.inventory.hosts if host in found and host in within)


def site_digest(steps: Sequence[PlannedStep]) -> str:
    """A digest over everything in a plan that may move on: steps, hosts, fingerprints, actions and reasons."""
    text = hashlib.sha256()
    for step in steps:
        for host in step.hosts:
            reasons = ";".join(f"{reason.kind}:{','.join(reason.details)}" for reason in host.reasons)
            text.update(f"{step.step}|{host.host}|{host.action}|{host.fingerprint.digest}|{reasons}\n".encode())
    return text.hexdigest()


def _needed_on(
    graph: Graph, considered: Sequence[str], asked_on: Mapping[str, Collection[str]], hosts: frozenset[str]
) -> dict[str, set[str]]:
    """The hosts on which each step is asked for, or needed by a step that is; never beyond the limit."""
    within = {id_: hosts.intersection(graph.hosts[id_]) for id_ in considered}
    found = {id_: set(within[id_].intersection(asked_on.get(id_, ()))) for id_ in considered}
    for id_ in reversed(considered):
        if found[id_]:
            for need in graph.steps[id_].needs:
                found[need.step] |= within[need.step] if need.everywhere else within[need.step] & found[id_]
    return found


def _first_time(
    asked: frozenset[str], needed_on: Mapping[str, set[str]], store: ReceiptStore
) -> dict[str, Collection[str]]:
    """The selected steps with the hosts that haven't seen them yet."""
    receipts = store.receipts()
    return {id_: {host for host in needed_on[id_] if (id_, host) not in receipts} for id_ in asked}


def _comes_along(planned: PlannedHost) -> bool:
    return any(reason.kind in NEVER_SUCCEEDED for reason in planned.reasons)


def _steps(
    graph: Graph, considered: Sequence[str], on_host: Mapping[str, Mapping[str, PlannedHost]]
) -> tuple[PlannedStep, ...]:
    """Steps with their waves: a step with work comes one wave after the last one with work that it needs."""
    after: dict[str, int] = {}
    planned = []
    for id_ in considered:
        step = graph.steps[id_]
        hosts = tuple(on_host[id_].values())
        earliest = max((after.get(need.step, 0) for need in step.needs), default=0)
        works = any(host.action is HostAction.RUN for host in hosts)
        after[id_] = earliest + 1 if works else earliest
        if hosts:
            planned.append(PlannedStep(step=id_, description=step.description, wave=earliest + 1, hosts=hosts))
    return tuple(planned)


class _Judge:
    """Decides for one step on one host. Reasons that many hosts have are one object."""

    def __init__(
        self,
        store: ReceiptStore,
        probe: Mapping[str, HostProbe] | None,
        force: bool,
        lacking: Mapping[str, tuple[str, ...]],
    ) -> None:
        """`lacking` is step to the images that it is to build."""
        self._lacking = lacking
        self._receipts: Mapping[tuple[str, str], Receipt] = store.receipts()
        self._unfinished: Mapping[tuple[str, str], Attempt] = store.unfinished()
        self._probe = probe
        self._force = force
        self._shared: dict[tuple[Reason, ...], tuple[Reason, ...]] = {}

    def judge(self, step: str, host: str, fingerprint: Fingerprint, *, asked: bool) -> PlannedHost:
        found = self._probe.get(host) if self._probe is not None else None
        reasons = self._reasons(step, host, fingerprint, found)
        if self._lacking[step]:
            reasons.append(Reason(kind=ReasonKind.LACKING, details=self._lacking[step]))
        if self._force and asked:
            reasons.append(Reason(kind=ReasonKind.FORCED))
        shared = self._shared.setdefault(tuple(reasons), tuple(reasons))
        if found is not None and not found.reachable:
            action = HostAction.UNREACHABLE
        else:
            action = HostAction.RUN if reasons else HostAction.UP_TO_DATE
        return PlannedHost(host=host, action=action, reasons=shared, fingerprint=fingerprint)

    def _reasons(self, step: str, host: str, fingerprint: Fingerprint, found: HostProbe | None) -> list[Reason]:
        receipt = self._receipts.get((step, host))
        attempt = self._unfinished.get((step, host))
        reasons = []
        if attempt is not None:
            reasons.append(Reason(kind=attempt.outcome, details=(attempt.summary,) if attempt.summary else ()))
        if receipt is None:
            return reasons or [Reason(kind=ReasonKind.NEVER_APPLIED)]
        reasons += changes(receipt.fingerprint, fingerprint)
        if found is None or not found.reachable:
            return reasons
        if receipt.state is None:
            reasons.append(Reason(kind=ReasonKind.UNPROVEN))
        elif drifted := drift(receipt.state, found.steps.get(step)):
            reasons.append(Reason(kind=ReasonKind.DRIFT, details=drifted))
        return reasons


def changes(before: Fingerprint, now: Fingerprint) -> list[Reason]:
    """What differs between two fingerprints, by kind, with the names of variables and files."""
    if before.digest == now.digest:
        return []
    reasons = []
    inputs, content = _different(before.inputs, now.inputs), _different(before.content, now.content)
    if content:
        # Changed files read other variables: those come and go with the files, and nobody changed them.
        inputs = tuple(name for name in inputs if name in before.inputs and name in now.inputs)
    if inputs:
        reasons.append(Reason(kind=ReasonKind.INPUTS_CHANGED, details=inputs))
    if content:
        reasons.append(Reason(kind=ReasonKind.CONTENT_CHANGED, details=content))
    if before.release != now.release:
        reasons.append(Reason(kind=ReasonKind.RELEASE_CHANGED, details=(f"{before.release} → {now.release}",)))
    if not reasons:
        # Both sides list the same, and yet their digests differ: another way of digesting, or a damaged receipt.
        reasons.append(Reason(kind=ReasonKind.UNPROVEN, details=("its receipt can't be compared",)))
    return reasons


def _different(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)))
