"""Runs a step that is one of Kolla's services: facts of all hosts once in a run, then Kolla's own plays."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.run.ansible import Playbook
from groundplane.run.engine import APPLYING
from groundplane.run.handing_over import VARIABLE as HANDED_OVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from groundplane.kolla.playbook import KollaFolder, ServicePlaybook
    from groundplane.layers.model import Step
    from groundplane.run.outcome import PlaybookOutcome
    from groundplane.run.workbench import Workbench
    from groundplane.site.site import Site


class ServicePlayer:
    """Of one run; safe to call from several threads.

    Args:
        accelerator: whether mitogen is used; what site.yml says where None.
        learn: gets keys that are made on the way and mustn't show.
        first: services that this run applies for the first time: those that the prechecks look at.
    """

    def __init__(
        self,
        site: Site,
        bench: Workbench,
        *,
        accelerator: bool | None = None,
        learn: Callable[[Iterable[str]], None],
        first: Sequence[str] = (),
    ) -> None:
        self._first = tuple(first)
        self._site = site
        self._learn = learn
        self._bench = bench
        self._accelerator = site.file.ansible.accelerator if accelerator is None else accelerator
        self._lock = threading.Lock()
        self._made: KollaFolder | None = None
        self._asked: set[str] = set()
        self._prepared: set[str] = set()

    def __call__(
        self,
        step: Step,
        hosts: Sequence[str],
        *,
        handed: Mapping[str, Any],
        play: Callable[[Playbook], PlaybookOutcome],
        action: str,
    ) -> PlaybookOutcome:
        """Plays the step's service on these hosts.

        Args:
            handed: what other layers hand over to it.
            action: what is done with the service, in Kolla's words.

        Raises:
            InputError: the release has no such service, or an override file can't be used.
            FailedError: the folder in memory can't be written, or Ansible can't be started.
        """
        folder = self._folder()
        self._prepare(folder, step.id, hosts, play)
        ceph = dict(handed.get(HANDED_OVER) or {}).get("ceph")
        if step.service is None:
            with folder.prechecks_playbook(self._first) as made:
                return play(_playbook(step.id, made, hosts, {"groundplane_step": step.id}))
        with folder.service_playbook(
            step.service,
            action=action,
            step=step.id if action in APPLYING else None,
            again=step.service not in self._first,
            handover=Path(ceph) if ceph else None,
        ) as made:
            return play(_playbook(step.id, made, hosts, {"groundplane_step": step.id, **handed}))

    def _folder(self) -> KollaFolder:
        # Most runs play no service, and translating a site for Kolla takes its time.
        from groundplane.kolla.playbook import KollaFolder  # noqa: PLC0415

        with self._lock:
            if self._made is None:
                facts = self._bench.runtime.facts
                self._made = KollaFolder(
                    self._site, self._bench.folder, facts, accelerator=self._accelerator, learn=self._learn
                )
            return self._made

    def _prepare(
        self, folder: KollaFolder, step: str, hosts: Sequence[str], play: Callable[[Playbook], PlaybookOutcome]
    ) -> None:
        """Services read the facts of each other's hosts, so all are asked: once, unless the step itself needs more."""
        with self._lock:
            wanted = [
                host
                for host in folder.hosts()
                if host not in self._prepared and (host in hosts or host not in self._asked)
            ]
            if wanted:
                self._asked.update(wanted)
                outcome = play(_playbook(f"{step}.prepare", folder.preparing_playbook(), wanted, {}))
                self._prepared.update(outcome.succeeded())


def _playbook(id_: str, made: ServicePlaybook, hosts: Sequence[str], variables: Mapping[str, Any]) -> Playbook:
    return Playbook(
        id=id_,
        path=made.path,
        hosts=tuple(hosts),
        variables={**variables, **made.variables},
        inventories=made.inventories,
        environment=made.environment,
    )
