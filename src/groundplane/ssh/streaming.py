"""A Python script on many hosts at once that goes on answering: one line of JSON after the other, as they come."""

from __future__ import annotations

import json
import queue
import subprocess
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.ssh.asking import ENVIRONMENT, failure, is_denied, python_command, users_to_try

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

POLL_SECONDS = 0.5
END_SECONDS = 3.0


def stream_hosts(
    site: Site,
    hosts: Sequence[str],
    connection: SshConnection,
    *,
    marker: str,
    script: Callable[[str], bytes],
    on_answer: Callable[[str, dict[str, Any]], None],
    on_end: Callable[[str, str], None],
) -> None:
    """Runs until all scripts have ended, or the caller is interrupted; the callbacks are called by the caller's thread.

    Args:
        marker: the first key of each line of JSON that the script prints.
        script: by host: Python for its own interpreter, run as root, standard library alone. It has to notice that
            nobody reads any more: print something now and then.
        on_answer: called with the host and each line's content.
        on_end: called with the host and why it answers no more.
    """
    told: queue.Queue[tuple[str, dict[str, Any] | str]] = queue.Queue()
    environment = {**ENVIRONMENT, **connection.environment()}
    listeners = [
        _Listener(
            host,
            [(user, python_command(site, connection, user, host)) for user in users_to_try(site)],
            environment,
            _Talk(marker, script(host), told),
        )
        for host in hosts
    ]
    left = len(listeners)
    try:
        for listener in listeners:
            listener.start()
        while left:
            # With a time limit, so that Ctrl-C is noticed.
            with suppress(queue.Empty):
                host, what = told.get(timeout=POLL_SECONDS)
                if isinstance(what, str):
                    left -= 1
                    on_end(host, what)
                else:
                    on_answer(host, what)
    finally:
        for listener in listeners:
            listener.stop()
        for listener in listeners:
            listener.join(END_SECONDS)


@dataclass(frozen=True, slots=True)
class _Talk:
    marker: str
    script: bytes
    told: queue.Queue[tuple[str, dict[str, Any] | str]]


class _Listener(threading.Thread):
    """Reads what one host says."""

    def __init__(
        self, host: str, commands: Sequence[tuple[str, list[str]]], environment: Mapping[str, str], talk: _Talk
    ) -> None:
        super().__init__(name=f"listens to {host}", daemon=True)
        self._host = host
        self._commands = commands
        self._environment = environment
        self._marker = f'{{"{talk.marker}"'.encode()
        self._script = talk.script
        self._told = talk.told
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()

    def run(self) -> None:
        why = "nobody asked it"
        for user, words in self._commands:
            code, said = self._listen(words)
            why = failure(user, code, said)
            if not is_denied(code, said):
                break
        self._told.put((self._host, why))

    def stop(self) -> None:
        self._stopped.set()
        if self._process is not None:
            self._process.kill()

    def _listen(self, words: Sequence[str]) -> tuple[int, str]:
        """Its exit code and what it said on standard error."""
        with (
            tempfile.TemporaryFile() as errors,
            # In a session of its own: Ctrl-C is for us, and we end it.
            subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self._environment,
                start_new_session=True,
            ) as process,
        ):
            self._process = process
            if self._stopped.is_set():
                process.kill()
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.write(self._script)
                    process.stdin.close()
            for line in process.stdout or ():
                if line.startswith(self._marker):
                    self._told.put((self._host, json.loads(line)))
            code = process.wait()
            errors.seek(0)
            return code, errors.read().decode(errors="replace")
