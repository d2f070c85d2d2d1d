"""One question for many hosts at once: a Python script over ssh's standard input, answered by one line of JSON."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

PARALLEL = 50
"""Hosts asked at a time."""
HEAD_START_SECONDS = 2.0
"""Before the next host is asked, where one answer is enough."""
SECONDS = 45.0
"""What one host may take: two connects of at most ten seconds, and the reading."""

SSH_FAILED = 255
_NOT_FOUND = 127
_FAILURES = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED", "untrusted host: it shows another key than the pinned one"),
    (r"Host key verification failed|host key is known", "untrusted host: its key is not pinned"),
    (r"Connection refused", "connection refused"),
    (r"timed out|Timeout", "no answer"),
    (r"No route to host|Network is unreachable", "no route to host"),
    (r"Could not resolve hostname", "its address can't be resolved"),
    (r"Connection (closed|reset)", "the host closed the connection"),
)
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
"""Reasons are recognised in English."""
_DENIED = re.compile(r"Permission denied|Too many authentication failures")


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What a host answered, or in `error` why it could not be asked.

    Attributes:
        user: who was let in.
        data: the line of JSON; empty where there was none.
        seconds: how long it took.
    """

    host: str
    reachable: bool
    user: str = ""
    error: str = ""
    seconds: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)


def ask_hosts(
    site: Site,
    hosts: Sequence[str],
    connection: SshConnection,
    *,
    marker: str,
    script: Callable[[str], bytes],
    on_answer: Callable[[HostAnswer], None] | None = None,
) -> dict[str, HostAnswer]:
    """Asks these hosts, many at a time. A host that can't be asked is in the result too, unreachable.

    Args:
        marker: the first key of the line of JSON that the script prints, so that a greeting isn't taken for it.
        script: by host: Python for its own interpreter, run as root, standard library alone.
        on_answer: called for each host as its answer comes in.
    """
    question = _Question(site, connection, marker, script)

    async def ask_all() -> list[HostAnswer]:
        free = asyncio.Semaphore(PARALLEL)

        async def ask(host: str) -> HostAnswer:
            async with free:
                found = await question.ask(host)
            if on_answer is not None:
                on_answer(found)
            return found

        return list(await asyncio.gather(*(ask(host) for host in hosts)))

    return {found.host: found for found in asyncio.run(ask_all())}


def ask_first(
    site: Site,
    hosts: Sequence[str],
    connection: SshConnection,
    *,
    marker: str,
    script: Callable[[str], bytes],
    enough: Callable[[HostAnswer], bool],
) -> dict[str, HostAnswer]:
    """The same question to one host after another until an answer is enough; the answers that there were by then.

    The next host is asked after HEAD_START_SECONDS even where the one before hasn't answered, so that a host that is
    down costs no more than this.
    """
    question = _Question(site, connection, marker, script)

    async def ask_all() -> list[HostAnswer]:
        waiting = list(hosts)
        found: list[HostAnswer] = []
        asking: set[asyncio.Task[HostAnswer]] = set()
        try:
            while waiting or asking:
                if waiting:
                    asking.add(asyncio.create_task(question.ask(waiting.pop(0))))
                head_start = HEAD_START_SECONDS if waiting else None
                ended, asking = await asyncio.wait(asking, timeout=head_start, return_when=asyncio.FIRST_COMPLETED)
                found += [task.result() for task in ended]
                if any(enough(task.result()) for task in ended):
                    break
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        return found

    return {answer.host: answer for answer in asyncio.run(ask_all())}


@dataclass(frozen=True, slots=True)
class _Said:
    """What ssh answered."""

    code: int
    output: str
    errors: str


class _Question:
    """The same question for every host."""

    def __init__(self, site: Site, connection: SshConnection, marker: str, script: Callable[[str], bytes]) -> None:
        self._site = site
        self._connection = connection
        self._marker = marker
        self._script = script

    async def ask(self, host: str) -> HostAnswer:
        started = time.monotonic()
        try:
            async with asyncio.timeout(SECONDS):
                found = await self._ask_as_somebody(host)
        except TimeoutError:
            found = HostAnswer(host=host, reachable=False, error=f"no answer within {SECONDS:.0f} seconds")
        return replace(found, seconds=round(time.monotonic() - started, 3))

    async def _ask_as_somebody(self, host: str) -> HostAnswer:
        users = users_to_try(self._site)
        said = _Said(SSH_FAILED, "", "")
        for user in users:
            said = await self._ask_as(user, host)
            if not is_denied(said.code, said.errors):
                return _understand(host, user, said, self._marker)
        who = f"neither {users[0]} nor {users[1]}" if len(users) > 1 else f"{users[0]} not"
        return HostAnswer(host=host, reachable=False, error=f"the host lets {who} in with the site's key")

    async def _ask_as(self, user: str, host: str) -> _Said:
        process = await asyncio.create_subprocess_exec(
            *python_command(self._site, self._connection, user, host),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**ENVIRONMENT, **self._connection.environment()},
        )
        try:
            output, errors = await process.communicate(self._script(host))
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        code = process.returncode if process.returncode is not None else SSH_FAILED
        return _Said(code, output.decode(errors="replace"), errors.decode(errors="replace"))


def users_to_try(site: Site) -> tuple[str, ...]:
    """The operator; on a freshly installed host, which doesn't know the operator yet, the initial user."""
    return tuple(dict.fromkeys((site.file.ssh.operator, site.file.ssh.initial_user)))


def is_denied(code: int, errors: str) -> bool:
    """Whether ssh came through and the host didn't let the user in."""
    return code == SSH_FAILED and bool(_DENIED.search(errors))


def python_command(site: Site, connection: SshConnection, user: str, host: str) -> list[str]:
    """The words that start a host's own Python as root, for a script over standard input."""
    python = _plain(site, host, "ansible_python_interpreter") or "python3"
    return root_command(site, connection, user, host, python, "-I", "-")


def root_command(site: Site, connection: SshConnection, user: str, host: str, *words: str) -> list[str]:
    """The words that start something on a host as root; its shell reads `words`."""
    port = _plain(site, host, "ansible_port")
    if user != "root":
        words = ("sudo", "-n", *words)
    address = _plain(site, host, "ansible_host") or host
    return connection.command(user, address, *words, port=int(port) if port else None)


def _plain(site: Site, host: str, name: str) -> str:
    """A variable's value, where it is plain: only Ansible renders Jinja."""
    value = site.variables.value(name, host)
    text = str(value.value) if value is not None else ""
    return "" if "{{" in text or text.startswith("auto") else text


def _understand(host: str, user: str, said: _Said, marker: str) -> HostAnswer:
    for line in reversed(said.output.splitlines()):
        if line.startswith(f'{{"{marker}"'):
            return HostAnswer(host=host, reachable=True, user=user, data=json.loads(line))
    return HostAnswer(host=host, reachable=False, error=failure(user, said.code, said.errors))


def failure(user: str, code: int, said: str) -> str:
    """Why a host could not be asked, in a line."""
    errors = said.strip()
    if code == SSH_FAILED:
        for pattern, reason in _FAILURES:
            if re.search(pattern, errors):
                return reason
    elif "sudo:" in errors:
        return f"sudo does not let {user} become root without a password"
    elif code == _NOT_FOUND or "not found" in errors:
        return "the host has no python3"
    return errors.splitlines()[-1] if errors else f"ssh ended with code {code}"
