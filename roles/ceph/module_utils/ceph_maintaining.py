"""Maintenance of a host: its OSDs aren't taken for lost while they are away (noout), and it is noted who wanted that.

The note is in the cluster's own store under groundplane/maintenance/HOST, so that every later command on whatever
machine can name it, and clear what a run left that was killed. It is written before the flag is set and removed after
the flag was cleared: there is never a flag of ours without a note.
See https://docs.ceph.com/en/reef/rados/operations/health-checks/#osd-flags.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ceph_lasting import LastingSession

FOLDER = "groundplane/maintenance/"
FLAG = "noout"
RUN = "run"
"""Kind of a note: set by a run for its own time. The other kind is a person's, and stays until a person clears it."""


class Maintenance:
    """Sets and clears; `changes` are sentences about what was done, or would be with `check`."""

    def __init__(self, session: LastingSession, *, check: bool = False) -> None:
        self.changes: list[str] = []
        self._session = session
        self._check = check

    def notes(self) -> dict[str, dict]:
        """Host to its note; one that nobody can read is empty."""
        return {key[len(FOLDER) :]: _read(text) for key, text in self._dump().items()}

    def set(self, hosts: Sequence[str], note: Mapping[str, str]) -> None:
        """Hosts without OSDs only get the note. A note that is there already stays as it is: it was first."""
        notes, flagged, known = self.notes(), self._flagged(), self._hosts_with_osds()
        for host in hosts:
            if host in flagged and host not in notes:
                # Somebody else's; ours would clear it at the end.
                continue
            if host not in notes:
                self._tell("config-key set", key=FOLDER + host, val=json.dumps(dict(note), sort_keys=True))
            if host in known and host not in flagged:
                self._tell("osd set-group", flags=FLAG, who=[host])
            if host not in notes or (host in known and host not in flagged):
                self.changes.append(f"{host} is in maintenance: its OSDs stay in ({FLAG})")

    def clear(self, hosts: Sequence[str], *, run: str = "") -> None:
        """With `run` only what this run itself set."""
        notes, flagged = self.notes(), self._flagged()
        for host in hosts:
            note = notes.get(host)
            if run and (note is None or note.get("run") != run or note.get("kind") != RUN):
                continue
            if host in flagged:
                self._tell("osd unset-group", flags=FLAG, who=[host])
            if note is not None:
                self._tell("config-key rm", key=FOLDER + host)
            if host in flagged or note is not None:
                self.changes.append(f"{host} isn't in maintenance any more: {FLAG} is cleared")

    def leftovers(self, run: str) -> list[str]:
        """Hosts that other runs set for their own time. The site's lock lets one run at a time go on, so they ended."""
        return sorted(host for host, note in self.notes().items() if note.get("kind") == RUN and note.get("run") != run)

    def _dump(self) -> dict[str, str]:
        found = self._session.call("config-key dump", key=FOLDER)
        return found if isinstance(found, dict) else {}

    def _flagged(self) -> set[str]:
        flags = self._session.call("osd dump").get("crush_node_flags", {})
        return {host for host, set_ in flags.items() if FLAG in set_}

    def _hosts_with_osds(self) -> set[str]:
        nodes = self._session.call("osd tree")["nodes"]
        return {node["name"] for node in nodes if node["type"] == "host"}

    def _tell(self, command: str, **arguments: object) -> None:
        if not self._check:
            self._session.text(command, **arguments)


def _read(text: str) -> dict:
    try:
        note = json.loads(text)
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}
