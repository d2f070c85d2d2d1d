"""The site as the steps of a run find it: a run that builds images has more of them in images.lock as it goes on."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from groundplane.files import write_atomically
from groundplane.plan.fingerprint import Fingerprinter
from groundplane.plan.survey import lacking_now
from groundplane.site.ansible_inventory import ansible_inventory
from groundplane.site.derived_images import with_images

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from groundplane.layers.model import Graph
    from groundplane.plan.model import Fingerprint, Plan
    from groundplane.site.site import Site

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class CurrentSite:
    """Of one run; safe to use from several threads. `site` is what a step that begins now works with."""

    def __init__(self, site: Site, graph: Graph, plan: Plan, *, inventory: Path) -> None:
        """`inventory` is the file in memory that Ansible reads."""
        self.site = site
        self._graph = graph
        self._plan = plan
        self._inventory = inventory
        self._lock = threading.Lock()

    def renew(self) -> Mapping[tuple[str, str], Fingerprint]:
        """Reads images.lock anew, for Ansible as well; step and host to the plan's fingerprints with what it says.

        Raises:
            InputError: the lock is damaged or can't be trusted.
            FailedError: the inventory can't be written.
        """
        from groundplane.supply.lacking import with_lacking  # noqa: PLC0415 - only runs that build images carry the weight
        from groundplane.supply.trusted_lock import trusted_lock_or_none  # noqa: PLC0415

        with self._lock:
            trusted_lock_or_none(self.site.path)
            site = with_images(self.site)
            write_atomically(self._inventory, json.dumps(ansible_inventory(site)), mode=0o600)
            self.site = site
        fingerprinter = Fingerprinter(with_lacking(site, lacking_now(site, self._graph)), self._graph)
        return fingerprinter.of_steps({step.step: [host.host for host in step.hosts] for step in self._plan.steps})

    def made(self, make: Callable[[Site], Callable[Arguments, Result]]) -> Callable[Arguments, Result]:
        """Something that is made of the site and then called: made once, and again when the site is another one."""
        lock = threading.Lock()
        known: list[tuple[Site, Callable[Arguments, Result]]] = []

        def call(*arguments: Arguments.args, **more: Arguments.kwargs) -> Result:
            with lock:
                site = self.site
                if not known or known[0][0] is not site:
                    known[:] = [(site, make(site))]
                made = known[0][1]
            return made(*arguments, **more)

        return call
