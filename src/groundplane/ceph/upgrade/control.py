"""Pausing and giving up an upgrade: said to the cluster at once, past the lock of the run that follows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from groundplane.ceph.asking import SESSION_FILE
from groundplane.errors import FailedError
from groundplane.ssh.asking import ask_first

if TYPE_CHECKING:
    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

MARKER = "groundplane_upgrade"
WORDS = ("pause", "stop")

_SCRIPT = """

def _tell(word):
    found = {"groundplane_upgrade": 1}
    try:
        with Session(find_cluster()) as session:
            found["answer"] = session.text("orch upgrade " + word, target="mgr")
    except (CephError, AttributeError) as error:
        found["error"] = str(error) if isinstance(error, CephError) else "it can't administer a cluster"
    return found


print(json.dumps(_tell(json.loads(WORD))))
"""


def tell_upgrade(site: Site, configuration: CephConfiguration, connection: SshConnection, word: str) -> str:
    """Tells the orchestrator, by the first monitor's host that can; its answer. Both words may be said twice.

    Raises:
        FailedError: no host could, with the reason of each.
    """
    session = site.content.roles.joinpath(*SESSION_FILE).read_text(encoding="utf-8")
    script = f"{session}\n\nWORD = {json.dumps(word)!r}\n{_SCRIPT}".encode()
    answers = ask_first(
        site,
        configuration.mon_hosts,
        connection,
        marker=MARKER,
        script=lambda _host: script,
        enough=lambda answer: "answer" in answer.data,
    )
    for answer in answers.values():
        if "answer" in answer.data:
            return str(answer.data["answer"]).strip()
    reasons = "; ".join(f"{one.host}: {one.error or one.data.get('error', '')}" for one in answers.values())
    raise FailedError(
        f"The orchestrator couldn't be told to {word} the upgrade", why=reasons, cure="groundplane ceph status"
    )
