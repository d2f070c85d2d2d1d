"""What commands that plan have in common: site, secrets, graph, journal and, where hosts are asked, a connection."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from groundplane.layers.model import Graph
    from groundplane.machine.cancel import CancelToken
    from groundplane.plan.model import HostProbe, Plan
    from groundplane.run.events import Watcher
    from groundplane.run.journal.store import Journal
    from groundplane.run.means import Means
    from groundplane.site.secrets.opening import OpenedSecrets
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


@dataclass(frozen=True, slots=True)
class Planning:
    """Everything that a plan is made of."""

    site: Site
    secrets: OpenedSecrets
    graph: Graph
    journal: Journal

    def connected(self) -> AbstractContextManager[SshConnection]:
        """See `groundplane.cli.common.connected`."""
        from groundplane.cli.common import connected  # noqa: PLC0415

        return connected(self.site, self.secrets)

    def means(self, connection: SshConnection, watcher: Watcher, cancel: CancelToken) -> Means:
        """What a run works with; the release's runtime is made where it is missing.

        Raises:
            InputError, FailedError: see `groundplane.runtime.choose.ensure_runtime`.
        """
        from groundplane.cli.common import console  # noqa: PLC0415
        from groundplane.cli.settings import settings  # noqa: PLC0415
        from groundplane.run.means import Means  # noqa: PLC0415
        from groundplane.runtime.choose import ensure_runtime  # noqa: PLC0415

        here, release = settings(), self.site.release
        with console(stderr=True).status(f"Making the runtime of release {release.name} ready"):
            runtime = ensure_runtime(release, self.site.content, cache=here.cache)
        return Means(
            journal=self.journal,
            runtime=runtime,
            connection=connection,
            secrets=self.secrets.values,
            vault_password=self.secrets.password,
            memory=here.runtime,
            holder=here.holder,
            watchers=[watcher],
            cancel=cancel,
        )

    def plan(self, *, selection: Sequence[str], limit: str | None, force: bool, probe: bool) -> Plan:
        """Asks the hosts, with a count on the terminal, and plans.

        Raises:
            InputError: see `groundplane.plan.survey.survey`.
        """
        from groundplane.cli.common import console  # noqa: PLC0415
        from groundplane.plan.survey import survey  # noqa: PLC0415

        if not probe:
            return survey(self.site, self.graph, self.journal, None, selection=selection, limit=limit, force=force)[0]
        answers: list[HostProbe] = []
        with self.connected() as connection, console(stderr=True).status("Asking the hosts") as status:

            def count(answer: HostProbe) -> None:
                answers.append(answer)
                status.update(f"Asking the hosts: {len(answers)} answered")

            return survey(
                self.site,
                self.graph,
                self.journal,
                connection,
                selection=selection,
                limit=limit,
                force=force,
                on_answer=count,
            )[0]


@contextmanager
def planning(
    obj: str | None, *, extra: Mapping[str, Any] | None = None, ask: bool = True, writes: bool = True
) -> Iterator[Planning]:
    """Opens the site with its secrets, its graph and its journal; closes the journal afterwards.

    Without `ask` nobody is asked for the vault password. Without `writes` the journal is only read, which a full disk
    doesn't keep anybody from.

    Raises:
        InputError: anything of these is wrong, or the secrets can't be opened.
    """
    from groundplane.cli.common import open_site_and_secrets  # noqa: PLC0415
    from groundplane.layers.loading import load_graph  # noqa: PLC0415
    from groundplane.run.journal.store import open_journal, read_journal  # noqa: PLC0415

    site, secrets = open_site_and_secrets(obj, extra=extra, ask=ask)
    graph = load_graph(site)
    journal = (open_journal if writes else read_journal)(site.state, site.file.name)
    try:
        journal.mark_interrupted(site.state)
        yield Planning(site, secrets, graph, journal)
    finally:
        journal.close()
