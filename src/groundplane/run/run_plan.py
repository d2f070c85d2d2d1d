"""From a plan to a finished run: the lock, the memory folder, the engine, the journal's last word."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from groundplane.errors import GroundplaneError, InputError
from groundplane.layers.actions import ActionPlaces, find_action
from groundplane.plan.besides import ask_standing
from groundplane.plan.probe import probe_hosts
from groundplane.run.actions import run_action
from groundplane.run.current_site import CurrentSite
from groundplane.run.engine import DEPLOY, Engine, RunOptions, RunResult
from groundplane.run.handing_over import HandingOver
from groundplane.run.journal.store import new_run_id
from groundplane.run.kolla_prechecks import first_services
from groundplane.run.kolla_service import ServicePlayer
from groundplane.run.lock import site_lock
from groundplane.run.teller import Teller
from groundplane.run.users import ACCESS, Users
from groundplane.run.workbench import open_workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundplane.layers.model import Graph
    from groundplane.plan.model import HostProbe, Plan
    from groundplane.run.journal.store import Journal
    from groundplane.run.means import Means
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


def run_plan(
    site: Site,
    graph: Graph,
    plan: Plan,
    *,
    means: Means,
    cache: Path,
    probe: Mapping[str, HostProbe] | None = None,
    parallel: int | None = None,
    check: bool = False,
    extra: Mapping[str, Any] | None = None,
    resumes: str | None = None,
    accelerator: bool | None = None,
    command: str = "apply",
    action: str = DEPLOY,
) -> RunResult:
    """Carries out the plan. Call it in the main thread, inside `cancel_on_signals`.

    Args:
        cache: Settings.cache.
        probe: what the plan was made from: who can log in where.
        parallel: steps side by side; what site.yml says, else the number of cores, where None.
        check: Ansible's check mode: nothing is changed, no receipt is written.
        resumes: the run that this one goes on with.
        command: what the journal calls it.
        action: what is done with Kolla's services, in Kolla's words.

    Raises:
        LockedError: somebody else works on this site.
        InputError: somebody else has worked on this site since the plan was made.
        FailedError: the journal, the state folder or the memory folder failed.
    """
    run = new_run_id()
    options = RunOptions(
        run=run,
        holder=means.holder,
        parallel=parallel or site.file.ansible.parallel or os.cpu_count() or 1,
        check=check,
        resumes=resumes,
        command=command,
        action=action,
    )
    journal, redactor = means.journal, means.redactor()
    with site_lock(site.state, holder=means.holder, run=run):
        journal.mark_interrupted(site.state)
        _refuse_overtaken(journal, plan, resumes)
        teller = Teller(run, state=site.state, journal=journal, redactor=redactor, watchers=means.watchers)
        try:
            with open_workbench(
                site,
                runtime=means.runtime,
                connection=means.connection,
                vault_password=means.vault_password,
                memory=means.memory,
                accelerator=accelerator,
                extra=extra,
            ) as bench:
                current = CurrentSite(site, graph, plan, inventory=bench.inventory)
                engine = Engine(
                    graph=graph,
                    plan=plan,
                    journal=journal,
                    bench=bench,
                    redactor=redactor,
                    teller=teller,
                    cancel=means.cancel,
                    users=users_of(site, journal, probe),
                    read_state=_reader(current, graph, means.connection),
                    act=lambda step, hosts, *, tell, say, alone: run_action(
                        current.site,
                        step,
                        hosts,
                        places=ActionPlaces(cache=cache, memory=bench.folder),
                        redactor=redactor,
                        tell=tell,
                        say=say,
                        cancel=means.cancel,
                        check=check,
                        alone=alone,
                    ),
                    hand_over=current.made(
                        lambda now: HandingOver(now, means.connection, folder=bench.folder, redactor=redactor)
                    ),
                    play_service=current.made(
                        lambda now: ServicePlayer(
                            now,
                            bench,
                            accelerator=accelerator,
                            learn=redactor.add,
                            first=first_services(plan, graph),
                        )
                    ),
                    options=options,
                    renew=current.renew,
                )
                return engine.run()
        finally:
            teller.close()


def users_of(site: Site, journal: Journal, probe: Mapping[str, HostProbe] | None) -> Users:
    """Who logs in where: what the probe could, else the operator where bootstrap.access has a receipt, else the
    initial user. What the site's own variables say about a host stays."""
    hosts = site.inventory.hosts
    return Users(
        operator=site.file.ssh.operator,
        initial=site.file.ssh.initial_user,
        known={host: found.user for host, found in (probe or {}).items() if found.user is not None},
        ready={host for step, host in journal.receipts() if step == ACCESS},
        set_by_site={host for host in hosts if site.variables.value("ansible_user", host) is not None},
    )


def _reader(
    current: CurrentSite, graph: Graph, connection: SshConnection
) -> Callable[[str, Sequence[str]], Mapping[str, Mapping[str, str] | None]]:
    def read(step: str, hosts: Sequence[str]) -> Mapping[str, Mapping[str, str] | None]:
        site, action = current.site, graph.steps[step].action
        if action is not None:
            try:
                return dict.fromkeys(hosts, find_action(action).state(site))
            except GroundplaneError:
                return dict.fromkeys(hosts)
        found = probe_hosts(site, hosts, connection, steps=[step])
        if silent := [host for host, answer in found.items() if not answer.reachable]:
            # A host that is asked while it restarts its network or its ssh service is there the next moment.
            found |= probe_hosts(site, silent, connection, steps=[step])
        besides = ask_standing(site, [graph.steps[step]], connection).get(step, {})
        return {
            host: {**answer.steps.get(step, {}), **besides} if answer.reachable else None
            for host, answer in found.items()
        }

    return read


def _refuse_overtaken(journal: Journal, plan: Plan, resumes: str | None) -> None:
    """A plan is made before the lock is taken (a person reads it in between).

    Raises:
        InputError: another run has worked since.
    """
    later = [run for run in journal.runs(20) if run.started_at > plan.created_at and not run.dry]
    if later and resumes is None:
        raise InputError(
            "The plan has gone stale: another run has worked on this site since it was made",
            why=f"run {later[0].id} by {later[0].holder}",
            cure="Call again: a fresh plan takes what that run did into account.",
        )
