"""What a plan compares besides what the hosts say: keys that were handed over, and what steps left in a cluster.

Keys are compared by a keyed digest. They are a part of the state that a step leaves rather than of its inputs, since
they are made on the way: at the time of the plan they may not be there yet. Where nobody can be asked, everything
counts as it was.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from groundplane.errors import GroundplaneError
from groundplane.layers import handovers, standing
from groundplane.plan.drift import HANDOVER
from groundplane.plan.fingerprint import fingerprint_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from groundplane.layers.handovers import HandedOver
    from groundplane.layers.model import Handover, Step
    from groundplane.plan.model import HostProbe
    from groundplane.plan.receipts import ReceiptStore
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

_BESIDES = (HANDOVER, standing.PREFIX)
_HEX_DIGITS = 16


def handover_items(site: Site, layer: str, handed: HandedOver) -> dict[str, str]:
    """Item to value: "handover ceph client.glance" to a digest."""
    key = fingerprint_key(site)
    return {
        f"{HANDOVER}{layer} {owner}": hmac.digest(key, secret.encode(), "sha256").hex()[:_HEX_DIGITS]
        for owner, secret in handed.keys.items()
    }


def ask_handovers(site: Site, steps: Iterable[Step], connection: SshConnection) -> dict[str, dict[str, str]]:
    """Step to items, as of now. A step is left out where what it gets can't be asked for."""
    known: dict[Handover, dict[str, str] | None] = {}
    found: dict[str, dict[str, str]] = {}
    for step in steps:
        parts = [_items(site, handover, connection, known) for handover in step.handovers]
        if parts and None not in parts:
            found[step.id] = {item: value for part in parts if part for item, value in part.items()}
    return found


def ask_standing(site: Site, steps: Iterable[Step], connection: SshConnection) -> dict[str, Mapping[str, str]]:
    """Step to items that it left in a cluster, as of now; empty where nobody can be asked."""
    try:
        return standing.ask(site, connection, [step.id for step in steps])
    except GroundplaneError:
        return {}


def _items(
    site: Site, handover: Handover, connection: SshConnection, known: dict[Handover, dict[str, str] | None]
) -> dict[str, str] | None:
    if handover not in known:
        try:
            handed = handovers.fetch(site, connection, handover)
            known[handover] = handover_items(site, handover.layer, handed)
        except GroundplaneError:
            known[handover] = None
    return known[handover]


def with_besides(
    probe: Mapping[str, HostProbe],
    steps: Iterable[Step],
    asked: Mapping[str, Mapping[str, str]],
    store: ReceiptStore,
) -> dict[str, HostProbe]:
    """The probe's answers with `asked`; what couldn't be asked for is taken as it was."""
    receipts = store.receipts()
    wanted = [step.id for step in steps if step.handovers or step.id in standing.MODULES]
    answers = dict(probe)
    for host, answer in probe.items():
        for id_ in wanted:
            receipt = receipts.get((id_, host))
            before = receipt.state if receipt is not None else None
            if not answer.reachable or before is None:
                continue
            if id_ not in answer.steps and any(not item.startswith(_BESIDES) for item in before):
                # The step's own watch list is gone: that is told for itself.
                continue
            was = {item: value for item, value in before.items() if item.startswith(_BESIDES)}
            items = {**answers[host].steps.get(id_, {}), **asked.get(id_, was)}
            answers[host] = answers[host].model_copy(update={"steps": {**answers[host].steps, id_: items}})
    return answers
