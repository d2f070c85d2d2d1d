"""Which step may start now, and on which hosts. Knows nothing of Ansible, threads or time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.layers.order import topological
from groundplane.plan.model import HostAction
from groundplane.run.events import WorkState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from groundplane.layers.model import Step
    from groundplane.plan.model import Plan


@dataclass(frozen=True, slots=True)
class Ready:
    """A step that may start: the hosts it runs on, and those that are held back, with the reason."""

    step: str
    hosts: tuple[str, ...]
    held_back: Mapping[str, str]


class Schedule:
    """Follows a plan through: ask `ready()`, run what it says, tell `finished()`.

    A step is ready when every step that it needs and that has work in this plan has finished. A host on which a needed
    step didn't succeed is held back; with an `everywhere` need, one host's failure holds back all, and so does a
    step's leader that can't go on: what the others need is made there.
    """

    def __init__(self, plan: Plan, steps: Mapping[str, Step]) -> None:
        self._steps = steps
        self._work = {step.step: step.hosts_to_run() for step in plan.steps if step.hosts_to_run()}
        # A host that can't be reached stands in for a failure: nobody knows whether the needed step holds there.
        self._bad: dict[str, dict[str, str]] = {
            step.step: {
                host.host: f"{step.step} could not be looked at on {host.host}, which is unreachable"
                for host in step.hosts
                if host.action is HostAction.UNREACHABLE
            }
            for step in plan.steps
        }
        self._waiting = dict.fromkeys(self._work)
        self._running: set[str] = set()
        self._order = [step.step for step in plan.steps]
        self._behind = self._count_behind()

    def ready(self) -> list[Ready]:
        """Steps that may start, in the plan's order; each is given once and then counts as running."""
        found = []
        for id_ in self._order:
            if id_ in self._waiting and not self._blocked(id_):
                del self._waiting[id_]
                self._running.add(id_)
                held = self._held_back(id_)
                hosts = tuple(host for host in self._work[id_] if host not in held)
                found.append(Ready(id_, hosts, held))
        return found

    def finished(self, step: str, outcome: Mapping[str, WorkState]) -> None:
        """Tells how a step ended on the hosts that it was to run on, held back ones included."""
        self._running.remove(step)
        bad = self._bad.setdefault(step, {})
        for host in self._work[step]:
            state = outcome.get(host, WorkState.HELD_BACK)
            if state is not WorkState.DONE:
                bad[host] = f"{step} {_SAID.get(state, 'did not succeed')} on {host}"

    def behind(self, step: str) -> tuple[int, int]:
        """What waits for this step: how many steps with work follow one another, at the most, and how many there are
        in all. Where not all can begin, the one with the most behind it does."""
        return self._behind[step]

    def _count_behind(self) -> dict[str, tuple[int, int]]:
        longest = dict.fromkeys(self._steps, 0)
        every: dict[str, set[str]] = {id_: set() for id_ in self._steps}
        needs = {id_: [need.step for need in step.needs] for id_, step in self._steps.items()}
        for id_ in reversed(topological(needs)):
            own = {id_} & self._work.keys()
            for need in needs[id_]:
                longest[need] = max(longest[need], longest[id_] + len(own))
                every[need] |= every[id_] | own
        return {id_: (longest[id_], len(every[id_])) for id_ in self._steps}

    def waiting(self) -> tuple[str, ...]:
        return tuple(self._waiting)

    def is_done(self) -> bool:
        return not self._waiting and not self._running

    def _blocked(self, id_: str) -> bool:
        return any(need in self._waiting or need in self._running for need in self._all_needs(id_))

    def _all_needs(self, id_: str) -> set[str]:
        """All needs, also through steps that have no work in this plan: these pass nothing on by themselves."""
        found: set[str] = set()
        left = [need.step for need in self._steps[id_].needs]
        while left:
            step = left.pop()
            if step not in found:
                found.add(step)
                left += [need.step for need in self._steps[step].needs]
        return found

    def _held_back(self, id_: str) -> dict[str, str]:
        leader = self._steps[id_].leader
        # It leads where it has no work itself, too.
        asked = {*self._work[id_], leader} if leader is not None else {*self._work[id_]}
        held = self._bad_of_needs(id_, asked)
        if leader is not None:
            # Its own step has no end yet, so what is bad of it is that it can't be reached.
            held |= {host: why for host, why in self._bad.get(id_, {}).items() if host == leader}
        if leader in held:
            held = dict.fromkeys(self._work[id_], f"{id_} begins on {leader}, and {held[leader]}") | held
        return {host: why for host, why in held.items() if host in self._work[id_]}

    def _bad_of_needs(self, id_: str, hosts: Collection[str]) -> dict[str, str]:
        """Which of the hosts a needed step keeps back, and why."""
        held: dict[str, str] = {}
        seen: set[tuple[str, bool]] = set()
        left = [(need.step, need.everywhere) for need in self._steps[id_].needs]
        while left:
            step, everywhere = left.pop()
            if (step, everywhere) in seen:
                continue
            seen.add((step, everywhere))
            bad = self._bad.get(step, {})
            if everywhere and bad:
                held |= dict.fromkeys(hosts, next(iter(bad.values())))
            held |= {host: bad[host] for host in hosts if host in bad}
            # Through a step that isn't in the plan on some host, what that step needs still counts.
            left += [(need.step, everywhere or need.everywhere) for need in self._steps[step].needs]
        return held


_SAID = {
    WorkState.FAILED: "failed",
    WorkState.UNREACHABLE: "lost its connection",
    WorkState.HELD_BACK: "was held back",
    WorkState.CANCELLED: "was cancelled",
}
