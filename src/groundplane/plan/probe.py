"""One quick question per host, for all steps together: how does everything stand that the steps left behind?"""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.plan import probe_script
from groundplane.plan.fingerprint import fingerprint_key
from groundplane.plan.model import HostProbe
from groundplane.ssh.asking import HostAnswer, ask_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


def probe_hosts(
    site: Site,
    hosts: Sequence[str],
    connection: SshConnection,
    *,
    steps: Iterable[str] | None = None,
    on_answer: Callable[[HostProbe], None] | None = None,
) -> dict[str, HostProbe]:
    """Asks these hosts, many at a time.

    A host that can't be asked is in the result too, unreachable, with the reason in `error`. With `steps` only their
    watch lists are read. `on_answer` is called for each host as its answer comes in.
    """
    site_key = fingerprint_key(site)
    text = Path(probe_script.__file__).read_text(encoding="utf-8")
    wanted = sorted(steps) if steps is not None else None

    def script(host: str) -> bytes:
        """The script and its settings. They go over standard input, so that the key is in no process list."""
        key = hmac.digest(site_key, f"probe {host}".encode(), "sha256").hex()
        settings = json.dumps({"key": key, "steps": wanted})
        return f"{text}\n\nprint(answer(json.loads({settings!r})))\n".encode()

    def tell(answer: HostAnswer) -> None:
        if on_answer is not None:
            on_answer(_probe(answer))

    found = ask_hosts(site, hosts, connection, marker="groundplane_probe", script=script, on_answer=tell)
    return {host: _probe(answer) for host, answer in found.items()}


def _probe(answer: HostAnswer) -> HostProbe:
    if not answer.reachable:
        return HostProbe(host=answer.host, reachable=False, seconds=answer.seconds, error=answer.error)
    return HostProbe(
        host=answer.host,
        reachable=True,
        seconds=answer.seconds,
        user=answer.user,
        steps=answer.data["steps"],
        containers=answer.data.get("containers", {}),
    )
